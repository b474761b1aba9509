// What hostile peers can do to a node: the pace at which it follows an honest miner, how late its event loop gets, and what it
// takes in memory, under each attack beside the same without one.
//
// Victim and miner are processes of the bundle; the miner makes a block every quarter of a second, on demand. Attackers are
// sockets over 127.0.0.1 that end with their row. Another row is 50 payments a second, which are no attack; the last ones
// verify the largest transaction that legacy inputs allow, beside hashing it anew for each input, as a node did before.
// `--only <word>`: the attacks with that word in their names, and no other rows.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, workerData } from 'node:worker_threads'
import type { ChainSpec, NodeConfig, NodeHealth, NodeReady } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { networkMagic } from '../../node/ledger/chain/genesis.ts'
import { bitsForExpectedHashes } from '../../node/ledger/consensus/target.ts'
import { chainParams } from '../../node/params.ts'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { NodeClient } from '../../orchestrator/network/node-client.ts'
import { ATTACKS, type Attack, type AttackOrder, attackFrom, attackHere } from './attackers.ts'
import { largestTransaction } from './largest-transaction.ts'
import { textOption } from './options.ts'
import { type BenchResult, machine } from './result.ts'

const TOKEN = 'a-token-of-the-bench'
const BLOCK_EVERY_MS = 250
const WINDOW_MS = 12_000
const PAYMENTS_A_SECOND = 50
/** Coins for the payments. */
const FIRST_BLOCKS = 120
const MIN_PACE = 0.9
const MAX_LAG_MS = 250
const MAX_EXTRA_MB = 100
const RESOLUTION_MS = 10

/** One window of a row. */
interface Seen {
  readonly blocks: number
  readonly lagMs: number
  readonly longestMs: number
  readonly extraMb: number
}

if (!isMainThread) void attackHere(workerData as AttackOrder)

export async function run(args: readonly string[]): Promise<BenchResult> {
  const only = textOption(args, 'only')
  const rows: BenchResult['rows'][number][] = []
  const ratios: Record<string, number> = {}
  const note = (name: string, seen: Seen, quiet: Seen) => {
    rows.push({ subject: `${name}: blocks`, value: seen.blocks, unit: `of ${quiet.blocks}` })
    rows.push({ subject: `${name}: lag p99`, value: seen.lagMs, unit: `ms (longest ${seen.longestMs} ms)` })
    rows.push({ subject: `${name}: extra memory`, value: seen.extraMb, unit: 'MB' })
    ratios[`${name}: pace`] = seen.blocks / quiet.blocks
    ratios[`${name}: pace needed/had`] = MIN_PACE / (seen.blocks / quiet.blocks)
    ratios[`${name}: lag/allowed`] = seen.lagMs / MAX_LAG_MS
    ratios[`${name}: memory/allowed`] = seen.extraMb / MAX_EXTRA_MB
  }
  for (const attack of ATTACKS.filter(({ name }) => name.includes(only ?? ''))) {
    const [quiet, seen] = await withPair(async pair => [await pair.window(), await pair.under(attack)])
    note(attack.name, seen, quiet)
  }
  if (only !== undefined) return { bench: 'attack', machine: machine(), rows, ratios }
  const [quiet, paid] = await withPair(async pair => [await pair.window(), await pair.paying()])
  note(`${PAYMENTS_A_SECOND} payments a second`, paid, quiet)
  const largest = largestTransaction()
  rows.push(...largest.rows)
  return { bench: 'attack', machine: machine(), rows, ratios: { ...ratios, ...largest.ratios } }
}

async function withPair<T>(work: (pair: Pair) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-attack-'))
  const pair = await Pair.start(folder)
  try {
    return await work(pair)
  } finally {
    await pair.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** An honest miner, and the node that is attacked. */
class Pair {
  readonly #miner: Process
  readonly #victim: Process
  readonly #lagFile: string
  #address = ''

  private constructor(miner: Process, victim: Process, lagFile: string) {
    this.#miner = miner
    this.#victim = victim
    this.#lagFile = lagFile
  }

  static async start(folder: string): Promise<Pair> {
    const lagFile = join(folder, 'lag.json')
    const miner = await Process.start(folder, 'miner', [], [])
    const watcher = join(folder, 'lag.cjs')
    writeFileSync(watcher, lagWatcher(lagFile))
    const victim = await Process.start(folder, 'victim', [miner.ready.p2p], ['--require', watcher])
    const pair = new Pair(miner, victim, lagFile)
    pair.#address = (await miner.client.rpc('getnewaddress', [])) as string
    await miner.client.rpc('generatetoaddress', [FIRST_BLOCKS, pair.#address])
    while (heightOf(await victim.client.health()) < FIRST_BLOCKS) await sleep(100)
    return pair
  }

  async under(attack: Attack): Promise<Seen> {
    const { rssBytes } = await this.#victim.client.health()
    const attackers = await attackFrom(new URL(import.meta.url), {
      ...{ attack: attack.name, address: this.#victim.ready.p2p, magic: networkMagic(chainParams(CHAIN)) },
    })
    try {
      return await this.window(rssBytes)
    } finally {
      await attackers.stop()
    }
  }

  async paying(): Promise<Seen> {
    let on = true
    const payments = async () => {
      const startMs = performance.now()
      for (let number = 0; on; number++) {
        const waitMs = startMs + (number * 1000) / PAYMENTS_A_SECOND - performance.now()
        if (waitMs > 0) await sleep(waitMs)
        await this.#miner.client.rpc('sendtoaddress', [this.#address, 0.01])
      }
    }
    const paying = payments()
    const seen = await this.window()
    on = false
    await paying
    return seen
  }

  /** A while of honest mining: what the victim makes of it. `beforeBytes`: its memory before what comes with it had begun. */
  async window(beforeBytes = Number.POSITIVE_INFINITY): Promise<Seen> {
    await this.#lag()
    const before = await this.#victim.client.health()
    const { rssBytes } = before
    let most = rssBytes
    const startMs = performance.now()
    for (let block = 1; performance.now() - startMs < WINDOW_MS; block++) {
      const mined = this.#miner.client.rpc('generatetoaddress', [1, this.#address])
      const looked = this.#victim.client.health()
      const nextMs = startMs + block * BLOCK_EVERY_MS - performance.now()
      if (nextMs > 0) await sleep(nextMs)
      await mined
      most = Math.max(most, (await looked).rssBytes)
    }
    const after = await this.#victim.client.health()
    const { p99, max } = await this.#lag()
    const late = (ms: number) => Math.max(0, Math.round(ms - RESOLUTION_MS))
    return {
      blocks: heightOf(after) - heightOf(before),
      lagMs: late(p99),
      longestMs: late(max),
      extraMb: Math.max(0, Math.max(most, after.rssBytes) - Math.min(rssBytes, beforeBytes)) / 1e6,
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#victim.stop(), this.#miner.stop()])
  }

  /** Since the last call. */
  async #lag(): Promise<{ readonly p99: number; readonly max: number }> {
    rmSync(this.#lagFile, { force: true })
    process.kill(this.#victim.ready.pid, 'SIGUSR2')
    for (;;) {
      try {
        return JSON.parse(readFileSync(this.#lagFile, 'utf8'))
      } catch {
        await sleep(20)
      }
    }
  }
}

class Process {
  readonly ready: NodeReady
  /** Asks anew where a busy machine closed a connection under a request. */
  readonly client: NodeClient
  readonly #exited: Promise<unknown>

  private constructor(ready: NodeReady, exited: Promise<unknown>) {
    this.ready = ready
    this.client = new NodeClient(ready.control, TOKEN)
    this.#exited = exited
  }

  static async start(folder: string, name: string, connect: readonly string[], flags: readonly string[]) {
    const configFile = join(folder, `${name}.json`)
    writeFileSync(configFile, JSON.stringify(configOf(folder, name, connect)))
    const args = ['--max-semi-space-size=1', ...flags, bundleFile('node.cjs'), '--config', configFile]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = new Promise(resolve => child.once('exit', resolve))
    const ready = new Promise<NodeReady>((resolve, reject) => {
      let out = ''
      child.stdout.on('data', chunk => {
        out += chunk
        if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))))
      })
      exited.then(() => reject(new Error(`the ${name} ended`)), reject)
    })
    return new Process(await ready, exited)
  }

  async stop(): Promise<void> {
    process.kill(this.ready.pid, 'SIGKILL')
    await this.#exited
    this.client.close()
  }
}

/** Loaded into the victim: how late its event loop was since it was last asked, by signal. */
function lagWatcher(file: string): string {
  return `
const { monitorEventLoopDelay } = require('node:perf_hooks')
const { renameSync, writeFileSync } = require('node:fs')
const lag = monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} })
lag.enable()
process.on('SIGUSR2', () => {
  const text = JSON.stringify({ p99: lag.percentile(99) / 1e6, max: lag.max / 1e6 })
  writeFileSync(${JSON.stringify(`${file}.new`)}, text)
  renameSync(${JSON.stringify(`${file}.new`)}, ${JSON.stringify(file)})
  lag.reset()
})
`
}

const BITS = bitsForExpectedHashes(1000)
const CHAIN: ChainSpec = {
  network: 'netsplit',
  name: 'attack',
  genesisTime: Math.floor(Date.now() / 1000) - 600,
  blockIntervalMs: 1_000,
  difficulty: { rule: 'fixed' },
  initialBits: BITS,
  powLimitBits: BITS,
  checkProofOfWork: false,
  coinbaseMaturity: 10,
  subsidySat: 5_000_000_000,
  halvingInterval: 210_000,
  maxBlockWeight: 4_000_000,
}

function configOf(folder: string, name: string, connect: readonly string[]): NodeConfig {
  const tokenFile = join(folder, `${name}.token`)
  writeFileSync(tokenFile, TOKEN)
  return {
    ...{ name, seed: Buffer.from(name).toString('hex'), tokenFile, ephemeral: false, heartbeatTimeoutMs: 0 },
    ...{ dataDirectory: join(folder, name), eventBuffer: 10_000 },
    services: {
      bitcoin: {
        listen: { host: '127.0.0.1', port: 0 },
        network: 'attack',
        peers: { connect, mode: 'fixed', maxOutbound: 8, maxConnections: 125 },
        // So slow that no block comes but those that are asked for.
        ledger: { chain: CHAIN, mining: { mode: 'simulated', hashRateHps: 1e-6, threads: 1 } },
      },
    },
    control: { host: '127.0.0.1', port: 0 },
    links: { default: PERFECT_LINK, peers: {} },
  }
}

function heightOf({ services }: NodeHealth): number {
  return services.bitcoin?.ledger?.height ?? 0
}
