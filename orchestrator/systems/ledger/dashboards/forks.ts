// Where the chain forked, what it cost, and who changed sides.

import type { Dashboard } from '../../../../grafana/builder.ts'
import {
  GOOD_AT_ONE,
  NETWORK,
  NODE,
  RATE,
  rates,
  series,
  sideTimeline,
  stat,
  tipTimeline,
} from '../../../../grafana/parts.ts'

export const forks: Dashboard = {
  uid: 'netsplit-forks',
  title: 'Forks and reorgs',
  description: 'Where the chain forked, what it cost, and who changed sides.',
  rows: [
    {
      title: 'Now',
      height: 4,
      panels: [
        stat({
          title: 'Tips',
          description: 'Distinct tips among running nodes; 1 when they agree.',
          unit: 'none',
          width: 5,
          thresholds: GOOD_AT_ONE,
          queries: [{ expr: `netsplit_network_tips${NETWORK}` }],
        }),
        stat({
          title: 'Refusing nodes',
          description:
            'Running nodes that refuse a chain with more work than theirs: their peers may be on it.',
          unit: 'none',
          width: 5,
          queries: [{ expr: `netsplit_network_refusing_nodes${NETWORK}` }],
        }),
        stat({
          title: 'Apart in the time shown',
          description: 'Part of the time shown in which the running nodes did not all stand on one tip.',
          unit: 'percentunit',
          width: 5,
          decimals: 1,
          queries: [{ expr: `1 - avg_over_time(netsplit_network_converged${NETWORK}[$__range])` }],
        }),
        stat({
          title: 'Deepest reorganisation',
          description: 'Most blocks that a node took back at once, over the run.',
          unit: 'none',
          width: 5,
          queries: [{ expr: `netsplit_network_reorg_depth_max_blocks${NETWORK}` }],
        }),
        stat({
          title: 'Stale share',
          description: 'Blocks beside the best chain, of all blocks found.',
          unit: 'percentunit',
          width: 4,
          decimals: 1,
          queries: [
            {
              expr: `netsplit_network_stale_blocks${NETWORK} / (netsplit_network_blocks_total${NETWORK} > 0)`,
            },
          ],
        }),
      ],
    },
    { title: 'Who stands where', height: 9, panels: [tipTimeline(12), sideTimeline(12)] },
    {
      title: 'Over time',
      height: 8,
      panels: [
        series({
          title: 'Height by node',
          description: "Height of each node's own tip: the lines part where the chain does.",
          unit: 'none',
          width: 8,
          queries: [{ expr: `netsplit_chain_height${NODE}`, legend: '{{node}}' }],
        }),
        series({
          title: 'Headers ahead of blocks',
          description:
            'How far the best known header is above the tip: blocks that a node knows of and lacks; and the height of a chain that it refuses, where that has more work.',
          unit: 'none',
          width: 8,
          queries: [
            { expr: `netsplit_chain_headers${NODE} - netsplit_chain_height${NODE}`, legend: '{{node}}' },
            { expr: `netsplit_chain_refused_height${NODE}`, legend: '{{node}}, refused height' },
          ],
        }),
        series({
          title: 'Stale blocks',
          description: 'Blocks beside the best chain so far; a reorganisation can lower it.',
          unit: 'none',
          width: 8,
          queries: [{ expr: `netsplit_network_stale_blocks${NETWORK}`, legend: 'stale' }],
        }),
        series({
          title: 'Reorganisations by node',
          description: 'Times that each node left its chain for another, in the rate interval, as observed.',
          unit: 'none',
          width: 8,
          queries: [
            { expr: `increase(netsplit_network_node_reorgs_total${NODE}${RATE})`, legend: '{{node}}' },
          ],
        }),
        series({
          title: 'Reorganisations as nodes count them',
          description: 'The same by the nodes themselves: the two must agree.',
          unit: 'ops',
          width: 8,
          queries: [rates('netsplit_reorgs_total', 'node')],
        }),
        series({
          title: 'Blocks refused',
          description: 'Blocks that broke a rule, per second, by the node that refused them.',
          unit: 'ops',
          width: 8,
          queries: [rates('netsplit_blocks_rejected_total', 'node')],
        }),
        series({
          title: 'Deployments',
          description:
            'Changes of the rules: the state that each is in, and the hash power and the blocks of the period that signal it.',
          unit: 'none',
          width: 12,
          queries: [
            {
              expr: `netsplit_network_deployment_state${NETWORK} == 1 or on () vector(0)`,
              legend: '{{deployment}} {{state}}',
            },
            {
              expr: `netsplit_network_deployment_signal_share${NETWORK}`,
              legend: '{{deployment}}, share that signals',
            },
            {
              expr: `netsplit_network_deployment_signals_blocks${NETWORK}`,
              legend: '{{deployment}}, blocks that signal',
            },
          ],
        }),
        series({
          title: 'Refused for a deployment',
          description: 'Blocks refused for the rule of a deployment, in the rate interval.',
          unit: 'none',
          width: 12,
          queries: [
            {
              expr: `increase(netsplit_network_deployment_refused_blocks_total${NETWORK}${RATE}) or on () vector(0)`,
              legend: '{{deployment}}, refused',
            },
          ],
        }),
        series({
          title: 'What strategies tell',
          description:
            'Adversaries by their own words, in the rate interval: double spends tried, succeeded, given up.',
          unit: 'none',
          width: 8,
          queries: [
            {
              expr: `increase(netsplit_network_strategy_told_total${NODE}${RATE}) or on () vector(0)`,
              legend: '{{node}} {{word}}',
            },
          ],
        }),
      ],
    },
  ],
}
