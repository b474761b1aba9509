// Trees of BitTorrent v2 (BEP 52) beside node:crypto: nodes over nodes, where calls are many and small, and leaves of 16 KiB, where
// OpenSSL has instructions of the processor that WASM has not. Both rows count: the second is why the host may inject its own hash.

import * as crypto from 'node:crypto'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { bestKernel, createHasher } from '../../node/hash.ts'
import { type Contender, measure, noise, ratio, type Sha256 } from './contenders.ts'
import { type BenchResult, machine } from './result.ts'

const NODES = 8_192
const LEVELS = 13
const BLOCKS = 64
const BLOCK_BYTES = 16_384
const ZERO = new Uint8Array(32)

export async function run(): Promise<BenchResult> {
  const kernel = bestKernel()
  const [ours, scalar] = [createHasher(kernel), createHasher('scalar')]
  const peers: readonly (readonly [string, Sha256])[] = [
    ['node:crypto', nodeHash()],
    ['node:crypto createHash', message => crypto.createHash('sha256').update(message).digest()],
    ['@noble/hashes', nobleSha256],
  ]
  const nodes = noise(32 * NODES)
  const tree = (subject: string, run: () => unknown): Contender => ({
    subject: `tree, ${subject}`,
    run,
    amount: NODES,
  })
  const trees = await measure('nodes/s', 1, [
    tree('netsplit', () => ours.foldTree(nodes, LEVELS, ZERO)),
    tree('netsplit scalar', () => scalar.foldTree(nodes, LEVELS, ZERO)),
    ...peers.map(([name, sha256]) => tree(name, () => foldedBy(sha256, nodes))),
  ])
  const blocks = Array.from({ length: BLOCKS }, (_, i) => noise(BLOCK_BYTES, i))
  const amount = BLOCKS * BLOCK_BYTES
  const leaves = await measure('MB/s', 1e-6, [
    { subject: 'leaves, netsplit', run: () => ours.leafHashes(blocks), amount },
    { subject: 'leaves, netsplit scalar', run: () => scalar.leafHashes(blocks), amount },
    ...peers.map(([name, sha256]) => ({ subject: `leaves, ${name}`, run: () => blocks.map(sha256), amount })),
  ])
  return {
    bench: 'merkle-tree',
    machine: machine(kernel),
    rows: [...trees, ...leaves],
    ratios: {
      'tree/node-crypto': ratio(trees, 'tree, netsplit', 'tree, node:crypto'),
      'tree/create-hash': ratio(trees, 'tree, netsplit', 'tree, node:crypto createHash'),
      'tree/noble': ratio(trees, 'tree, netsplit', 'tree, @noble/hashes'),
      'leaves/node-crypto': ratio(leaves, 'leaves, netsplit', 'leaves, node:crypto'),
      'leaves/noble': ratio(leaves, 'leaves, netsplit', 'leaves, @noble/hashes'),
    },
  }
}

/** Its fastest form, missing in the oldest Node that we run on. */
function nodeHash(): Sha256 {
  if ('hash' in crypto) return message => crypto.hash('sha256', message, 'buffer') as Uint8Array
  return message => crypto.createHash('sha256').update(message).digest()
}

function foldedBy(sha256: Sha256, nodes: Uint8Array): Uint8Array {
  let layer = nodes
  while (layer.length > 32) {
    const above = new Uint8Array(layer.length / 2)
    for (let at = 0; at < layer.length; at += 64) above.set(sha256(layer.subarray(at, at + 64)), at / 2)
    layer = above
  }
  return layer
}
