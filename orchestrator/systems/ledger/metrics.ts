// Every metric of the network's ledger as a whole, once. Read from the state at scrape time.

import type { DeploymentState } from '../../../node/api.ts'
import { eachNode, type NetworkMetric, one, type Reading } from '../../observe/metrics.ts'
import type { NetworkState } from '../../observe/state.ts'
import { convergence } from './observe/convergence.ts'
import { propagationByHost } from './observe/hosts.ts'
import { expectedBlocks } from './observe/power.ts'
import { firstSeenShares, propagationByRegion } from './observe/regions.ts'
import { tipGroups } from './observe/tips.ts'

const seconds = (ms: number | undefined) => (ms === undefined ? Number.NaN : ms / 1000)

const STATES: readonly DeploymentState[] = [
  'defined',
  'started',
  'must_signal',
  'locked_in',
  'active',
  'failed',
]

export const LEDGER_METRICS: readonly NetworkMetric[] = [
  {
    name: 'netsplit_network_height_blocks',
    kind: 'gauge',
    help: 'Height of the tip with the most work.',
    read: state => one(state.systems.ledger.height),
  },
  {
    name: 'netsplit_network_tips',
    kind: 'gauge',
    help: 'Distinct tips among running nodes; 1 when they agree.',
    read: state => one(state.systems.ledger.tips),
  },
  {
    name: 'netsplit_network_converged',
    kind: 'gauge',
    help: '1 when all running nodes stand on one tip, and none refuses a chain with more work.',
    read: state => one(state.systems.ledger.converged ? 1 : 0),
  },
  {
    name: 'netsplit_network_refusing_nodes',
    kind: 'gauge',
    help: 'Running nodes that refuse a chain with more work than theirs.',
    read: state => one(state.systems.ledger.refusing),
  },
  {
    name: 'netsplit_network_deployment_state',
    kind: 'gauge',
    help: 'The state of a deployment: 1 at that which it is in.',
    read: ({ systems: { ledger } }) =>
      ledger.deployments.flatMap(({ name, state }) =>
        STATES.map(each => ({ labels: { deployment: name, state: each }, value: each === state ? 1 : 0 })),
      ),
  },
  {
    name: 'netsplit_network_deployment_signal_share',
    kind: 'gauge',
    help: 'Share of the hash power that runs whose blocks signal the deployment.',
    read: ({ systems: { ledger } }) =>
      ledger.deployments.map(({ name, signalShare }) => ({
        labels: { deployment: name },
        value: signalShare,
      })),
  },
  {
    name: 'netsplit_network_deployment_signals_blocks',
    kind: 'gauge',
    help: 'Blocks of the present period that signal the deployment.',
    read: ({ systems: { ledger } }) =>
      ledger.deployments.map(({ name, count }) => ({ labels: { deployment: name }, value: count })),
  },
  {
    name: 'netsplit_network_deployment_refused_blocks_total',
    kind: 'counter',
    help: 'Blocks that nodes refused for the rule of the deployment.',
    read: ({ systems: { ledger } }) =>
      ledger.deployments.map(({ name, refusedBlocks }) => ({
        labels: { deployment: name },
        value: refusedBlocks,
      })),
  },
  {
    name: 'netsplit_network_blocks_total',
    kind: 'counter',
    help: 'Distinct blocks seen above genesis.',
    read: state => one(state.systems.ledger.totals.blocks),
  },
  {
    name: 'netsplit_network_stale_blocks',
    kind: 'gauge',
    help: 'Blocks beside the best chain; a reorganisation can lower it.',
    read: state => one(state.systems.ledger.totals.staleBlocks),
  },
  {
    name: 'netsplit_network_reorgs_total',
    kind: 'counter',
    help: 'Reorganisations, counted at each node.',
    read: state => one(state.systems.ledger.totals.reorgs),
  },
  {
    name: 'netsplit_network_reorg_depth_max_blocks',
    kind: 'gauge',
    help: 'Deepest reorganisation so far.',
    read: state => one(state.systems.ledger.totals.reorgMaxDepth),
  },
  {
    name: 'netsplit_network_asked_hashes_per_second',
    kind: 'gauge',
    help: 'Hash rate that the plan gives the running miners.',
    read: state => one(state.systems.ledger.hashRate.askedHps),
  },
  {
    name: 'netsplit_network_measured_hashes_per_second',
    kind: 'gauge',
    help: 'Hash rate that the running miners report.',
    read: state => one(state.systems.ledger.hashRate.measuredHps),
  },
  {
    name: 'netsplit_network_block_propagation_seconds',
    kind: 'histogram',
    help: 'Deliveries: from the first sign of a block to the whole block, at each node but its miner.',
    read: ({
      systems: {
        ledger: {
          propagationHistogram: { buckets, count, sumMs },
        },
      },
    }) => [
      ...buckets.map(({ leMs, count }) => ({ suffix: '_bucket', labels: { le: leMs / 1000 }, value: count })),
      { suffix: '_bucket', labels: { le: '+Inf' }, value: count },
      { suffix: '_sum', value: sumMs / 1000 },
      { suffix: '_count', value: count },
    ],
  },
  {
    name: 'netsplit_network_block_propagation_quantile_seconds',
    kind: 'gauge',
    help: 'Until this share of all running nodes had a block: the median over the blocks of the best chain that reached 90 % of them.',
    read: ({
      systems: {
        ledger: {
          propagation: { p50Ms, p90Ms, p99Ms, allMs },
        },
      },
    }) => [
      { labels: { share: '0.5' }, value: seconds(p50Ms) },
      { labels: { share: '0.9' }, value: seconds(p90Ms) },
      { labels: { share: '0.99' }, value: seconds(p99Ms) },
      { labels: { share: '1' }, value: seconds(allMs) },
    ],
  },
  {
    name: 'netsplit_network_block_propagation_error_seconds',
    kind: 'gauge',
    help: 'How far each of these can be wrong, the clocks of the hosts being what they are; none where there is one clock.',
    read: ({ systems: { ledger } }) =>
      ledger.propagation.errorMs === undefined ? [] : one(ledger.propagation.errorMs / 1000),
  },
  {
    name: 'netsplit_network_host_propagation_seconds',
    kind: 'gauge',
    help: 'Half of the deliveries of the last blocks from a miner on one host to nodes on another, or the same, took at most this long; none where the plan has no hosts.',
    read: state =>
      propagationByHost(state).map(({ from, to, p50Ms }) => ({
        labels: { from, to },
        value: seconds(p50Ms),
      })),
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
    read: state => one(state.systems.ledger.apartArrivals),
  },
  {
    name: 'netsplit_network_block_interval_seconds',
    kind: 'histogram',
    help: 'Time between neighbours on the best chain, first sign to first sign.',
    read: ({
      systems: {
        ledger: {
          intervals: { binMs, counts, count, sumMs },
        },
      },
    }) => {
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
    read: state => one(state.systems.ledger.blockIntervalMs / 1000),
  },
  {
    name: 'netsplit_network_last_block_timestamp_seconds',
    kind: 'gauge',
    help: 'First sign of the newest block, or the start of the network before there is one.',
    read: ({
      startedMs,
      systems: {
        ledger: { blocks },
      },
    }) => one(Math.max(startedMs, ...blocks.map(block => block.firstSeenMs)) / 1000),
  },
  {
    name: 'netsplit_network_transactions_sent_total',
    kind: 'counter',
    help: 'Transactions that the load sent.',
    read: state => one(state.systems.ledger.totals.transactionsSent),
  },
  {
    name: 'netsplit_network_transactions_failed_total',
    kind: 'counter',
    help: 'Transactions that the load could not send.',
    read: state => one(state.systems.ledger.totals.transactionsFailed),
  },
  {
    name: 'netsplit_network_transactions_confirmed',
    kind: 'gauge',
    help: 'Transactions on the best chain, coinbases not counted; a reorganisation can lower it.',
    read: state => one(state.systems.ledger.totals.transactionsConfirmed),
  },
  {
    name: 'netsplit_network_convergence_seconds',
    kind: 'gauge',
    help: 'From the end of the last fault until all running nodes stood on one tip; none while they do not yet.',
    read: state => {
      const ms = convergence(state.faults, state.systems.ledger)
      return ms === undefined ? [] : one(ms / 1000)
    },
  },
  {
    name: 'netsplit_network_strategy_told_total',
    kind: 'counter',
    help: 'What strategies of nodes told of themselves, by their words: double spends tried, succeeded, given up.',
    read: ({ systems: { ledger } }) =>
      ledger.strategies.flatMap(({ node, words }) =>
        Object.entries(words).map(([word, value]) => ({ labels: { node, word }, value })),
      ),
  },
  {
    name: 'netsplit_network_fault_blocks',
    kind: 'gauge',
    help: 'Blocks found while faults of the kind were in force, by what became of them so far.',
    read: faultBlocks,
  },
  {
    name: 'netsplit_network_fault_agreed_seconds',
    kind: 'gauge',
    help: 'From the end of the last fault of the kind until all running nodes stood on one tip; none while they do not yet.',
    read: agreedAfter,
  },
  {
    name: 'netsplit_network_node_asked_hashes_per_second',
    kind: 'gauge',
    help: 'Hash rate that the plan gives the node.',
    read: state => eachNode(state, node => node.systems.ledger.askedHps),
  },
  {
    name: 'netsplit_network_node_blocks_mined_total',
    kind: 'counter',
    help: 'Blocks that the node found, stale ones counted.',
    read: state => eachNode(state, node => node.systems.ledger.blocksMined),
  },
  {
    name: 'netsplit_network_node_expected_blocks',
    kind: 'gauge',
    help: 'Of the blocks found, how many the node was to find while it ran, by its share of the hash power that ran then.',
    read: state => eachNode(state, node => expectedBlocks(node.systems.ledger, state.systems.ledger)),
  },
  {
    name: 'netsplit_network_node_reorgs_total',
    kind: 'counter',
    help: 'Times the node left its chain for another.',
    read: state => eachNode(state, node => node.systems.ledger.reorgs),
  },
  {
    name: 'netsplit_network_node_height_blocks',
    kind: 'gauge',
    help: "Height of the node's tip.",
    read: state => eachNode(state, node => node.systems.ledger.height),
  },
  {
    name: 'netsplit_network_node_tip_group',
    kind: 'gauge',
    help: '1 for nodes on the most common tip, 2 for the next, and so on; 0 while down.',
    read: state => {
      const groups = tipGroups(state.nodes)
      return eachNode(state, node => (node.phase === 'running' && groups.get(node.systems.ledger.tip)) || 0)
    },
  },
]

function faultBlocks({ faults, systems: { ledger } }: NetworkState): Reading[] {
  const kinds = new Map<string, { blocks: number; stale: number }>()
  for (const [i, { kind }] of faults.entries()) {
    const { blocks = 0, stale = 0 } = kinds.get(kind) ?? {}
    const effect = ledger.effects[i]
    kinds.set(kind, { blocks: blocks + (effect?.blocks ?? 0), stale: stale + (effect?.staleBlocks ?? 0) })
  }
  return [...kinds].flatMap(([kind, { blocks, stale }]) => [
    { labels: { kind, became: 'stale' }, value: stale },
    { labels: { kind, became: 'chain' }, value: blocks - stale },
  ])
}

function agreedAfter({ faults, systems: { ledger } }: NetworkState): Reading[] {
  const last = new Map(faults.map(({ kind }, i) => [kind, ledger.effects[i]?.agreedAfterMs]))
  return [...last].flatMap(([kind, ms]) => (ms === undefined ? [] : [{ labels: { kind }, value: ms / 1000 }]))
}
