// Every metric of the network as a whole, once. Read from the state at scrape time; nothing is measured twice.
// Nodes export their own under other names (netsplit_node_…, netsplit_chain_… ).

import { convergence, faultPhase } from './after-faults.ts'
import { firstSeenShares, propagationByRegion } from './regions.ts'
import type { NetworkState, NodePhase, NodeState } from './state.ts'
import { tipGroups } from './tips.ts'

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

const one = (value: number): Reading[] => [{ value }]
const seconds = (ms: number | undefined) => (ms === undefined ? Number.NaN : ms / 1000)
const eachNode = (state: NetworkState, value: (node: NodeState) => number): Reading[] =>
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
    name: 'netsplit_network_height_blocks',
    kind: 'gauge',
    help: 'Height of the tip with the most work.',
    read: state => one(state.height),
  },
  {
    name: 'netsplit_network_tips',
    kind: 'gauge',
    help: 'Distinct tips among running nodes; 1 when they agree.',
    read: state => one(state.tips),
  },
  {
    name: 'netsplit_network_converged',
    kind: 'gauge',
    help: '1 when all running nodes stand on one tip.',
    read: state => one(state.converged ? 1 : 0),
  },
  {
    name: 'netsplit_network_blocks_total',
    kind: 'counter',
    help: 'Distinct blocks seen above genesis.',
    read: state => one(state.totals.blocks),
  },
  {
    name: 'netsplit_network_stale_blocks',
    kind: 'gauge',
    help: 'Blocks beside the best chain; a reorganisation can lower it.',
    read: state => one(state.totals.staleBlocks),
  },
  {
    name: 'netsplit_network_reorgs_total',
    kind: 'counter',
    help: 'Reorganisations, counted at each node.',
    read: state => one(state.totals.reorgs),
  },
  {
    name: 'netsplit_network_reorg_depth_max_blocks',
    kind: 'gauge',
    help: 'Deepest reorganisation so far.',
    read: state => one(state.totals.reorgMaxDepth),
  },
  {
    name: 'netsplit_network_asked_hashes_per_second',
    kind: 'gauge',
    help: 'Hash rate that the plan gives the running miners.',
    read: state => one(state.hashRate.askedHps),
  },
  {
    name: 'netsplit_network_measured_hashes_per_second',
    kind: 'gauge',
    help: 'Hash rate that the running miners report.',
    read: state => one(state.hashRate.measuredHps),
  },
  {
    name: 'netsplit_network_block_propagation_seconds',
    kind: 'histogram',
    help: 'From the first sign of a block to the whole block, at each node but its miner.',
    read: ({ propagationHistogram: { buckets, count, sumMs } }) => [
      ...buckets.map(({ leMs, count }) => ({ suffix: '_bucket', labels: { le: leMs / 1000 }, value: count })),
      { suffix: '_bucket', labels: { le: '+Inf' }, value: count },
      { suffix: '_sum', value: sumMs / 1000 },
      { suffix: '_count', value: count },
    ],
  },
  {
    name: 'netsplit_network_block_propagation_quantile_seconds',
    kind: 'gauge',
    help: 'The time within which this share of the same deliveries was made, over the run (nearest rank).',
    read: ({ propagation: { p50Ms, p90Ms, p99Ms, allMs } }) => [
      { labels: { share: '0.5' }, value: seconds(p50Ms) },
      { labels: { share: '0.9' }, value: seconds(p90Ms) },
      { labels: { share: '0.99' }, value: seconds(p99Ms) },
      { labels: { share: '1' }, value: seconds(allMs) },
    ],
  },
  {
    name: 'netsplit_network_region_propagation_seconds',
    kind: 'gauge',
    help: 'Half of the deliveries of the last blocks to nodes of the region took at most this long; none where the plan has no regions.',
    read: state =>
      propagationByRegion(state).map(({ region, p50Ms }) => ({
        labels: { region: region ?? 'none' },
        value: seconds(p50Ms),
      })),
  },
  {
    name: 'netsplit_network_node_first_seen_ratio',
    kind: 'gauge',
    help: 'Share of the last blocks of others that this node heard of before all others.',
    read: state => firstSeenShares(state).map(({ node, share }) => ({ labels: { node }, value: share })),
  },
  {
    name: 'netsplit_network_apart_arrivals_total',
    kind: 'counter',
    help: 'Deliveries that a partition or a pause stood between; they are no propagation.',
    read: state => one(state.apartArrivals),
  },
  {
    name: 'netsplit_network_block_interval_seconds',
    kind: 'histogram',
    help: 'Time between neighbours on the best chain, first sign to first sign.',
    read: ({ intervals: { binMs, counts, count, sumMs } }) => {
      let upTo = 0
      const buckets = counts.slice(0, -1).map((inBin, i): Reading => {
        upTo += inBin
        return { suffix: '_bucket', labels: { le: ((i + 1) * binMs) / 1000 }, value: upTo }
      })
      return [
        ...buckets,
        { suffix: '_bucket', labels: { le: '+Inf' }, value: count },
        { suffix: '_sum', value: sumMs / 1000 },
        { suffix: '_count', value: count },
      ]
    },
  },
  {
    name: 'netsplit_network_block_interval_planned_seconds',
    kind: 'gauge',
    help: 'Time between blocks that the plan wants.',
    read: state => one(state.blockIntervalMs / 1000),
  },
  {
    name: 'netsplit_network_last_block_timestamp_seconds',
    kind: 'gauge',
    help: 'First sign of the newest block, or the start of the network before there is one.',
    read: ({ blocks, startedMs }) =>
      one(Math.max(startedMs, ...blocks.map(block => block.firstSeenMs)) / 1000),
  },
  {
    name: 'netsplit_network_transactions_sent_total',
    kind: 'counter',
    help: 'Transactions that the load sent.',
    read: state => one(state.totals.transactionsSent),
  },
  {
    name: 'netsplit_network_transactions_failed_total',
    kind: 'counter',
    help: 'Transactions that the load could not send.',
    read: state => one(state.totals.transactionsFailed),
  },
  {
    name: 'netsplit_network_transactions_confirmed',
    kind: 'gauge',
    help: 'Transactions on the best chain, coinbases not counted; a reorganisation can lower it.',
    read: state => one(state.totals.transactionsConfirmed),
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
    name: 'netsplit_network_convergence_seconds',
    kind: 'gauge',
    help: 'From the end of the last fault until all running nodes stood on one tip; none while they do not yet.',
    read: state => {
      const ms = convergence(state)
      return ms === undefined ? [] : one(ms / 1000)
    },
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
    name: 'netsplit_network_node_info',
    kind: 'gauge',
    help: 'Always 1; the labels say where the node belongs.',
    read: ({ nodes }) =>
      nodes.map(({ name, group, region }) => ({
        labels: { node: name, group, region: region ?? 'none' },
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
    name: 'netsplit_network_node_asked_hashes_per_second',
    kind: 'gauge',
    help: 'Hash rate that the plan gives the node.',
    read: state => eachNode(state, node => node.askedHps),
  },
  {
    name: 'netsplit_network_node_blocks_mined_total',
    kind: 'counter',
    help: 'Blocks that the node found, stale ones counted.',
    read: state => eachNode(state, node => node.blocksMined),
  },
  {
    name: 'netsplit_network_node_reorgs_total',
    kind: 'counter',
    help: 'Times the node left its chain for another.',
    read: state => eachNode(state, node => node.reorgs),
  },
  {
    name: 'netsplit_network_node_up',
    kind: 'gauge',
    help: '1 while the node runs.',
    read: state => eachNode(state, node => (node.phase === 'running' ? 1 : 0)),
  },
  {
    name: 'netsplit_network_node_height_blocks',
    kind: 'gauge',
    help: "Height of the node's tip.",
    read: state => eachNode(state, node => node.height),
  },
  {
    name: 'netsplit_network_node_tip_group',
    kind: 'gauge',
    help: '1 for nodes on the most common tip, 2 for the next, and so on; 0 while down.',
    read: state => {
      const groups = tipGroups(state.nodes)
      return eachNode(state, node => (node.phase === 'running' && groups.get(node.tip)) || 0)
    },
  },
]

function countBy(kinds: readonly string[]): Reading[] {
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, value]) => ({ labels: { kind }, value }))
}
