// Proofs that transactions are in a block: Bitcoin's CMerkleBlock, a header and the part of its Merkle tree that matters (BIP37).

import { sameBytes } from '../bitcoin/wire/bytes.ts'
import { type Codec, hash256, list, struct, u32, varbytes } from '../bitcoin/wire/codec.ts'
import { type HashHex, hashToHex } from '../bitcoin/wire/hex.ts'
import { ProtocolError } from '../errors.ts'
import { hasher } from '../hash.ts'
import { hashBytes, headerCodec } from './chain/header.ts'
import type { Block, Header } from './chain/types.ts'

/** A block of the largest weight holds no more transactions of the least size. */
const MAX_TRANSACTIONS = 4_000_000 / 240

export interface MerkleBlock {
  readonly header: Header
  /** Transactions in the block. */
  readonly transactions: number
  /** In the order of a depth-first walk. */
  readonly hashes: readonly Uint8Array[]
  /** One bit a node of the walk, least significant first: does a wanted transaction lie below? */
  readonly flags: Uint8Array
}

export const merkleBlockCodec: Codec<MerkleBlock> = struct<MerkleBlock>({
  header: headerCodec,
  transactions: u32,
  hashes: list(hash256, MAX_TRANSACTIONS, 32),
  flags: varbytes(MAX_TRANSACTIONS),
})

/** The proof for those transactions of the block that are wanted. */
export function proveTransactions(block: Block, wanted: ReadonlySet<HashHex>): MerkleBlock {
  const leaves = block.transactions.map(tx => hashBytes(tx.txid))
  const matches = block.transactions.map(tx => wanted.has(tx.txid))
  const levels = levelsOf(leaves)
  const hashes: Uint8Array[] = []
  const bits: boolean[] = []
  const walk = (height: number, index: number): void => {
    const below = matches.slice(index << height, (index + 1) << height).includes(true)
    bits.push(below)
    if (height === 0 || !below) {
      hashes.push(levels[height]?.[index] as Uint8Array)
      return
    }
    walk(height - 1, 2 * index)
    if (2 * index + 1 < widthAt(leaves.length, height - 1)) walk(height - 1, 2 * index + 1)
  }
  walk(heightOf(leaves.length), 0)
  return { header: block.header, transactions: leaves.length, hashes, flags: packBits(bits) }
}

/** The txids that the proof shows to be in the block of its header. ProtocolError when it proves nothing. */
export function provenTransactions(proof: MerkleBlock): HashHex[] {
  const { transactions, hashes, flags, header } = proof
  if (transactions === 0 || transactions > MAX_TRANSACTIONS || hashes.length > transactions)
    throw new ProtocolError('malformed', `a proof of ${transactions} transactions`)
  const txids: HashHex[] = []
  let bit = 0
  let next = 0
  const walk = (height: number, index: number): Uint8Array => {
    if (bit >= flags.length * 8) throw new ProtocolError('malformed', 'the flags end early')
    const below = ((flags[bit >> 3] as number) >> (bit & 7)) & 1
    bit++
    if (height === 0 || !below) {
      const hash = hashes[next++]
      if (!hash) throw new ProtocolError('malformed', 'the hashes end early')
      if (height === 0 && below) txids.push(hashToHex(hash))
      return hash
    }
    const left = walk(height - 1, 2 * index)
    if (2 * index + 1 >= widthAt(transactions, height - 1)) return parentOf(left, left)
    const right = walk(height - 1, 2 * index + 1)
    // Equal neighbours would let one transaction stand for another (CVE-2012-2459).
    if (sameBytes(left, right)) throw new ProtocolError('malformed', 'the same hash twice')
    return parentOf(left, right)
  }
  const root = walk(heightOf(transactions), 0)
  if (next !== hashes.length || Math.ceil(bit / 8) !== flags.length)
    throw new ProtocolError('malformed', 'more than the proof needs')
  if (!sameBytes(root, header.merkleRoot))
    throw new ProtocolError('malformed', 'not the header’s Merkle root')
  return txids
}

/** Nodes of the tree at a height above its leaves. */
function widthAt(leaves: number, height: number): number {
  return Math.ceil(leaves / 2 ** height)
}

function heightOf(leaves: number): number {
  let height = 0
  while (widthAt(leaves, height) > 1) height++
  return height
}

/** The tree from its leaves up. */
function levelsOf(leaves: readonly Uint8Array[]): (readonly Uint8Array[])[] {
  const levels = [leaves]
  for (let level = leaves; level.length > 1; ) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array
      above.push(parentOf(left, level[i + 1] ?? left))
    }
    levels.push(above)
    level = above
  }
  return levels
}

function parentOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(64)
  both.set(left)
  both.set(right, 32)
  return hasher.sha256d(both)
}

function packBits(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8))
  for (const [i, bit] of bits.entries()) if (bit) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7))
  return bytes
}
