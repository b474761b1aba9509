// The hashing core beside its peers, on one thread and on two. Each round lets every contender work for a moment, one
// after the other, so that whatever else the machine does falls on all of them; the median of the rounds counts.

import * as crypto from 'node:crypto'
import { digest as asSha256 } from '@chainsafe/as-sha256'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { createSHA256 } from 'hash-wasm'
import { bestKernel, createHasher, type Hasher, MAX_VERSIONS } from '../../node/hash.ts'
import { WorkerMiner } from '../../node/host/miner.ts'
import { bitsToTarget } from '../../node/ledger/consensus/target.ts'
import { type Contender, measure, noise, type Row, ratio, type Sha256, valueFor } from './contenders.ts'
import { type BenchResult, machine, median } from './result.ts'

const WORKER_ROUNDS = 7
const WORKER_ROUND_MS = 400
const EASY = 0x207fffff
const IMPOSSIBLE = 0x03000001

export async function run(): Promise<BenchResult> {
  const peers = await loadPeers()
  const kernel = bestKernel()
  const ours = createHasher(kernel)
  const scans = await measure('MH/s', 1e-6, [
    ...['simd' as const, 'scalar' as const]
      .filter(k => k === kernel || k === 'scalar')
      .map(k => scanOf(createHasher(k), `scan, netsplit ${k}`)),
    ...[...peers].map(([name, sha256]) => peerScan(name, sha256)),
  ])
  const trees = await measure('leaves/s', 1, merkleContenders(ours, peers))
  const headers = await measure('headers/s', 1, headerContenders(ours, nodeOf(peers)))
  const txids = await measure('ids/s', 1, txidContenders(ours, nodeOf(peers)))
  const workers = await workerRates()
  const bestPeer = Math.max(...scans.filter(row => !row.subject.includes('netsplit')).map(row => row.value))
  return {
    bench: 'hash',
    machine: machine(kernel),
    rows: [...scans, ...trees, ...headers, ...txids, ...workers],
    ratios: {
      'scan/best-peer': valueFor(scans, `scan, netsplit ${kernel}`) / bestPeer,
      'scan-scalar/best-peer': valueFor(scans, 'scan, netsplit scalar') / bestPeer,
      'merkle/node-crypto': ratio(trees, 'merkle, netsplit', 'merkle, node:crypto'),
      'merkle/create-hash': ratio(trees, 'merkle, netsplit', 'merkle, node:crypto createHash'),
      'merkle/as-sha256': ratio(trees, 'merkle, netsplit', 'merkle, as-sha256'),
      'headers/node-crypto': ratio(headers, 'headers, netsplit', 'headers, node:crypto'),
      'txids/node-crypto': ratio(txids, 'txids, netsplit', 'txids, node:crypto'),
      'workers2/workers1': workers[1].value / workers[0].value,
    },
  }
}

// ---- the contenders

/** SHA-256 by others. `crypto.hash` is node:crypto's fastest form and missing in the oldest Node that we run on. */
async function loadPeers(): Promise<Map<string, Sha256>> {
  const hashWasm = await createSHA256()
  const peers = new Map<string, Sha256>([
    ['hash-wasm', message => hashWasm.init().update(message).digest('binary')],
    ['@noble/hashes', nobleSha256],
    ['as-sha256', asSha256],
    ['node:crypto createHash', message => crypto.createHash('sha256').update(message).digest()],
  ])
  if ('hash' in crypto)
    peers.set('node:crypto hash', message => crypto.hash('sha256', message, 'buffer') as Uint8Array)
  return peers
}

function nodeOf(peers: Map<string, Sha256>): Sha256 {
  return (peers.get('node:crypto hash') ?? peers.get('node:crypto createHash')) as Sha256
}

function scanOf(hasher: Hasher, subject: string): Contender {
  const [header, nonces] = [noise(80), 2048]
  const target = new Uint8Array(32)
  const run = () => hasher.scan(header, target, 0, nonces, MAX_VERSIONS)
  return { subject, run, amount: nonces * MAX_VERSIONS }
}

function peerScan(name: string, sha256: Sha256): Contender {
  const header = noise(80)
  const view = new DataView(header.buffer)
  let nonce = 0
  const run = () => {
    for (let i = 0; i < 1000; i++) {
      view.setUint32(76, nonce++, true)
      sha256(sha256(header))
    }
  }
  return { subject: `scan, ${name}`, run, amount: 1000 }
}

function merkleContenders(ours: Hasher, peers: Map<string, Sha256>): Contender[] {
  const leaves = Array.from({ length: 4096 }, (_, i) => noise(32, i))
  const contender = (name: string, run: () => unknown): Contender => ({
    subject: `merkle, ${name}`,
    run,
    amount: leaves.length,
  })
  return [
    contender('netsplit', () => ours.merkleRoot(leaves)),
    contender('node:crypto', () => merkleRoot(leaves, nodeOf(peers))),
    contender('node:crypto createHash', () =>
      merkleRoot(leaves, peers.get('node:crypto createHash') as Sha256),
    ),
    contender('as-sha256', () => merkleRoot(leaves, asSha256)),
  ]
}

function merkleRoot(leaves: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  const pair = new Uint8Array(64)
  let level = leaves
  while (level.length > 1) {
    const parents: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      pair.set(level[i] as Uint8Array)
      pair.set(level[i + 1] as Uint8Array, 32)
      parents.push(sha256(sha256(pair)))
    }
    level = parents
  }
  return level[0] as Uint8Array
}

function headerContenders(ours: Hasher, node: Sha256): Contender[] {
  const start = noise(32)
  const headers = chainOf(2000, start, ours)
  const check = (run: () => number) => () => {
    if (run() !== headers.length) throw new Error('the chain is good, the check is not')
  }
  return [
    {
      subject: 'headers, netsplit',
      run: check(() => ours.checkHeaders(headers, start).valid),
      amount: headers.length,
    },
    {
      subject: 'headers, node:crypto',
      run: check(() => validHeaders(headers, start, node)),
      amount: headers.length,
    },
  ]
}

/** Proof of work and linkage, header by header. */
function validHeaders(headers: readonly Uint8Array[], start: Uint8Array, sha256: Sha256): number {
  let previous = start
  let valid = 0
  for (const header of headers) {
    const hash = sha256(sha256(header))
    if (Buffer.compare(header.subarray(4, 36), previous) !== 0 || !isAtMost(hash, EASY_TARGET)) return valid
    previous = hash
    valid++
  }
  return valid
}

const EASY_TARGET = Uint8Array.from({ length: 32 }, (_, i) =>
  Number((bitsToTarget(EASY) >> BigInt(8 * i)) & 0xffn),
)

function isAtMost(hash: Uint8Array, target: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) if (hash[i] !== target[i]) return (hash[i] as number) < (target[i] as number)
  return true
}

function chainOf(count: number, start: Uint8Array, hasher: Hasher): Uint8Array[] {
  const headers: Uint8Array[] = []
  for (let previous = start; headers.length < count; ) {
    const header = noise(80, headers.length)
    const view = new DataView(header.buffer)
    header.set(previous, 4)
    view.setUint32(72, EASY, true)
    view.setUint32(76, hasher.scan(header, EASY_TARGET, 0, 2 ** 20).nonce ?? 0, true)
    headers.push(header)
    previous = hasher.sha256d(header)
  }
  return headers
}

/** Transactions of the lengths that real ones have. */
function txidContenders(ours: Hasher, node: Sha256): Contender[] {
  const txs = Array.from({ length: 2000 }, (_, i) => noise(200 + ((i * 7919) % 401), i))
  return [
    { subject: 'txids, netsplit', run: () => ours.sha256dMany(txs), amount: txs.length },
    { subject: 'txids, node:crypto', run: () => txs.map(tx => node(node(tx))), amount: txs.length },
  ]
}

/** One thread and two, in turns. */
async function workerRates(): Promise<readonly [one: Row, two: Row]> {
  const onCrash = (why: string) => console.error(why)
  const sink = { onSolution() {}, onExhausted() {} }
  const miners = [1, 2].map(threads => new WorkerMiner({ hashRateHps: 0, threads, onCrash }, sink))
  const rates: [number[], number[]] = [[], []]
  for (let round = 0; round <= WORKER_ROUNDS; round++)
    for (const [i, miner] of miners.entries()) {
      const rate = await workerRate(miner)
      if (round > 0) rates[i as 0 | 1].push(rate) // the first one warms up
    }
  await Promise.all(miners.map(miner => miner.close()))
  return [
    { subject: 'scan, 1 worker', value: median(rates[0]) / 1e6, unit: 'MH/s' },
    { subject: 'scan, 2 workers', value: median(rates[1]) / 1e6, unit: 'MH/s' },
  ]
}

/** Hashes per second of a miner that works only while it is measured. */
async function workerRate(miner: WorkerMiner): Promise<number> {
  miner.work({ id: 1, header: noise(80), bits: IMPOSSIBLE })
  await sleep(WORKER_ROUND_MS / 4)
  const [startMs, before] = [performance.now(), miner.stats().hashes]
  await sleep(WORKER_ROUND_MS)
  const rate = (1000 * (miner.stats().hashes - before)) / (performance.now() - startMs)
  miner.idle()
  return rate
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
