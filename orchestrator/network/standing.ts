// When a network stands: all nodes run, and no system lacks anything. And what is said when it does not come to that.

import { EXIT, UserError } from '../errors.ts'
import { formatDuration } from '../format.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan } from '../spec/types.ts'
import { nodesOf, systemsOf } from '../systems/present.ts'
import { lacksPeers, type StandingNode } from '../systems/standing.ts'
import { meetingMs } from './patience.ts'

/** For the peers to find each other and to agree, once all run; grows with the size of the network. */
const STANDING_TIMEOUT_MS = 30_000
const STANDING_TIMEOUT_PER_NODE_MS = 500

/** A network that is being launched. */
interface Launched {
  readonly plan: Plan
  nodes(): readonly StandingNode[]
  state(): NetworkState
  nowMs(): number
  /** As the testnet's. */
  until(done: () => boolean, timeoutMs: number): Promise<boolean>
  note(message: string): void
}

/** Resolves when no system lacks anything; rejects when that takes too long. */
export async function untilItStands({ plan, nodes, state, nowMs, until, note }: Launched): Promise<void> {
  const startedMs = nowMs()
  const lacking = () => obstacle(plan, nodes(), state)
  const usualMs = STANDING_TIMEOUT_MS + STANDING_TIMEOUT_PER_NODE_MS * plan.nodes.length
  await until(() => lacking() === undefined, usualMs + meetingMs(plan))
  // All are there: what they still differ in ends by itself.
  const differing = () => lacking() !== undefined && haveMet(plan, nodes())
  const differMs = agreeingMs(plan)
  if (differing() && differMs > 0) {
    note(`all peers are there, and ${lacking()} yet: chance ends that in ${formatDuration(differMs)} at most`)
    await until(() => !differing(), differMs)
  }
  const why = lacking()
  if (why !== undefined) throw doesNotStand(plan, nowMs() - startedMs, why)
}

/** What keeps the network from standing: the first node that lacks something. */
function obstacle(plan: Plan, nodes: readonly StandingNode[], state: () => NetworkState): string | undefined {
  const down = nodes.find(({ running }) => !running)
  if (down) return `${down.name} does not run`
  for (const system of systemsOf(plan)) {
    const why = system.lacks(plan, nodesOf(system, nodes), state)
    if (why !== undefined) return why
  }
  return undefined
}

/** All run and have the peers that they want; they may still differ. */
function haveMet(plan: Plan, nodes: readonly StandingNode[]): boolean {
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

function doesNotStand(plan: Plan, timeoutMs: number, why: string): UserError {
  const message = `the network does not stand after ${Math.round(timeoutMs / 1000)} s: ${why}`
  for (const system of systemsOf(plan)) {
    const known = system.doesNotStand?.(plan, message)
    if (known) return known
  }
  return new UserError(EXIT.failure, message)
}
