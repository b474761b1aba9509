// The initial download: a fresh node fetches a chain of 10,000 blocks, each with a signed payment, from two peers over
// loopback. The peers are processes of their own; the fresh node runs in this one, so that the time it spends in hashing
// can be told from the rest: the hasher of this thread is made to keep time, and to hash in batches or one by one.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { NodeConfig, NodeReady } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { createHasher, type Hasher, hasher } from '../../node/hash.ts'
import { LocalNode } from '../../node/host/node.ts'
import { openStore } from '../../node/host/store.ts'
import { Chain } from '../../node/ledger/chain/chain.ts'
import { BODIES } from '../../node/ledger/chain/chain-store.ts'
import type { Block } from '../../node/ledger/chain/types.ts'
import { type ChainSpec, chainParams } from '../../node/params.ts'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { buildBlock, EASY_SPEC, rewardOf, secp, spend, testKey } from '../support/chain.ts'
import { type BenchResult, machine, median } from './result.ts'

export const BLOCKS = 10_000
const ROUNDS = 3
const TIMEOUT_MS = 180_000
const POLL_MS = 20
export const CHAIN: ChainSpec = { ...EASY_SPEC, name: 'bench-ibd', halvingInterval: 210_000 }
export const TOKEN = 'a-token-for-benches-only'
const PEERS = ['peer-1', 'peer-2']

/** One download. */
export interface Download {
  readonly ms: number
  /** Processor time of this process meanwhile. */
  readonly cpuMs: number
  readonly hashingMs: number
}

export function run(): Promise<BenchResult> {
  return amongPeers(
    config => config,
    (folder, addresses) => compare(inner => download(folder, addresses, { inner })),
  )
}

/** What `measure` finds with two peers that have the chain, each a process made as `adapt` says; then they are taken down. */
export async function amongPeers<T>(
  adapt: (config: NodeConfig) => NodeConfig,
  measure: (folder: string, addresses: readonly string[]) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  const servers: ChildProcess[] = []
  try {
    writeFileSync(join(folder, 'token'), TOKEN)
    await makeChain(join(folder, 'chain'))
    const addresses: string[] = []
    for (const name of PEERS) {
      cpSync(join(folder, 'chain'), join(folder, name, 'store'), { recursive: true })
      const server = start(folder, adapt(configOf(folder, name, [])))
      servers.push(server)
      addresses.push((await readyOf(server)).p2p)
    }
    return await measure(folder, addresses)
  } finally {
    for (const server of servers) server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compare(measure: (inner: Hasher) => Promise<Download>): Promise<BenchResult> {
  const batched: Download[] = []
  const single: Download[] = []
  // In turns, so that both meet the same machine; the first ones warm up.
  for (let round = 0; round <= ROUNDS; round++) {
    const pair = [await measure(createHasher()), await measure(oneByOne(createHasher()))] as const
    if (round === 0) continue
    batched.push(pair[0])
    single.push(pair[1])
  }
  const rate = (runs: readonly Download[]) => median(runs.map(({ ms }) => (1000 * BLOCKS) / ms))
  const perBlock = (runs: readonly Download[]) => median(runs.map(each => (1000 * each.hashingMs) / BLOCKS))
  const share = (runs: readonly Download[]) => median(runs.map(({ ms, hashingMs }) => hashingMs / ms))
  return {
    bench: 'ibd',
    machine: machine(hasher.kernel),
    rows: [
      { subject: 'download', value: rate(batched), unit: 'blocks/s' },
      { subject: 'download, hashed one by one', value: rate(single), unit: 'blocks/s' },
      { subject: 'hashing', value: perBlock(batched), unit: 'µs/block' },
      { subject: 'hashing, one by one', value: perBlock(single), unit: 'µs/block' },
      { subject: 'time in hashing', value: 100 * share(batched), unit: '%' },
      { subject: 'time in hashing, one by one', value: 100 * share(single), unit: '%' },
    ],
    ratios: {
      'download, batched/one by one': rate(batched) / rate(single),
      'hashing, one by one/batched': perBlock(single) / perBlock(batched),
    },
  }
}

// ---- the peers

/** A store with the chain in it. From the third block on, each pays the reward of an older one to somebody. */
async function makeChain(directory: string): Promise<void> {
  const fails = (error: Error) => {
    throw error
  }
  const store = await openStore(directory, fails, { bodies: BODIES })
  const chain = new Chain({ params: chainParams(CHAIN), store, secp, nowMs: Date.now })
  chain.load()
  const [to, change] = [testKey(1).script, testKey(0).script]
  const recent: Block[] = []
  for (let height = 1; height <= BLOCKS; height++) {
    const old = recent.length > CHAIN.coinbaseMaturity ? recent.shift() : undefined
    const coin = old && rewardOf(old)
    const txs = coin
      ? [
          spend([coin], {
            outputs: [
              { valueSat: 100_000, script: to },
              { valueSat: coin.valueSat - 101_000, script: change },
            ],
          }),
        ]
      : []
    const block = buildBlock(chain, { txs })
    chain.acceptBlock(block)
    recent.push(block)
    if (height % 500 === 0) await new Promise(setImmediate) // to the disk
  }
  await store.close()
}

export function start(folder: string, config: NodeConfig): ChildProcess {
  const file = join(folder, `${config.name}.json`)
  writeFileSync(file, JSON.stringify(config))
  return spawn(process.execPath, [bundleFile('node.cjs'), '--config', file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

export async function readyOf(server: ChildProcess): Promise<NodeReady> {
  if (!server.stdout) throw new Error('a server without its output')
  const lines = createInterface(server.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(server, 'exit').then(() => [''])])
  return JSON.parse(line)
}

export function configOf(
  folder: string,
  name: string,
  connect: readonly string[],
  transport?: 'v1' | 'v2',
): NodeConfig {
  return {
    name,
    seed: Buffer.from(name).toString('hex'),
    services: {
      bitcoin: {
        listen: { host: '127.0.0.1', port: 0 },
        network: 'ibd',
        peers: {
          ...{ connect, mode: 'fixed', maxOutbound: 8, maxConnections: 16 },
          ...(transport && { transport }),
        },
        ledger: { chain: CHAIN, mining: { mode: 'off', hashRateHps: 0, threads: 1 } },
      },
    },
    control: { host: '127.0.0.1', port: 0 },
    tokenFile: join(folder, 'token'),
    dataDirectory: join(folder, name),
    ephemeral: false,
    heartbeatTimeoutMs: 0,
    links: { default: PERFECT_LINK, peers: {} },
    eventBuffer: 1_000,
  }
}

// ---- the fresh node

/** From the start of the node to its tip at the top. */
export async function download(
  folder: string,
  peers: readonly string[],
  { inner = createHasher(), transport }: { readonly inner?: Hasher; readonly transport?: 'v1' | 'v2' } = {},
): Promise<Download> {
  const timed = keepTime(inner)
  let onStopped = (_exitCode: number): void => {}
  const stopped = new Promise<number>(resolve => {
    onStopped = resolve
  })
  const startMs = performance.now()
  const before = process.cpuUsage()
  const node = new LocalNode(configOf(folder, 'fresh', peers, transport), {
    version: '0.0.0',
    token: TOKEN,
    onStopped,
  })
  await node.start()
  const height = () => node.health().services.bitcoin?.ledger?.height ?? 0
  while (height() < BLOCKS) {
    if (performance.now() - startMs > TIMEOUT_MS)
      throw new Error(`only ${height()} blocks in ${TIMEOUT_MS / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  const { user, system } = process.cpuUsage(before)
  const cpuMs = (user + system) / 1000
  const result = { ms: performance.now() - startMs, cpuMs, hashingMs: timed() }
  node.stop('the bench is done')
  await stopped
  rmSync(join(folder, 'fresh'), { recursive: true, force: true })
  return result
}

/** The thread's hasher becomes `inner` with a clock; the answer reads it. */
function keepTime(inner: Hasher): () => number {
  let totalMs = 0
  const timed =
    <A extends unknown[], R>(method: (...args: A) => R) =>
    (...args: A): R => {
      const startMs = performance.now()
      const result = method(...args)
      totalMs += performance.now() - startMs
      return result
    }
  hasher.sha256 = timed(message => inner.sha256(message))
  hasher.sha256d = timed(message => inner.sha256d(message))
  hasher.sha256dMany = timed(messages => inner.sha256dMany(messages))
  hasher.merkleRoot = timed(leaves => inner.merkleRoot(leaves))
  hasher.checkHeaders = timed((headers, previous) => inner.checkHeaders(headers, previous))
  return () => totalMs
}

/** The same answers without batches: every message by itself, as with a hasher that knows nothing else. */
function oneByOne(inner: Hasher): Hasher {
  const { sha256, sha256d, ...others } = bound(inner)
  return {
    kernel: inner.kernel,
    sha256,
    sha256d,
    ...others,
    sha256dMany: messages => messages.map(sha256d),
    checkHeaders: (headers, _previous) => {
      const hashes = new Uint8Array(32 * headers.length)
      headers.forEach((header, i) => {
        hashes.set(sha256d(header), 32 * i)
      })
      return { hashes, valid: 0 } // whether they prove their work is found one by one as well
    },
    merkleRoot: leaves => {
      let level = leaves
      while (level.length > 1) {
        const parents: Uint8Array[] = []
        for (let i = 0; i < level.length; i += 2)
          parents.push(
            sha256d(Buffer.concat([level[i] as Uint8Array, (level[i + 1] ?? level[i]) as Uint8Array])),
          )
        level = parents
      }
      return { root: level[0] as Uint8Array, mutated: false }
    },
  }
}

function bound(inner: Hasher): Omit<Hasher, 'kernel' | 'sha256dMany' | 'checkHeaders' | 'merkleRoot'> {
  return {
    sha256: message => inner.sha256(message),
    sha256d: message => inner.sha256d(message),
    merkleBranchRoot: (leaf, branch, index) => inner.merkleBranchRoot(leaf, branch, index),
    foldTree: (nodes, levels, padding) => inner.foldTree(nodes, levels, padding),
    leafHashes: blocks => inner.leafHashes(blocks),
    scan: (header, target, from, count, versions) => inner.scan(header, target, from, count, versions),
  }
}
