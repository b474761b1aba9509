// RPC about what one must pay: estimates from how long others waited.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import type { SmartEstimate } from '../fee-estimator.ts'
import type { BucketRange, Estimate, Horizon } from '../fee-stats.ts'
import type { Mempool } from '../mempool.ts'
import type { LedgerParts } from '../parts.ts'
import { coins, given, integer, real, text } from './arguments.ts'

const DEFAULT_THRESHOLD = 0.95

export function feesRpc(parts: () => LedgerParts): RpcTable {
  return {
    estimatesmartfee: {
      params: ['conf_target', 'estimate_mode?'],
      summary: 'The fee rate to be confirmed within so many blocks, by how long others waited of late.',
      handle: params => smartFee(parts().env.mempool, params),
    },
    estimaterawfee: {
      params: ['conf_target', 'threshold?'],
      summary:
        'What each horizon says of it: the last fee rates that were enough, and the first that were not.',
      hidden: true,
      handle: params => rawFee(parts().env.mempool, params),
    },
  }
}

/** Never below what the mempool takes now. */
export function estimateFee(mempool: Mempool, target: number, conservative: boolean): SmartEstimate {
  const { satPerKvb, blocks } = mempool.estimator.estimate(target, conservative)
  return { satPerKvb: satPerKvb && Math.max(satPerKvb, mempool.minFeeSatPerKvb), blocks }
}

function targetOf({ estimator }: Mempool, params: readonly unknown[]): number {
  const target = integer(params, 0, 'conf_target')
  const { maxTarget } = estimator
  if (target < 1 || target > maxTarget)
    throw new RpcError(RPC.invalidParameter, `Invalid conf_target, must be between 1 and ${maxTarget}`)
  return target
}

function smartFee(mempool: Mempool, params: readonly unknown[]): Record<string, unknown> {
  const target = targetOf(mempool, params)
  const mode = (given(params, 1) ? text(params, 1, 'estimate_mode') : 'economical').toLowerCase()
  if (!['unset', 'economical', 'conservative'].includes(mode))
    throw new RpcError(
      RPC.invalidParameter,
      'Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"',
    )
  const { satPerKvb, blocks } = estimateFee(mempool, target, mode === 'conservative')
  return satPerKvb === undefined
    ? { errors: ['Insufficient data or no feerate found'], blocks }
    : { feerate: coins(satPerKvb), blocks }
}

function rawFee(mempool: Mempool, params: readonly unknown[]): Record<string, unknown> {
  const { estimator } = mempool
  const target = targetOf(mempool, params)
  const threshold = real(params, 1, 'threshold', DEFAULT_THRESHOLD)
  if (!(threshold >= 0 && threshold <= 1)) throw new RpcError(RPC.invalidParameter, 'Invalid threshold')
  return Object.fromEntries(
    estimator.horizons.flatMap(stats => {
      const estimate = estimator.estimateRaw(stats, target, threshold)
      return estimate ? [[stats.horizon.name, horizonShape(stats.horizon, estimate)]] : []
    }),
  )
}

function horizonShape(
  { decay, scale }: Horizon,
  { satPerKvb, pass, fail }: Estimate,
): Record<string, unknown> {
  if (satPerKvb === undefined)
    return {
      decay,
      scale,
      fail: rangeShape(fail),
      errors: ['Insufficient data or no feerate found which meets threshold'],
    }
  return {
    feerate: coins(Math.round(satPerKvb)),
    decay,
    scale,
    pass: rangeShape(pass),
    ...(fail.start !== -1 && { fail: rangeShape(fail) }),
  }
}

function rangeShape(range: BucketRange): Record<string, number> {
  const hundredths = (value: number) => Math.round(value * 100) / 100
  return {
    startrange: Math.round(range.start),
    endrange: Math.round(range.end),
    withintarget: hundredths(range.withinTarget),
    totalconfirmed: hundredths(range.totalConfirmed),
    inmempool: hundredths(range.inMempool),
    leftmempool: hundredths(range.leftMempool),
  }
}
