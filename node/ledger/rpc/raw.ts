// RPC to find, read, make, sign and send transactions in the raw.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import type { Chain } from '../chain/chain.ts'
import { outPointKey, txCodec } from '../chain/tx.ts'
import type { BlockEntry, Coin, OutPoint, Tx } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'
import { decoded, given, hash, verbosity } from './arguments.ts'
import { storedBlock } from './lookup.ts'
import { decodedMaybeEmpty } from './payment-arguments.ts'
import { confirmations, txShape } from './shapes.ts'
import { checkBurnt, maxFeeRate, submit, TX_DECODE_FAILED } from './submission.ts'

export function rawRpc(parts: () => LedgerParts): RpcTable {
  return {
    getrawtransaction: {
      params: ['txid', 'verbosity|verbose?', 'blockhash?'],
      summary:
        'A transaction of the mempool, or of the given block: 0 in hex, 1 as an object, 2 also with the coins that it spends.',
      handle: params => rawTransaction(parts(), params),
    },
    decoderawtransaction: {
      params: ['hexstring', 'iswitness?'],
      summary: 'What a transaction in hex says.',
      handle: params => txShape(parts().env.params, decodedMaybeEmpty(params, 0, TX_DECODE_FAILED)),
    },
    sendrawtransaction: {
      params: ['hexstring', 'maxfeerate?', 'maxburnamount?'],
      summary: 'Takes a transaction into the mempool and announces it; its id.',
      handle: params => {
        const tx = decoded(params, 0, txCodec, TX_DECODE_FAILED)
        checkBurnt([tx], params, 2)
        return submit(parts(), tx, maxFeeRate(params, 1))
      },
    },
  }
}

/** Where a transaction was found; without a block: the mempool. */
interface Found {
  readonly tx: Tx
  readonly in: BlockEntry | undefined
}

function rawTransaction(parts: LedgerParts, params: readonly unknown[]): unknown {
  const { chain } = parts.env
  const found = given(params, 2) ? inBlock(parts, params) : inMempool(parts, params)
  const bytes = toHex(found.tx.bytes)
  const detail = verbosity(params, 1, 0)
  if (detail <= 0) return bytes
  const block = found.in
  const active = block !== undefined && chain.isActive(block)
  return {
    ...(block && given(params, 2) && { in_active_chain: active }),
    ...txShape(
      chain.params,
      found.tx,
      detail > 1 ? { coinOf: coinsSpent(parts, found), withCoins: true } : undefined,
    ),
    hex: bytes,
    ...(block && {
      blockhash: block.hash,
      confirmations: Math.max(0, confirmations(chain, block)),
      time: block.header.time,
      blocktime: block.header.time,
    }),
  }
}

/** What it spends, by what its block spent, or by the chain and the mempool of now. */
function coinsSpent({ env }: LedgerParts, { in: block }: Found): (point: OutPoint) => Coin | undefined {
  const spent = new Map<string, Coin>(block && env.chain.undo(block.hash)?.spent)
  return point => (block ? spent.get(outPointKey(point)) : env.mempool.spentCoin(point))
}

function txIn(chain: Chain, block: BlockEntry, txid: string): Tx {
  const tx = storedBlock(chain, block).transactions.find(one => one.txid === txid)
  if (!tx) throw new Error(`${txid} is not in ${block.hash}`)
  return tx
}

function inBlock({ env }: LedgerParts, params: readonly unknown[]): Found {
  const entry = env.chain.entry(hash(params, 2, 'parameter 3'))
  if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Block hash not found')
  const txid = hash(params, 0, 'parameter 1')
  const tx = storedBlock(env.chain, entry).transactions.find(one => one.txid === txid)
  if (!tx)
    throw new RpcError(
      RPC.invalidAddressOrKey,
      'No such transaction found in the provided block. Use gettransaction for wallet transactions.',
    )
  return { tx, in: entry }
}

function inMempool({ env, txIndex }: LedgerParts, params: readonly unknown[]): Found {
  const txid = hash(params, 0, 'parameter 1')
  const tx = env.mempool.get(txid)?.tx
  const block = txIndex?.find(txid)
  if (!tx && block) return { tx: txIn(env.chain, block, txid), in: block }
  if (!tx && txIndex)
    throw new RpcError(
      RPC.invalidAddressOrKey,
      `No such mempool or blockchain transaction${txIndex.follower.synced ? '' : '. Blockchain transactions are still in the process of being indexed'}. Use gettransaction for wallet transactions.`,
    )
  if (!tx)
    throw new RpcError(
      RPC.invalidAddressOrKey,
      'No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction queries. Use gettransaction for wallet transactions.',
    )
  return { tx, in: undefined }
}
