// Does a node under load grow? Two nodes in one process over loopback, with their stores on the disk and a reader each for
// their events, pay each other at a steady rate. Every minute the garbage collector is made to run, and what is left counts.
//
// `npm run bench -- soak --minutes 60 --rate 50`. After as many payments as are made in ten minutes at the usual rate (or, where
// there are fewer, the first sixth of the time) bytes must stay within a tenth.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeConfig } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { LocalNode } from '../../node/host/node.ts'
import { bitsForExpectedHashes } from '../../node/ledger/consensus/target.ts'
import { retainedBytes } from '../support/memory.ts'
import { numberOption } from './options.ts'
import { type BenchResult, machine } from './result.ts'

const TOKEN = 'a-token-of-the-soak'
/** One for both: it makes the network. */
const GENESIS_TIME = Math.floor(Date.now() / 1000) - 3_600
const BLOCK_INTERVAL_MS = 5_000
const HASH_RATE_HPS = 1_000
/** Coins to begin with, so that payments need not hang on each other. */
const FIRST_BLOCKS = 150
const PAYMENT = 0.01
/** Ten minutes at 50 a second: by then every cache has what it may hold. */
const WARM_UP_PAYMENTS = 30_000

export async function run(args: readonly string[] = []): Promise<BenchResult> {
  const minutes = numberOption(args, 'minutes', 12)
  const rate = numberOption(args, 'rate', 50)
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-soak-'))
  const pair = await Pair.start(folder)
  try {
    const samples: { readonly bytes: number; readonly payments: number }[] = []
    for (let minute = 1; minute <= minutes; minute++) {
      await pair.pay(60_000, rate)
      await pair.written()
      samples.push({ bytes: await retainedBytes(), payments: pair.payments })
      if (args.includes('--progress'))
        console.error(`${minute} min: ${JSON.stringify(samples.at(-1))} ${pair.words()}`)
    }
    return resultOf(samples, minutes)
  } finally {
    await pair.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function resultOf(
  samples: readonly { readonly bytes: number; readonly payments: number }[],
  minutes: number,
): BenchResult {
  const full = samples.findIndex(({ payments }) => payments >= WARM_UP_PAYMENTS)
  const warm = full >= 0 && full < samples.length - 1 ? full + 1 : Math.ceil(minutes / 6)
  const after = samples.slice(warm - 1).map(({ bytes }) => bytes / 1e6)
  const [base = Number.NaN] = after
  const row = (subject: string, value: number, unit: string) => ({ subject, value, unit })
  return {
    bench: 'soak',
    machine: machine(),
    rows: [
      row('minutes', minutes, ''),
      row('payments', samples.at(-1)?.payments ?? 0, ''),
      row(`two nodes after ${warm} min`, base, 'MB'),
      row('at the end', after.at(-1) ?? Number.NaN, 'MB'),
      row('the least since then', Math.min(...after), 'MB'),
      row('the most since then', Math.max(...after), 'MB'),
    ],
    ratios: { 'most/warm': Math.max(...after) / base, 'end/warm': (after.at(-1) ?? Number.NaN) / base },
  }
}

/** Two nodes that pay each other. */
class Pair {
  payments = 0
  #refused = 0
  readonly #nodes: readonly LocalNode[]
  readonly #stopped: Promise<unknown>
  readonly #readers = new AbortController()

  private constructor(nodes: readonly LocalNode[], stopped: Promise<unknown>) {
    this.#nodes = nodes
    this.#stopped = stopped
  }

  static async start(folder: string): Promise<Pair> {
    const ends: Promise<void>[] = []
    const nodes: LocalNode[] = []
    const controls: string[] = []
    let connect: readonly string[] = []
    for (const name of ['node-1', 'node-2']) {
      let onStopped = () => {}
      ends.push(new Promise(resolve => (onStopped = resolve)))
      const node = new LocalNode(configOf(join(folder, name), name, connect), {
        ...{ version: 'soak', token: TOKEN, onStopped: () => onStopped() },
      })
      const { p2p, control } = await node.start()
      connect = [p2p]
      nodes.push(node)
      controls.push(control)
    }
    const pair = new Pair(nodes, Promise.all(ends))
    for (const control of controls) void pair.#read(control)
    const partOf = (node: LocalNode) => node.health().services.bitcoin
    const alone = ({ inbound, outbound } = { inbound: 0, outbound: 0 }) => inbound + outbound === 0
    while (nodes.some(node => alone(partOf(node)?.peers))) await sleep(20)
    for (let block = 1; block <= 2 * FIRST_BLOCKS; block++) {
      await pair.#ask(block % 2, 'generatetoaddress', 1, await pair.#ask(block % 2, 'getnewaddress'))
      while (nodes.some(node => (partOf(node)?.ledger?.height ?? 0) < block)) await sleep(1)
    }
    return pair
  }

  words(): string {
    const { height, mempool } = this.#nodes[0]?.health().services.bitcoin?.ledger ?? { height: 0, mempool: 0 }
    return `height ${height}, mempool ${mempool}, ${this.#refused} refused`
  }

  /** Payments in turns, at this rate a second; what the machine cannot do in time is left out. */
  async pay(forMs: number, rate: number): Promise<void> {
    const addresses = [await this.#ask(1, 'getnewaddress'), await this.#ask(0, 'getnewaddress')]
    const startMs = performance.now()
    for (let number = 0; number < (forMs / 1000) * rate; number++) {
      const waitMs = startMs + (number * 1000) / rate - performance.now()
      if (performance.now() - startMs > forMs) break
      // At least a turn, in which the nodes hear each other.
      await sleep(Math.max(1, waitMs))
      const from = number % 2
      const txid = await this.#ask(from, 'sendtoaddress', addresses[from], PAYMENT)
      if (txid === undefined) this.#refused++
      else this.payments++
    }
  }

  /** What waits for the disk is no growth. */
  async written(): Promise<void> {
    for (const node of this.#nodes.keys()) await this.#ask(node, 'syncwithvalidationinterfacequeue')
  }

  async stop(): Promise<void> {
    this.#readers.abort()
    for (const node of this.#nodes) node.stop('the soak is over')
    await this.#stopped
  }

  async #ask(node: number, method: string, ...params: readonly unknown[]): Promise<unknown> {
    const reply = await this.#nodes[node]?.rpc(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    return (JSON.parse(reply?.body ?? '{}') as { readonly result?: unknown }).result ?? undefined
  }

  /** Follows the events, as an observer does. */
  async #read(control: string): Promise<void> {
    const { signal } = this.#readers
    const headers = { authorization: `Bearer ${TOKEN}` }
    try {
      const { body } = await fetch(`${control}/events`, { signal, headers })
      for await (const _ of body ?? []) if (signal.aborted) return
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

function configOf(dataDirectory: string, name: string, connect: readonly string[]): NodeConfig {
  const tokenFile = `${dataDirectory}.token`
  writeFileSync(tokenFile, TOKEN)
  const bits = bitsForExpectedHashes((2 * HASH_RATE_HPS * BLOCK_INTERVAL_MS) / 1000)
  return {
    ...{
      name,
      seed: `soak of ${name}`,
      tokenFile,
      dataDirectory,
      ephemeral: false,
      heartbeatTimeoutMs: 0,
      log: 'error',
    },
    services: {
      bitcoin: {
        listen: { host: '127.0.0.1', port: 0 },
        network: 'soak',
        peers: { connect, mode: 'fixed', maxOutbound: 8, maxConnections: 125 },
        ledger: {
          chain: {
            network: 'netsplit',
            name: 'soak',
            genesisTime: GENESIS_TIME,
            blockIntervalMs: BLOCK_INTERVAL_MS,
            difficulty: { rule: 'fixed' },
            initialBits: bits,
            powLimitBits: bits,
            checkProofOfWork: false,
            coinbaseMaturity: 10,
            subsidySat: 5_000_000_000,
            halvingInterval: 210_000,
            maxBlockWeight: 4_000_000,
          },
          mining: { mode: 'simulated', hashRateHps: HASH_RATE_HPS, threads: 1 },
        },
      },
    },
    control: { host: '127.0.0.1', port: 0 },
    links: { default: PERFECT_LINK, peers: {} },
    eventBuffer: 10_000,
  }
}
