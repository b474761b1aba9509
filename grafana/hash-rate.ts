// Who mines how much, against what was asked, and what it costs.

import type { Dashboard } from './builder.ts'
import { NETWORK, NODE, RATE, series, stat } from './parts.ts'

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
          description: 'Seconds a block on average over the rate interval.',
          unit: 's',
          width: 12,
          queries: [
            { expr: `1 / (rate(netsplit_network_blocks_total${NETWORK}${RATE}) > 0)`, legend: 'interval' },
          ],
        }),
      ],
    },
  ],
}
