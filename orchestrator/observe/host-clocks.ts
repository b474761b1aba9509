// Hosts of a network as the observer knows them: their clocks, and how far two nodes' times can be wrong beside each other.

import type { Plan } from '../spec/types.ts'
import type { Folded } from './folded.ts'
import type { HostState, NodeState } from './state.ts'

export function plannedHosts({ hosts = [] }: Plan): HostState[] {
  return hosts.map(({ name, labels }) => ({ name, labels }))
}

export function withClock(
  hosts: readonly HostState[],
  { host, offsetMs, errorMs }: { readonly host: string; readonly offsetMs: number; readonly errorMs: number },
): readonly HostState[] {
  return hosts.map(each => (each.name === host ? { ...each, clock: { offsetMs, errorMs } } : each))
}

/** How far the time between something at one node and something at another can be wrong. */
export type ErrorBetween = (a: string | undefined, b: string | undefined) => number

/** Undefined where all clocks are one, or nothing is known of them. */
export function errorsOf({
  hosts,
  nodes,
  places,
}: Pick<Folded, 'hosts' | 'nodes' | 'places'>): ErrorBetween | undefined {
  if (!hosts.some(({ clock }) => clock)) return undefined
  const hostOf = (name: string | undefined) =>
    (nodes as readonly NodeState[])[places.get(name ?? '') ?? -1]?.host
  const errorOf = (host: string | undefined) => hosts.find(({ name }) => name === host)?.clock?.errorMs ?? 0
  return (a, b) => {
    const [one, other] = [hostOf(a), hostOf(b)]
    return one === other ? 0 : errorOf(one) + errorOf(other)
  }
}
