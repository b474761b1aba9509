// When a network stands: all nodes run, and no system lacks anything. And what is said when it does not come to that.

import { EXIT, UserError } from '../errors.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan } from '../spec/types.ts'
import { nodesOf, systemsOf } from '../systems/present.ts'
import { lacksPeers, type StandingNode } from '../systems/standing.ts'

/** What keeps the network from standing: the first node that lacks something. */
export function obstacle(
  plan: Plan,
  nodes: readonly StandingNode[],
  state: () => NetworkState,
): string | undefined {
  const down = nodes.find(({ running }) => !running)
  if (down) return `${down.name} does not run`
  for (const system of systemsOf(plan)) {
    const why = system.lacks(plan, nodesOf(system, nodes), state)
    if (why !== undefined) return why
  }
  return undefined
}

/** All run and have the peers that they want; they may still differ. */
export function haveMet(plan: Plan, nodes: readonly StandingNode[]): boolean {
  return nodes.every(({ running }) => running) && lacksPeers(plan, nodes) === undefined
}

/** Nodes that have met may differ for so long, by chance and at the worst. */
export function agreeingMs(plan: Plan): number {
  return Math.max(0, ...systemsOf(plan).map(system => system.differMs?.(plan) ?? 0))
}

/** The nodes have come to what each system comes to when nothing is asked of it any more. */
export function agreed(plan: Plan, nodes: readonly StandingNode[], state: () => NetworkState): boolean {
  return systemsOf(plan).every(system => system.agreed(nodesOf(system, nodes), state))
}

export function doesNotStand(plan: Plan, timeoutMs: number, why: string): UserError {
  const message = `the network does not stand after ${Math.round(timeoutMs / 1000)} s: ${why}`
  for (const system of systemsOf(plan)) {
    const known = system.doesNotStand?.(plan, message)
    if (known) return known
  }
  return new UserError(EXIT.failure, message)
}
