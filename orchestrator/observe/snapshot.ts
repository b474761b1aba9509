// The beginning of what the observer keeps of a run, and the state that is made of it: an immutable snapshot for screens and checks.

import type { Plan, PlannedNode } from '../spec/types.ts'
import { SYSTEMS } from '../systems/all.ts'
import { systemsOf } from '../systems/present.ts'
import type { SystemNodes, SystemStates } from '../systems/states.ts'
import type { System } from '../systems/system.ts'
import { noConnections } from './connections.ts'
import { withEffects } from './did.ts'
import type { Folded, Working } from './folded.ts'
import { plannedHosts } from './host-clocks.ts'
import type { NodeAdded } from './observation.ts'
import { listed, noSplit } from './split.ts'
import type { NetworkState, NodeState } from './state.ts'

export function initial(plan: Plan, runtime: string, startedMs: number): Folded {
  return {
    plan,
    runtime,
    startedMs,
    phase: 'starting',
    nodes: plan.nodes.map(node => newNode(node.name, node)),
    hosts: plannedHosts(plan),
    places: new Map(plan.nodes.map(({ name }, i) => [name, i])),
    connections: noConnections(),
    split: noSplit(plan),
    faults: [],
    log: [],
    runs: systemsOf(plan).map(({ name }) => name),
    systems: bySystem(({ observation }) => observation.initial(plan)),
  }
}

/** A node that has done nothing yet. */
export function newNode(name: string, node: PlannedNode | NodeAdded): NodeState {
  return {
    name,
    group: node.group,
    ...(node.client && { client: typeof node.client === 'string' ? node.client : node.client.name }),
    region: node.region,
    ...(node.host !== undefined && { host: node.host }),
    access: node.access,
    plannedAccess: node.access,
    phase: 'planned',
    p2p: undefined,
    control: undefined,
    pid: undefined,
    upSinceMs: undefined,
    peers: 0,
    peerNames: [],
    strangers: [],
    side: undefined,
    rssBytes: 0,
    groupBytes: undefined,
    exit: undefined,
    systems: bySystem(({ observation }) => observation.node(node)) as unknown as SystemNodes,
  }
}

export function working(state: Folded): Working {
  return { ...state, systems: bySystem(({ name, observation }) => observation.working(state.systems[name])) }
}

export function snapshot(state: Folded, nowMs: number): NetworkState {
  const { plan } = state
  const systems = bySystem(({ name, observation }) => observation.snapshot(state.systems[name], state))
  return {
    network: plan.network,
    runtime: state.runtime,
    seed: plan.seed,
    startedMs: state.startedMs,
    nowMs,
    phase: state.phase,
    nodes: state.nodes,
    ...(state.hosts.length > 0 && { hosts: state.hosts }),
    faults: withEffects(state, systems),
    links: listed(state.split),
    log: state.log,
    runs: state.runs,
    systems: systems as unknown as SystemStates,
  }
}

function bySystem<Part>(part: (system: System) => Part): { readonly [system: string]: Part } {
  return Object.fromEntries(SYSTEMS.map(system => [system.name, part(system)]))
}
