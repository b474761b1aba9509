// When a network stands although its nodes are not on one tip, and what is said when it does not stand at all. Pure.

import { EXIT, UserError } from './errors.ts'
import type { NetworkState } from './observe/state.ts'
import { blocksApart } from './one-tip.ts'
import type { Plan } from './spec/types.ts'
import { allowedDepth, carriageOf, isBeyond, Overloaded, thinnestBps, wayMs } from './way.ts'

/** Where blocks come about as fast as they travel, all are hardly ever on one tip: one chain but for its last blocks is enough. */
export function trunkStands(plan: Plan, state: NetworkState): boolean {
  if (2 * wayMs(plan) < plan.chain.blockIntervalMs) return false
  const apart = blocksApart(state)
  return apart !== undefined && apart <= allowedDepth(plan)
}

export function doesNotStand(plan: Plan, timeoutMs: number, obstacle: string): UserError {
  const message = `the network does not stand after ${timeoutMs / 1000} s: ${obstacle}`
  const blocksPerSecond = 1000 / plan.chain.blockIntervalMs
  const freight = { blocksPerSecond, blockBytes: plan.blockBytes, missingBlocks: 0, hops: 1, withinMs: 1 }
  const carriage = carriageOf(freight, thinnestBps(plan))
  return isBeyond(carriage) ? new Overloaded(message, carriage) : new UserError(EXIT.failure, message)
}
