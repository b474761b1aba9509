// RPC about the mempool: what is in it, who hangs on whom, and what would be let in.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { outPointKey, txCodec } from '../chain/tx.ts'
import type { Tx } from '../chain/types.ts'
import type { MempoolEntry } from '../mempool.ts'
import { reach } from '../packages.ts'
import type { LedgerParts } from '../parts.ts'
import { MIN_RELAY_SAT_PER_KVB } from '../policy.ts'
import { array, coins, decoded, flag, hash, integer, record, toHash } from './arguments.ts'
import { maxFeeRate, rejectReason, TX_DECODE_FAILED, tooDear } from './submission.ts'

const MAX_PACKAGE = 25

export function mempoolRpc(parts: () => LedgerParts): RpcTable {
  const entryOf = (params: readonly unknown[]): MempoolEntry => {
    const entry = parts().env.mempool.get(hash(params, 0, 'txid'))
    if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Transaction not in mempool')
    return entry
  }
  const family = (params: readonly unknown[], relation: 'parents' | 'children') => {
    const entry = entryOf(params)
    const others = [...reach([entry], relation)].filter(member => member !== entry)
    return flag(params, 1, false) ? byTxid(others) : txidsOf(others)
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
        const { mempool } = parts().env
        const [verbose, sequence] = [flag(params, 0, false), flag(params, 1, false)]
        if (verbose && sequence)
          throw new RpcError(RPC.invalidParameter, 'Verbose results cannot contain mempool sequence values.')
        if (verbose) return byTxid(mempool.entries())
        const txids = txidsOf(mempool.entries())
        return sequence ? { txids, mempool_sequence: mempool.sequence } : txids
      },
    },
    getmempoolentry: {
      params: ['txid'],
      summary: 'All about one transaction of the mempool.',
      handle: params => entryShape(entryOf(params)),
    },
    getmempoolancestors: {
      params: ['txid', 'verbose?'],
      summary: 'The unconfirmed transactions that one of the mempool needs: their ids, or all about each.',
      handle: params => family(params, 'parents'),
    },
    getmempooldescendants: {
      params: ['txid', 'verbose?'],
      summary: 'The unconfirmed transactions that need one of the mempool: their ids, or all about each.',
      handle: params => family(params, 'children'),
    },
    gettxspendingprevout: {
      params: ['outputs'],
      summary: 'For each of [{ txid, vout }] the transaction of the mempool that spends it, if one does.',
      handle: params => array(params, 0, 'outputs').map(output => spenderOf(parts(), output)),
    },
    testmempoolaccept: {
      params: ['rawtxs', 'maxfeerate?'],
      summary: 'Whether the mempool would take these transactions, each on those before it; takes none.',
      differs: 'transactions of a package are judged one by one',
      handle: params => testAccept(parts(), params),
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

function byTxid(entries: Iterable<MempoolEntry>): Record<string, unknown> {
  return Object.fromEntries(Array.from(entries, entry => [entry.tx.txid, entryShape(entry)]))
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
  return Array.from(entries, entry => entry.tx.txid)
}

function spenderOf({ env }: LedgerParts, output: unknown): Record<string, unknown> {
  const { txid, vout } = record(output)
  const point = { txid: toHash(txid, 'txid'), index: integer([vout], 0, 'vout') }
  if (point.index < 0) throw new RpcError(RPC.invalidParameter, 'Invalid parameter, vout cannot be negative')
  const spender = env.mempool.spender(outPointKey(point))
  return { txid: point.txid, vout: point.index, ...(spender && { spendingtxid: spender.tx.txid }) }
}

function testAccept({ env }: LedgerParts, params: readonly unknown[]): Record<string, unknown>[] {
  const raw = array(params, 0, 'rawtxs')
  if (raw.length < 1 || raw.length > MAX_PACKAGE)
    throw new RpcError(RPC.invalidParameter, `Array must contain between 1 and ${MAX_PACKAGE} transactions.`)
  const maxRateSat = maxFeeRate(params, 1)
  const txs: Tx[] = raw.map((_, i) => decoded(raw, i, txCodec, TX_DECODE_FAILED))
  let isOver = false
  return env.mempool.test(txs).map((outcome, i) => {
    const { txid, wtxid } = txs[i] as Tx
    if (isOver) return { txid, wtxid }
    isOver = outcome instanceof Error
    if (outcome instanceof Error)
      return { txid, wtxid, allowed: false, 'reject-reason': rejectReason(outcome.reason) }
    const { feeSat, vsize } = outcome
    if (tooDear(maxRateSat, feeSat, vsize)) {
      isOver = true
      return { txid, wtxid, allowed: false, 'reject-reason': 'max-fee-exceeded' }
    }
    const rate = Math.trunc((feeSat * 1000) / vsize)
    return {
      txid,
      wtxid,
      allowed: true,
      vsize,
      fees: { base: coins(feeSat), 'effective-feerate': coins(rate), 'effective-includes': [wtxid] },
    }
  })
}
