// RPC about the mempool: what is in it, who hangs on whom, and what counts for more than it pays.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { outPointKey } from '../chain/tx.ts'
import type { MempoolEntry } from '../mempool.ts'
import { inOrder, reach } from '../packages.ts'
import type { LedgerParts } from '../parts.ts'
import { hasDust } from '../policy.ts'
import { array, coins, flag, hash, integer, real, record, toHash, wrongField } from './arguments.ts'
import { entriesShape, entryShape, txidsOf } from './mempool-shapes.ts'

export function mempoolRpc(parts: () => LedgerParts): RpcTable {
  const entryOf = (params: readonly unknown[]): MempoolEntry => {
    const entry = parts().env.mempool.get(hash(params, 0, 'txid'))
    if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Transaction not in mempool')
    return entry
  }
  const unbroadcast = () => parts().transactions.unbroadcast
  const family = (params: readonly unknown[], relation: 'parents' | 'children') => {
    const entry = entryOf(params)
    const others = inOrder(reach([entry], relation)).filter(member => member !== entry)
    return flag(params, 1, false) ? entriesShape(others, unbroadcast()) : txidsOf(others)
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
        if (verbose) return entriesShape(mempool.entries(), unbroadcast())
        const txids = txidsOf(mempool.entries())
        return sequence ? { txids, mempool_sequence: mempool.sequence } : txids
      },
    },
    getmempoolentry: {
      params: ['txid'],
      summary: 'All about one transaction of the mempool.',
      handle: params => entryShape(entryOf(params), unbroadcast()),
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
      handle: params => {
        const outputs = array(params, 0, 'outputs')
        if (outputs.length === 0)
          throw new RpcError(RPC.invalidParameter, 'Invalid parameter, outputs are missing')
        return outputs.map(output => spenderOf(parts(), output))
      },
    },
    prioritisetransaction: {
      params: ['txid', 'dummy?', 'fee_delta'],
      summary:
        'Has a transaction, here or not, count for so many satoshi more where blocks are made, or less.',
      handle: params => {
        const txid = hash(params, 0, 'txid')
        const deltaSat = integer(params, 2, 'fee_delta')
        if (real(params, 1, 'dummy', 0) !== 0)
          throw new RpcError(
            RPC.invalidParameter,
            'Priority is no longer supported, dummy argument to prioritisetransaction must be 0.',
          )
        const { mempool } = parts().env
        const entry = mempool.get(txid)
        if (entry && hasDust(entry.tx, mempool.policy))
          throw new RpcError(
            RPC.invalidParameter,
            'Priority is not supported for transactions with dust outputs.',
          )
        mempool.prioritise(txid, deltaSat)
        return true
      },
    },
    savemempool: {
      params: [],
      summary:
        'Keeps the mempool for the node’s next life, as its orderly end does: by that name in its own store.',
      differs: 'no file; the name of a record',
      handle: () => ({ filename: parts().mempoolStore.save() }),
    },
    getprioritisedtransactions: {
      params: [],
      summary: 'What transactions count for beyond what they pay, by order of prioritisetransaction.',
      handle: () => prioritised(parts()),
    },
  }
}

function mempoolInfo({ env, transactions }: LedgerParts): Record<string, unknown> {
  const { mempool } = env
  const { policy } = mempool
  return {
    loaded: true,
    size: mempool.size,
    bytes: mempool.bytes,
    usage: mempool.usageBytes,
    total_fee: coins(mempool.feesSat),
    maxmempool: policy.maxMempoolBytes,
    mempoolminfee: coins(mempool.minFeeSatPerKvb),
    minrelaytxfee: coins(policy.minRelaySatPerKvb),
    incrementalrelayfee: coins(policy.incrementalSatPerKvb),
    unbroadcastcount: transactions.unbroadcast.size,
    fullrbf: policy.fullRbf,
  }
}

function prioritised({ env }: LedgerParts): Record<string, unknown> {
  const { mempool } = env
  return Object.fromEntries(
    Array.from(mempool.deltas(), ([txid, deltaSat]) => {
      const entry = mempool.get(txid)
      const modified = entry && { modified_fee: entry.own.feeSat }
      return [txid, { fee_delta: deltaSat, in_mempool: entry !== undefined, ...modified }]
    }),
  )
}

function spenderOf({ env }: LedgerParts, output: unknown): Record<string, unknown> {
  const { txid, vout, ...others } = record(output)
  checkField('txid', txid, 'string')
  checkField('vout', vout, 'number')
  const [other] = Object.keys(others)
  if (other !== undefined) throw new RpcError(RPC.typeError, `Unexpected key ${other}`)
  const point = { txid: toHash(txid, 'txid'), index: integer([vout], 0, 'vout') }
  if (point.index < 0) throw new RpcError(RPC.invalidParameter, 'Invalid parameter, vout cannot be negative')
  const spender = env.mempool.spender(outPointKey(point))
  return { txid: point.txid, vout: point.index, ...(spender && { spendingtxid: spender.tx.txid }) }
}

function checkField(name: string, value: unknown, wanted: 'string' | 'number'): void {
  if (value === undefined) throw new RpcError(RPC.typeError, `Missing ${name}`)
  if (typeof value !== wanted) throw wrongField(name, value, wanted)
}
