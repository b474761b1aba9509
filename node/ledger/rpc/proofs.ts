// RPC about proofs that transactions are in a block.

import { encode } from '../../bitcoin/wire/codec.ts'
import { type HashHex, toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { ProtocolError } from '../../errors.ts'
import type { BlockEntry } from '../chain/types.ts'
import { merkleBlockCodec, provenTransactions, proveTransactions } from '../merkleblock.ts'
import type { LedgerParts } from '../parts.ts'
import { array, decoded, given, hash, toHash } from './arguments.ts'
import { storedBlock } from './lookup.ts'

export function proofsRpc(parts: () => LedgerParts): RpcTable {
  return {
    gettxoutproof: {
      params: ['txids', 'blockhash?'],
      summary:
        'A proof in hex that transactions are in a block. Without its hash, one must have an unspent output.',
      handle: params => prove(parts(), params),
    },
    verifytxoutproof: {
      params: ['proof'],
      summary:
        'The transactions that a proof shows to be in a block of the active chain; none if it shows nothing.',
      handle: params => verify(parts(), params),
    },
  }
}

function prove(parts: LedgerParts, params: readonly unknown[]): string {
  const wanted = new Set<HashHex>()
  for (const value of array(params, 0, 'txids')) {
    const txid = toHash(value, 'txid')
    if (wanted.has(txid))
      throw new RpcError(RPC.invalidParameter, `Invalid parameter, duplicated txid: ${txid}`)
    wanted.add(txid)
  }
  if (wanted.size === 0) throw new RpcError(RPC.invalidParameter, "Parameter 'txids' cannot be empty")
  const entry = given(params, 1) ? entryOf(parts, params) : entryWith(parts, wanted)
  const block = storedBlock(parts.env.chain, entry)
  const found = block.transactions.filter(tx => wanted.has(tx.txid)).length
  if (found !== wanted.size)
    throw new RpcError(RPC.invalidAddressOrKey, 'Not all transactions found in specified or retrieved block')
  return toHex(encode(merkleBlockCodec, proveTransactions(block, wanted)))
}

function entryOf({ env }: LedgerParts, params: readonly unknown[]): BlockEntry {
  const entry = env.chain.entry(hash(params, 1, 'blockhash'))
  if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Block not found')
  return entry
}

/** The block that made an unspent output of one of them; with an index of transactions, the block of any. */
function entryWith({ env, txIndex }: LedgerParts, txids: ReadonlySet<HashHex>): BlockEntry {
  const { chain } = env
  // No block fits more outputs of the least size (9 bytes, 4 weight units each).
  const maxOutputs = Math.floor(chain.rules.mostBlockWeight / 36)
  for (const txid of txids)
    for (let index = 0; index < maxOutputs; index++) {
      const coin = chain.coin(`${txid}:${index}`)
      const entry = coin && chain.at(coin.height)
      if (entry) return entry
    }
  for (const txid of txids) {
    const entry = txIndex?.find(txid)
    if (entry) return entry
  }
  throw new RpcError(RPC.invalidAddressOrKey, 'Transaction not yet in block')
}

function verify({ env }: LedgerParts, params: readonly unknown[]): HashHex[] {
  const proof = decoded(params, 0, merkleBlockCodec, 'Proof decode failed')
  const entry = env.chain.entry(proof.header.hash)
  let txids: HashHex[]
  try {
    txids = provenTransactions(proof)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return []
  }
  if (!entry || !env.chain.isActive(entry))
    throw new RpcError(RPC.invalidAddressOrKey, 'Block not found in chain')
  // The number of transactions is not in the header: without this a proof could lie about the tree's depth.
  return proof.transactions === entry.transactions ? txids : []
}
