// Does the network agree, and how does it do?

import type { Dashboard } from './builder.ts'
import { BAD_ABOVE_ZERO, GOOD_AT_ONE, NETWORK, NODE, RATE, series, stat, tipTimeline } from './parts.ts'

export const overview: Dashboard = {
  uid: 'netsplit-overview',
  title: 'Overview',
  description: 'Does the network agree, and how does it do?',
  rows: [
    {
      title: 'Now',
      height: 4,
      panels: [
        stat({
          title: 'Height',
          description: 'Height of the tip with the most work.',
          unit: 'none',
          width: 4,
          queries: [{ expr: `netsplit_network_height_blocks${NETWORK}` }],
        }),
        stat({
          title: 'Tips',
          description: 'Distinct tips among running nodes; 1 when they agree.',
          unit: 'none',
          width: 4,
          thresholds: GOOD_AT_ONE,
          queries: [{ expr: `netsplit_network_tips${NETWORK}` }],
        }),
        stat({
          title: 'Nodes up',
          description: 'Nodes that run.',
          unit: 'none',
          width: 4,
          queries: [{ expr: `netsplit_network_nodes{network="$network", phase="running"}` }],
        }),
        stat({
          title: 'Hash rate',
          description: 'What the running miners report.',
          unit: 'Hs',
          width: 4,
          queries: [{ expr: `netsplit_network_measured_hashes_per_second${NETWORK}` }],
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
        stat({
          title: 'Faults in force',
          description: 'Faults that are being injected now.',
          unit: 'none',
          width: 4,
          thresholds: BAD_ABOVE_ZERO,
          queries: [{ expr: `sum(netsplit_network_faults_active${NETWORK}) or vector(0)` }],
        }),
      ],
    },
    {
      title: 'Chain',
      height: 9,
      panels: [
        tipTimeline(12),
        series({
          title: 'Height by node',
          description: "Height of each node's tip.",
          unit: 'none',
          width: 12,
          queries: [{ expr: `netsplit_network_node_height_blocks${NODE}`, legend: '{{node}}' }],
        }),
        series({
          title: 'Blocks found and lost',
          description: 'Blocks per second by the whole network, and how many of all are stale by now.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: `rate(netsplit_network_blocks_total${NETWORK}${RATE})`, legend: 'found per second' },
            { expr: `netsplit_network_stale_blocks${NETWORK}`, legend: 'stale so far' },
          ],
        }),
        series({
          title: 'Reorganisations',
          description: 'Counted at each node, and the deepest so far.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: `increase(netsplit_network_reorgs_total${NETWORK}${RATE})`, legend: 'reorganisations' },
            { expr: `netsplit_network_reorg_depth_max_blocks${NETWORK}`, legend: 'deepest, blocks' },
          ],
        }),
        stat({
          title: 'Since the last block',
          description: 'Time since the first sign of the newest block; planned is one each interval.',
          unit: 's',
          width: 8,
          queries: [{ expr: `time() - netsplit_network_last_block_timestamp_seconds${NETWORK}` }],
        }),
        series({
          title: 'Agreement',
          description: '1 while all running nodes stand on one tip.',
          unit: 'none',
          width: 8,
          max: 1,
          queries: [{ expr: `netsplit_network_converged${NETWORK}`, legend: 'converged' }],
        }),
      ],
    },
    {
      title: 'Transactions',
      height: 8,
      panels: [
        series({
          title: 'Load',
          description: 'Transactions that the load sent, and could not send, per second.',
          unit: 'ops',
          width: 8,
          queries: [
            { expr: `rate(netsplit_network_transactions_sent_total${NETWORK}${RATE})`, legend: 'sent' },
            { expr: `rate(netsplit_network_transactions_failed_total${NETWORK}${RATE})`, legend: 'failed' },
          ],
        }),
        series({
          title: 'Confirmed',
          description: 'Transactions on the best chain, coinbases not counted.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `netsplit_network_transactions_confirmed${NETWORK}`, legend: 'confirmed' }],
        }),
        series({
          title: 'Mempool',
          description: 'Transactions that wait at each node.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `netsplit_mempool_transactions${NODE}`, legend: '{{node}}' }],
        }),
      ],
    },
    {
      title: 'Nodes',
      height: 8,
      panels: [
        series({
          title: 'Nodes by phase',
          description: 'How many nodes run, are paused, stopped or failed.',
          unit: 'none',
          width: 6,
          stacked: true,
          queries: [{ expr: `netsplit_network_nodes${NETWORK}`, legend: '{{phase}}' }],
        }),
        {
          kind: 'state-timeline',
          title: 'Up and down',
          description: 'When each node ran.',
          unit: 'none',
          width: 6,
          states: [
            [null, 'dark-red'],
            [1, 'green'],
          ],
          names: { '0': 'down', '1': 'up' },
          queries: [{ expr: `netsplit_network_node_up${NODE}`, legend: '{{node}}' }],
        },
        series({
          title: 'Connections',
          description: 'Peers of each node, both directions.',
          unit: 'none',
          width: 6,
          queries: [{ expr: `sum by (node) (netsplit_peers${NODE})`, legend: '{{node}}' }],
        }),
        series({
          title: 'Memory',
          description: 'Resident memory of each node.',
          unit: 'bytes',
          width: 6,
          queries: [{ expr: `netsplit_node_process_resident_memory_bytes${NODE}`, legend: '{{node}}' }],
        }),
        stat({
          title: 'Started',
          description: 'When the network was started.',
          unit: 'dateTimeFromNow',
          width: 8,
          queries: [{ expr: `netsplit_network_start_time_seconds${NETWORK} * 1000` }],
        }),
      ],
    },
  ],
}
