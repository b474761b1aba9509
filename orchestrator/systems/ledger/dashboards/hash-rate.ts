// Who mines how much, against what was asked, and what it costs.

import type { Dashboard } from '../../../../grafana/builder.ts'
import { heatmap, NETWORK, NODE, RATE, series, stat } from '../../../../grafana/parts.ts'

export const hashRate: Dashboard = {
  uid: 'netsplit-hash-rate',
  title: 'Hash rate',
  description: 'Who mines how much, against what was asked, and what it costs.',
  rows: [
    {
      title: 'Network',
      height: 9,
      panels: [
        series({
          title: 'Asked and measured',
          description: 'Hash rate that the plan gives the running miners, and what they report.',
          unit: 'Hs',
          width: 16,
          queries: [
            { expr: `netsplit_network_asked_hashes_per_second${NETWORK}`, legend: 'asked' },
            { expr: `netsplit_network_measured_hashes_per_second${NETWORK}`, legend: 'measured' },
          ],
        }),
        stat({
          title: 'Measured of asked',
          description: 'Budgets are held within 5 % over 10 seconds where the machine has the cores.',
          unit: 'percentunit',
          width: 8,
          decimals: 1,
          thresholds: [
            [null, 'red'],
            [0.95, 'green'],
            [1.05, 'orange'],
          ],
          queries: [
            {
              expr: `netsplit_network_measured_hashes_per_second${NETWORK} / (netsplit_network_asked_hashes_per_second${NETWORK} > 0)`,
            },
          ],
        }),
      ],
    },
    {
      title: 'Miners',
      height: 9,
      panels: [
        series({
          title: 'Hash rate by node',
          description: 'Measured over the last seconds by each miner.',
          unit: 'Hs',
          width: 12,
          stacked: true,
          queries: [{ expr: `netsplit_hash_rate_hashes_per_second${NODE}`, legend: '{{node}}' }],
        }),
        series({
          title: 'Asked by node',
          description: 'What the plan gives each miner: compare it with what is measured.',
          unit: 'Hs',
          width: 12,
          stacked: true,
          queries: [{ expr: `netsplit_network_node_asked_hashes_per_second${NODE}`, legend: '{{node}}' }],
        }),
        {
          kind: 'bargauge',
          title: 'Share of the blocks',
          description:
            "Each miner's part of all blocks found so far: luck apart, it is the share of the work.",
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: `netsplit_network_node_blocks_mined_total${NODE} / on () group_left () (netsplit_network_blocks_total${NETWORK} > 0)`,
              legend: '{{node}}',
            },
          ],
        },
        {
          kind: 'bargauge',
          title: 'Share of the work',
          description: "Each miner's part of all hashes in the time shown.",
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: `increase(netsplit_hashes_total${NODE}[$__range]) / on () group_left sum(increase(netsplit_hashes_total${NETWORK}[$__range]))`,
              legend: '{{node}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Due',
      height: 8,
      panels: [
        series({
          title: 'Blocks due',
          description:
            'What the hash rate of each miner was to find while it ran; a miner that is down is due none.',
          unit: 'none',
          width: 24,
          queries: [{ expr: `netsplit_network_node_expected_blocks${NODE}`, legend: '{{node}}' }],
        }),
      ],
    },
    {
      title: 'Difficulty',
      height: 8,
      panels: [
        series({
          title: 'Difficulty',
          description: "Of each node's tip; 1 is the target 1d00ffff.",
          unit: 'short',
          width: 12,
          queries: [{ expr: `netsplit_chain_difficulty${NODE}`, legend: '{{node}}' }],
        }),
        series({
          title: 'Time between blocks',
          description: 'Mean over the rate interval on the best chain, and what the plan wants.',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: `rate(netsplit_network_block_interval_seconds_sum${NETWORK}${RATE}) / (rate(netsplit_network_block_interval_seconds_count${NETWORK}${RATE}) > 0)`,
              legend: 'measured',
            },
            { expr: `netsplit_network_block_interval_planned_seconds${NETWORK}`, legend: 'planned' },
          ],
        }),
        heatmap({
          title: 'Intervals',
          description: 'How many blocks came after how long, over time.',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: `sum by (le) (increase(netsplit_network_block_interval_seconds_bucket${NETWORK}${RATE}))`,
              legend: '{{le}}',
            },
          ],
        }),
        series({
          title: 'Time in the header against the clock',
          description: "How old each node's tip says it is.",
          unit: 's',
          width: 12,
          queries: [{ expr: `time() - netsplit_chain_tip_timestamp_seconds${NODE}`, legend: '{{node}}' }],
        }),
      ],
    },
  ],
}
