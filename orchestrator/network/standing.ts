// When a network stands: every node has its wanted peers, and all have one chain. And what is said when it does not come to that.

import { EXIT, UserError } from '../errors.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import { blocksApart, oneTip } from '../systems/ledger/one-tip.ts'
import { allowedDepth, carriageOf, isBeyond, Overloaded, thinnestBps, wayMs } from '../systems/ledger/way.ts'

/** What is looked at of a node. */
interface Standing {
  readonly planned: PlannedNode
  readonly name: string
  readonly running: boolean
  readonly tip: string | undefined
  readonly peers: number
}

/** What keeps the network from standing: the first node that lacks something. */
export function obstacle(
  plan: Plan,
  nodes: readonly Standing[],
  state: () => NetworkState,
): string | undefined {
  for (const { name, peers, running } of nodes) {
    const wanted = plan.topology.wantedPeers[name] ?? 0
    if (!running) return `${name} does not run`
    if (peers < wanted) return `${name} has ${peers} of ${wanted} peers`
  }
  return oneTip(nodes) || trunkStands(plan, state) ? undefined : 'the nodes do not agree on a tip'
}

/** Where blocks come about as fast as they travel, all are hardly ever on one tip: one chain but for its last blocks is enough. */
function trunkStands(plan: Plan, state: () => NetworkState): boolean {
  if (2 * wayMs(plan) < plan.chain.blockIntervalMs) return false
  const apart = blocksApart(state())
  return apart !== undefined && apart <= allowedDepth(plan)
}

export function doesNotStand(plan: Plan, timeoutMs: number, why: string): UserError {
  const message = `the network does not stand after ${timeoutMs / 1000} s: ${why}`
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
