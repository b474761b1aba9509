// Whole blocks: a header and its transactions, and the Merkle trees over them.

import type { Codec } from '../../bitcoin/wire/codec.ts'
import { ProtocolError } from '../../errors.ts'
import { hasher } from '../../hash.ts'
import { HEADER_BYTES, hashBytes, headerCodec } from './header.ts'
import { hashTxs, MIN_TX_BYTES, readTx, type UnhashedTx } from './tx.ts'
import type { Block, Header, Tx } from './types.ts'

export const blockCodec: Codec<Block> = {
  write: (w, block) => {
    w.bytes(block.header.bytes)
    w.varint(block.transactions.length)
    for (const tx of block.transactions) w.bytes(tx.bytes)
  },
  read: r => {
    const header = headerCodec.read(r)
    const count = r.varint()
    if (count * MIN_TX_BYTES > r.remaining)
      throw new ProtocolError('truncated', `${count} transactions announced`)
    const txs: UnhashedTx[] = []
    for (let i = 0; i < count; i++) txs.push(readTx(r))
    return makeBlock(header, hashTxs(txs))
  },
}

export function makeBlock(header: Header, transactions: readonly Tx[]): Block {
  const frame = HEADER_BYTES + varintBytes(transactions.length)
  let size = frame
  let weight = 4 * frame
  for (const tx of transactions) {
    size += tx.bytes.length
    weight += tx.weight
  }
  return { header, hash: header.hash, transactions, size, weight }
}

/** The root over the transactions' ids. `mutated`: a pair was repeated, so other blocks have the same root (CVE-2012-2459). */
export function merkleRootOf(transactions: readonly Tx[]): { root: Uint8Array; mutated: boolean } {
  return hasher.merkleRoot(transactions.map(tx => hashBytes(tx.txid)))
}

/** The root over the ids with witnesses; the coinbase's own counts as zeros (BIP141). */
function witnessRootOf(transactions: readonly Tx[]): Uint8Array {
  return hasher.merkleRoot(transactions.map((tx, i) => (i === 0 ? new Uint8Array(32) : hashBytes(tx.wtxid))))
    .root
}

/** What the coinbase's commitment output must hold: the witness root hashed with the coinbase's 32-byte witness item. */
export function witnessCommitment(transactions: readonly Tx[], nonce: Uint8Array): Uint8Array {
  const both = new Uint8Array(64)
  both.set(witnessRootOf(transactions))
  both.set(nonce, 32)
  return hasher.sha256d(both)
}

function varintBytes(count: number): number {
  return count < 0xfd ? 1 : count <= 0xffff ? 3 : 5
}
