// Swarms of Docker engines as their engines tell of them, and what it takes to make one of some hosts. Pure. Of Swarm only the
// network is used: an overlay that any engine of one swarm may attach containers to.

import { EXIT, UserError } from '../../errors.ts'

/** What an engine says of its place in a swarm. */
export interface SwarmState {
  /** `inactive`: in none. */
  readonly state: 'inactive' | 'pending' | 'active' | 'error' | 'locked'
  readonly manager: boolean
  /** Its own, as the swarm knows it. */
  readonly node: string
  readonly address: string
  /** Who manages it: nodes, and where they listen. */
  readonly managers: readonly { readonly node: string; readonly address: string }[]
  /** Only managers know it. */
  readonly id: string | undefined
  readonly trouble: string | undefined
}

interface Told {
  readonly LocalNodeState?: string
  readonly ControlAvailable?: boolean
  readonly NodeID?: string
  readonly NodeAddr?: string
  readonly RemoteManagers?: readonly { readonly NodeID: string; readonly Addr: string }[] | null
  readonly Cluster?: { readonly ID?: string } | null
  readonly Error?: string
}

const STATES: readonly string[] = ['inactive', 'pending', 'active', 'error', 'locked']

/** Of `Swarm` in an engine's /info; an engine that has no such thing (podman) is in none. */
export function swarmState(told: unknown): SwarmState {
  const said = (told ?? {}) as Told
  const state = said.LocalNodeState ?? ''
  return {
    state: (STATES.includes(state) ? state : 'inactive') as SwarmState['state'],
    manager: said.ControlAvailable === true,
    node: said.NodeID ?? '',
    address: said.NodeAddr ?? '',
    managers: (said.RemoteManagers ?? []).map(({ NodeID, Addr }) => ({ node: NodeID, address: Addr })),
    id: said.Cluster?.ID || undefined,
    trouble: said.Error || undefined,
  }
}

/** What a host is in its swarm, in a word. */
export type SwarmRole = 'none' | 'worker' | 'manager' | 'not well'

export function roleOf({ state, manager }: Pick<SwarmState, 'state' | 'manager'>): SwarmRole {
  if (state === 'inactive') return 'none'
  if (state !== 'active') return 'not well'
  return manager ? 'manager' : 'worker'
}

/** Why an engine can be in no swarm with an overlay; undefined: it can. What forgets the labels of volumes is podman. */
export function whyNoSwarm(facts: {
  readonly rootless: boolean
  readonly labelsVolumes: boolean
}): string | undefined {
  if (!facts.labelsVolumes) return 'is podman, which forms no swarms'
  return facts.rootless ? 'has an engine that is rootless, and so no overlays' : undefined
}

/** A host by its name, and what its engine says. */
export interface Member {
  readonly name: string
  readonly swarm: SwarmState
}

/** Hosts that are in one swarm: they have a manager in common. Worker and manager alike know who manages. */
export function swarmsOf<M extends Member>(members: readonly M[]): M[][] {
  let swarms: M[][] = []
  for (const member of members) {
    if (member.swarm.state !== 'active') continue
    const known = new Set(managersOf(member))
    const alike = swarms.filter(swarm => swarm.some(other => managersOf(other).some(node => known.has(node))))
    swarms = [...swarms.filter(swarm => !alike.includes(swarm)), [...alike.flat(), member]]
  }
  return swarms
}

function managersOf({ swarm: { manager, node, managers } }: Member): string[] {
  return [...managers.map(each => each.node), ...(manager ? [node] : [])]
}

/** What makes one swarm of the hosts. */
export type JoinPlan<M extends Member> =
  /** They are one, whoever made it. */
  | { readonly kind: 'whole' }
  /** `manager` says how the others get in; with `init` it begins the swarm. */
  | { readonly kind: 'join'; readonly manager: M; readonly init: boolean; readonly join: readonly M[] }

/** UserError (exit 4) where there can be no one swarm. */
export function planJoin<M extends Member>(members: readonly M[]): JoinPlan<M> {
  const sick = members.find(({ swarm }) => swarm.state !== 'active' && swarm.state !== 'inactive')
  if (sick) throw notWell(sick)
  const [swarm, another] = swarmsOf(members)
  if (swarm && another) throw twoSwarms(swarm, another)
  const outside = members.filter(member => member.swarm.state === 'inactive')
  if (outside.length === 0) return { kind: 'whole' }
  if (!swarm) {
    const [manager, ...join] = outside
    return { kind: 'join', manager: manager as M, init: true, join }
  }
  const manager = swarm.find(member => member.swarm.manager)
  if (manager) return { kind: 'join', manager, init: false, join: outside }
  throw new UserError(
    EXIT.environment,
    `${some(swarm)} ${swarm.length === 1 ? 'is' : 'are'} in a swarm that none of these hosts manages (${where(swarm)} does), and ${some(outside)} ${outside.length === 1 ? 'is' : 'are'} in none`,
    `add the host that manages it, or join by its own command: docker swarm join-token worker, there`,
  )
}

function notWell({ name, swarm: { state, trouble } }: Member): UserError {
  const why = trouble === undefined ? '' : `: ${trouble}`
  if (state === 'locked')
    return new UserError(EXIT.environment, `${name}: its swarm is locked`, `docker swarm unlock, on ${name}`)
  return new UserError(
    EXIT.environment,
    `${name} is in a swarm and not well there (${state}${why})`,
    `docker swarm leave --force on ${name}, or wait until it has found its way`,
  )
}

/** Two that are not one, each by who is in it and who manages it. */
export function twoSwarms(one: readonly Member[], other: readonly Member[]): UserError {
  const told = (swarm: readonly Member[]) => `that of ${where(swarm)} (${some(swarm)})`
  return new UserError(
    EXIT.environment,
    `the hosts are in different swarms, ${told(one)} and ${told(other)}: a network spans one`,
    `docker swarm leave, on ${some(other.length <= one.length ? other : one)}; or leave those hosts out`,
  )
}

/** Where its managers listen. */
export function where(swarm: readonly Member[]): string {
  const addresses = swarm.flatMap(({ swarm: { managers } }) => managers.map(({ address }) => address))
  return [...new Set(addresses)].sort().join(', ') || 'an unknown manager'
}

function some(members: readonly Member[]): string {
  return members.map(({ name }) => name).join(', ')
}
