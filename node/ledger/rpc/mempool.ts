// RPC about the mempool and about transactions in the raw.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { ConsensusError } from '../../errors.ts'
import { txCodec } from '../chain/tx.ts'
import type { BlockEntry, Tx } from '../chain/types.ts'
import type { MempoolEntry } from '../mempool.ts'
import type { LedgerParts } from '../parts.ts'
import { MIN_RELAY_SAT_PER_KVB } from '../policy.ts'
import { amountSat, coins, decoded, flag, given, hash, verbosity } from './arguments.ts'
import { storedBlock } from './chain.ts'
import { confirmations, txShape } from './shapes.ts'

/** Per 1,000 virtual bytes; a fee beyond it is taken for a mistake. */
const DEFAULT_MAX_FEE_RATE_SAT = 10_000_000
const DECODE_FAILED = 'TX decode failed. Make sure the tx has at least one input.'

export function mempoolRpc(parts: () => LedgerParts): RpcTable {
  const entryOf = (params: readonly unknown[]): MempoolEntry => {
    const entry = parts().env.mempool.get(hash(params, 0, 'txid'))
    if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Transaction not in mempool')
    return entry
  }

  return {
    getmempoolinfo: {
      params: [],
      summary: 'The size and the limits of the mempool.',
      handle: () => mempoolInfo(parts()),
    },
    getrawmempool: {
      params: ['verbose?', 'mempool_sequence?'],
      summary: 'The ids of all transactions in the mempool, or all about each.',
      handle: params => {
        const entries = [...parts().env.mempool.entries()]
        if (!flag(params, 0, false)) return entries.map(entry => entry.tx.txid)
        return Object.fromEntries(entries.map(entry => [entry.tx.txid, entryShape(entry)]))
      },
    },
    getmempoolentry: {
      params: ['txid'],
      summary: 'All about one transaction of the mempool.',
      handle: params => entryShape(entryOf(params)),
    },
    getrawtransaction: {
      params: ['txid', 'verbosity?', 'blockhash?'],
      summary: 'A transaction of the mempool, or of the given block: 0 in hex, 1 as an object.',
      handle: params => rawTransaction(parts(), params),
    },
    decoderawtransaction: {
      params: ['hexstring'],
      summary: 'What a transaction in hex says.',
      handle: params => txShape(parts().env.params, decoded(params, 0, txCodec, 'TX decode failed')),
    },
    sendrawtransaction: {
      params: ['hexstring', 'maxfeerate?'],
      summary: 'Takes a transaction into the mempool and announces it; its id.',
      handle: params => sendTransaction(parts(), params),
    },
  }
}

function mempoolInfo({ env }: LedgerParts): Record<string, unknown> {
  const { mempool } = env
  return {
    loaded: true,
    size: mempool.size,
    bytes: mempool.bytes,
    usage: mempool.usageBytes,
    total_fee: coins(mempool.feesSat),
    maxmempool: mempool.limits.maxBytes,
    mempoolminfee: coins(mempool.minFeeSatPerKvb),
    minrelaytxfee: coins(MIN_RELAY_SAT_PER_KVB),
    incrementalrelayfee: coins(MIN_RELAY_SAT_PER_KVB),
    unbroadcastcount: 0,
    fullrbf: false,
  }
}

function entryShape(entry: MempoolEntry): Record<string, unknown> {
  const { tx, ancestors, descendants } = entry
  return {
    vsize: entry.vsize,
    weight: tx.weight,
    time: Math.floor(entry.timeMs / 1000),
    height: entry.height,
    descendantcount: descendants.count,
    descendantsize: descendants.vsize,
    ancestorcount: ancestors.count,
    ancestorsize: ancestors.vsize,
    wtxid: tx.wtxid,
    fees: {
      base: coins(entry.feeSat),
      modified: coins(entry.feeSat),
      ancestor: coins(ancestors.feeSat),
      descendant: coins(descendants.feeSat),
    },
    depends: txidsOf(entry.parents),
    spentby: txidsOf(entry.children),
    'bip125-replaceable': false,
    unbroadcast: false,
  }
}

function txidsOf(entries: Iterable<MempoolEntry>): string[] {
  return [...entries].map(entry => entry.tx.txid)
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
  if (verbosity(params, 1, 0) <= 0) return bytes
  const block = found.in
  return {
    ...(block && { in_active_chain: chain.isActive(block) }),
    ...txShape(chain.params, found.tx),
    hex: bytes,
    ...(block && {
      blockhash: block.hash,
      confirmations: Math.max(0, confirmations(chain, block)),
      time: block.header.time,
      blocktime: block.header.time,
    }),
  }
}

function inBlock(parts: LedgerParts, params: readonly unknown[]): Found {
  const entry = parts.env.chain.entry(hash(params, 2, 'parameter 3'))
  if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Block hash not found')
  const txid = hash(params, 0, 'parameter 1')
  const tx = storedBlock(parts, entry).transactions.find(one => one.txid === txid)
  if (!tx)
    throw new RpcError(
      RPC.invalidAddressOrKey,
      'No such transaction found in the provided block. Use gettransaction for wallet transactions.',
    )
  return { tx, in: entry }
}

function inMempool({ env }: LedgerParts, params: readonly unknown[]): Found {
  const tx = env.mempool.get(hash(params, 0, 'parameter 1'))?.tx
  if (!tx)
    throw new RpcError(
      RPC.invalidAddressOrKey,
      'No such mempool transaction. Provide a block hash to look into a block.',
    )
  return { tx, in: undefined }
}

function sendTransaction(parts: LedgerParts, params: readonly unknown[]): string {
  const tx = decoded(params, 0, txCodec, DECODE_FAILED)
  const maxRateSat = given(params, 1) ? amountSat(params, 1, 'maxfeerate') : DEFAULT_MAX_FEE_RATE_SAT
  const { mempool } = parts.env
  if (mempool.has(tx.txid)) return tx.txid
  if (maxRateSat > 0 && feeSat(parts, tx) > (maxRateSat * Math.ceil(tx.weight / 4)) / 1000)
    throw new RpcError(RPC.verify, 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)')
  try {
    parts.transactions.submit(tx)
  } catch (error) {
    if (!(error instanceof ConsensusError)) throw error
    throw refusal(error)
  }
  return tx.txid
}

function refusal({ reason, message }: ConsensusError): RpcError {
  if (reason === 'missing-inputs') return new RpcError(RPC.verify, 'bad-txns-inputs-missingorspent')
  if (reason === 'txn-already-known')
    return new RpcError(RPC.verifyAlreadyInChain, 'Transaction outputs already in utxo set')
  return new RpcError(RPC.verifyRejected, message)
}

/** 0 as long as one of its inputs is unknown: then it is refused for that. */
function feeSat({ env }: LedgerParts, tx: Tx): number {
  let fee = 0
  for (const { previous } of tx.inputs) {
    const coin = env.mempool.coin(previous)
    if (!coin) return 0
    fee += coin.valueSat
  }
  return tx.outputs.reduce((rest, output) => rest - output.valueSat, fee)
}
