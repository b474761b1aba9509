// Every metric of the network as a whole that is of no system, once. Read from the state at scrape time; nothing is measured twice.
// Nodes export their own under other names (netsplit_node_…, netsplit_chain_… ).

import { faultPhase } from './after-faults.ts'
import type { HostState, NetworkState, NodePhase, NodeState } from './state.ts'

export type Labels = Readonly<Record<string, string | number>>

export interface Reading {
  readonly value: number
  readonly labels?: Labels
  /** `_bucket`, `_sum`, `_count` of a histogram. */
  readonly suffix?: string
}

export interface NetworkMetric {
  readonly name: `netsplit_network_${string}`
  readonly kind: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly read: (state: NetworkState) => readonly Reading[]
}

export const one = (value: number): Reading[] => [{ value }]
export const eachNode = (state: NetworkState, value: (node: NodeState) => number): Reading[] =>
  state.nodes.map(node => ({ labels: { node: node.name }, value: value(node) }))

const PHASES = ['planned', 'starting', 'running', 'paused', 'unreachable', 'stopped', 'failed'] as const
PHASES satisfies readonly NodePhase[]

export const NETWORK_METRICS: readonly NetworkMetric[] = [
  {
    name: 'netsplit_network_start_time_seconds',
    kind: 'gauge',
    help: 'When the network was started, seconds since the Unix epoch.',
    read: state => one(state.startedMs / 1000),
  },
  {
    name: 'netsplit_network_nodes',
    kind: 'gauge',
    help: 'Nodes by phase.',
    read: state =>
      PHASES.map(phase => ({
        labels: { phase },
        value: state.nodes.filter(node => node.phase === phase).length,
      })),
  },
  {
    name: 'netsplit_network_faults_active',
    kind: 'gauge',
    help: 'Faults in force, by kind; 0 for a kind that there was.',
    read: ({ faults }) => {
      const inForce = (kind: string) =>
        faults.filter(fault => fault.kind === kind && fault.toMs === undefined).length
      const kinds = [...new Set(faults.map(fault => fault.kind))]
      return kinds.map(kind => ({ labels: { kind }, value: inForce(kind) }))
    },
  },
  {
    name: 'netsplit_network_faults_total',
    kind: 'counter',
    help: 'Faults so far, by kind.',
    read: state => countBy(state.faults.map(fault => fault.kind)),
  },
  {
    name: 'netsplit_network_fault_phase',
    kind: 'gauge',
    help: '0 before the first fault, 1 while one is in force, 2 after the last one so far.',
    read: state => one(faultPhase(state)),
  },
  {
    name: 'netsplit_network_links_changed',
    kind: 'gauge',
    help: 'Directed links that are not as planned: cut, or worse.',
    read: ({ links }) => {
      const cut = links.filter(link => link.blocked).length
      return [
        { labels: { how: 'cut' }, value: cut },
        { labels: { how: 'worse' }, value: links.length - cut },
      ]
    },
  },
  {
    name: 'netsplit_network_host_clock_offset_seconds',
    kind: 'gauge',
    help: 'How far the clock of the host is ahead of the controller’s; times of its nodes are put right by it. None where the plan has no hosts.',
    read: state => eachClock(state, ({ offsetMs }) => offsetMs),
  },
  {
    name: 'netsplit_network_host_clock_error_seconds',
    kind: 'gauge',
    help: 'How far that offset can be wrong.',
    read: state => eachClock(state, ({ errorMs }) => errorMs),
  },
  {
    name: 'netsplit_network_node_info',
    kind: 'gauge',
    help: 'Always 1; the labels say where the node belongs.',
    read: ({ nodes }) =>
      nodes.map(({ name, group, region, host }) => ({
        labels: { node: name, group, region: region ?? 'none', ...(host !== undefined && { host }) },
        value: 1,
      })),
  },
  {
    name: 'netsplit_network_node_side',
    kind: 'gauge',
    help: 'Side of the partitions in force that the node is on, from 1; 0 while nothing splits the network.',
    read: state => eachNode(state, node => (node.side === undefined ? 0 : node.side + 1)),
  },
  {
    name: 'netsplit_network_node_up',
    kind: 'gauge',
    help: '1 while the node runs.',
    read: state => eachNode(state, node => (node.phase === 'running' ? 1 : 0)),
  },
]

function eachClock(
  { hosts = [] }: NetworkState,
  read: (clock: NonNullable<HostState['clock']>) => number,
): Reading[] {
  return hosts.flatMap(({ name, clock }) =>
    clock ? [{ labels: { host: name }, value: read(clock) / 1000 }] : [],
  )
}

function countBy(kinds: readonly string[]): Reading[] {
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, value]) => ({ labels: { kind }, value }))
}
