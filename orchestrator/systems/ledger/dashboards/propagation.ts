// How fast blocks reach everyone, and what the links carry.

import type { Dashboard } from '../../../../grafana/builder.ts'
import {
  bars,
  NETWORK,
  NODE,
  quantile,
  quantiles,
  RATE,
  rates,
  series,
  stat,
  tipTimeline,
} from '../../../../grafana/parts.ts'

export const propagation: Dashboard = {
  uid: 'netsplit-propagation',
  title: 'Propagation',
  description: 'How fast blocks reach everyone, and what the links carry.',
  rows: [
    {
      title: 'Over the run',
      height: 4,
      panels: (
        [
          ['0.5', '50 % of the nodes'],
          ['0.9', '90 % of the nodes'],
          ['0.99', '99 % of the nodes'],
          ['1', 'All nodes'],
        ] as const
      ).map(([share, title]) =>
        stat({
          title,
          description: `Until this share (${share}) of all running nodes had a block: the median over the blocks of the best chain.`,
          unit: 's',
          width: 6,
          queries: [
            {
              expr: `netsplit_network_block_propagation_quantile_seconds{network="$network", share="${share}"}`,
            },
          ],
        }),
      ),
    },
    {
      title: 'Over time',
      height: 10,
      panels: [
        {
          kind: 'heatmap',
          title: 'Deliveries by time taken',
          description: 'From the first sign of a block to the whole block, at each node but its miner.',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: `sum by (le) (increase(netsplit_network_block_propagation_seconds_bucket${NETWORK}${RATE}))`,
              legend: '{{le}}',
            },
          ],
        },
        series({
          title: 'Quantiles of deliveries',
          description:
            'Of the deliveries at left, half, 90 % and 99 % took at most this long; not the time until so many of the nodes had one block.',
          unit: 's',
          width: 12,
          queries: quantiles('netsplit_network_block_propagation_seconds', NETWORK),
        }),
      ],
    },
    {
      title: 'Where, and who first',
      height: 8,
      panels: [
        series({
          title: 'By region',
          description:
            'Half of the deliveries to nodes of each region took at most this long; the last blocks.',
          unit: 's',
          width: 8,
          queries: [{ expr: `netsplit_network_region_propagation_seconds${NETWORK}`, legend: '{{region}}' }],
        }),
        bars({
          title: 'First to hear',
          description: "Share of others' last blocks that each node heard of before everybody else.",
          unit: 'percentunit',
          width: 8,
          queries: [{ expr: `netsplit_network_node_first_seen_ratio${NODE}`, legend: '{{node}}' }],
        }),
        series({
          title: 'How blocks came',
          description: 'Blocks per second that nodes took, by the message that brought them.',
          unit: 'ops',
          width: 8,
          stacked: true,
          queries: [rates('netsplit_blocks_received_total', 'by')],
        }),
      ],
    },
    {
      title: 'Within and between hosts',
      height: 8,
      panels: [
        series({
          title: 'By host',
          description:
            'Half of the deliveries from a miner on one host to nodes on another, or on the same, took at most this long; the last blocks. Empty where the plan has no hosts.',
          unit: 's',
          width: 8,
          queries: [
            { expr: `netsplit_network_host_propagation_seconds${NETWORK}`, legend: '{{from}} → {{to}}' },
          ],
        }),
        series({
          title: 'How far times can be wrong',
          description: 'The quantiles of blocks, as the clocks of the hosts are known; and each of those.',
          unit: 's',
          width: 8,
          queries: [
            { expr: `netsplit_network_block_propagation_error_seconds${NETWORK}`, legend: 'quantiles' },
            { expr: `netsplit_network_host_clock_error_seconds${NETWORK}`, legend: '{{host}}' },
          ],
        }),
        series({
          title: 'Clocks of hosts',
          description:
            'How far each is ahead of the controller’s, or behind it, below zero; the times of its nodes are put right by that.',
          unit: 's',
          width: 8,
          signed: true,
          queries: [{ expr: `netsplit_network_host_clock_offset_seconds${NETWORK}`, legend: '{{host}}' }],
        }),
      ],
    },
    {
      title: 'At the nodes',
      height: 8,
      panels: [
        series({
          title: 'From first sign to whole block, median',
          description: 'At each node, from its own first sign of the block.',
          unit: 's',
          width: 6,
          queries: [
            {
              expr: quantile('0.5', 'netsplit_node_block_receive_seconds', NODE, 'node'),
              legend: '{{node}}',
            },
          ],
        }),
        series({
          title: 'Checking and applying a block, median',
          description: 'At each node, from the whole block to the connected one.',
          unit: 's',
          width: 6,
          queries: [
            {
              expr: quantile('0.5', 'netsplit_node_block_connect_seconds', NODE, 'node'),
              legend: '{{node}}',
            },
          ],
        }),
        series({
          title: 'Bytes between peers',
          description: 'P2P messages sent and received by all nodes shown.',
          unit: 'Bps',
          width: 6,
          queries: [
            {
              expr: `sum by (direction) (rate(netsplit_p2p_bytes_total${NODE}${RATE}))`,
              legend: '{{direction}}',
            },
          ],
        }),
        series({
          title: 'Announcements held back',
          description: 'Tips that were announced late, since the line to a peer was full.',
          unit: 'ops',
          width: 6,
          queries: [
            {
              expr: `sum by (node) (rate(netsplit_announcements_held_total${NODE}${RATE}))`,
              legend: '{{node}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Forks',
      height: 8,
      panels: [tipTimeline(24)],
    },
  ],
}
