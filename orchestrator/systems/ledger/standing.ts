// When a ledger stands: all nodes have one chain. And what is said when it does not come to that.

import { EXIT, UserError } from '../../errors.ts'
import { isBeyond, Overloaded } from '../../network/carriage.ts'
import type { NetworkState } from '../../observe/state.ts'
import type { Plan } from '../../spec/types.ts'
import { lacksPeers, type StandingNode } from '../standing.ts'
import { blocksApart, oneTip } from './one-tip.ts'
import { allowedDepth, carriageOf, thinnestBps, wayMs } from './way.ts'

export function lacks(
  plan: Plan,
  nodes: readonly StandingNode[],
  state: () => NetworkState,
): string | undefined {
  const lonely = lacksPeers(plan, nodes)
  if (lonely !== undefined) return lonely
  return oneTip(nodes) || trunkStands(plan, state) ? undefined : 'the nodes do not agree on a tip'
}

/** Where blocks come about as fast as they travel, all are hardly ever on one tip: one chain but for its last blocks is enough. */
function trunkStands(plan: Plan, state: () => NetworkState): boolean {
  if (2 * wayMs(plan) < plan.chain.blockIntervalMs) return false
  const apart = blocksApart(state())
  return apart !== undefined && apart <= allowedDepth(plan)
}

/**
 * A tie lasts until a block is found alone: no other within the way Δ that blocks travel, neither before it nor after. With
 * blocks at random, one each T, and 2Δ < T (else the trunk is enough), that takes longer than 30 T + 70 Δ less than once in 10⁹
 * times: Chernoff's bound, which the test of this figure works out.
 */
const INTERVALS = 30
const TRAVELS = 70

export function differMs(plan: Plan): number {
  const { blockIntervalMs } = plan.chain
  const travelMs = wayMs(plan)
  return 2 * travelMs < blockIntervalMs ? INTERVALS * blockIntervalMs + TRAVELS * travelMs : 0
}

/** The lines may not carry what the network makes. */
export function doesNotStand(plan: Plan, message: string): UserError {
  const freight = {
    blocksPerSecond: 1000 / plan.chain.blockIntervalMs,
    blockBytes: plan.blockBytes,
    missingBlocks: 0,
    hops: 1,
    withinMs: 1,
  }
  const carriage = carriageOf(freight, thinnestBps(plan))
  return isBeyond(carriage) ? new Overloaded(message, carriage) : new UserError(EXIT.failure, message)
}
