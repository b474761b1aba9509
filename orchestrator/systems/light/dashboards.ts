// Light clients in Grafana: how far they are, what they have, what they download, and whom they found to lie.

import type { SystemDashboards } from '../../../grafana/builder.ts'
import { BAD_ABOVE_ZERO, NETWORK, NODE, rates, series, stat } from '../../../grafana/parts.ts'

export const LIGHT_DASHBOARDS: SystemDashboards = {
  'light.json': {
    uid: 'netsplit-light',
    title: 'Light clients',
    description: 'How far light clients are, what they have, what they download, and whom they found to lie.',
    rows: [
      {
        title: 'Now',
        height: 4,
        panels: [
          stat({
            title: 'Light clients',
            description: 'Running or not.',
            unit: 'none',
            width: 6,
            queries: [{ expr: `netsplit_network_light_clients${NETWORK}` }],
          }),
          stat({
            title: 'Behind',
            description: 'Blocks that the client that is farthest behind has not looked through.',
            unit: 'none',
            width: 6,
            queries: [{ expr: `netsplit_network_light_behind_blocks${NETWORK}` }],
          }),
          stat({
            title: 'Payments seen',
            description: 'Transactions of their wallets that clients saw in blocks.',
            unit: 'none',
            width: 6,
            queries: [{ expr: `netsplit_network_light_payments${NETWORK}` }],
          }),
          stat({
            title: 'Liars found',
            description: 'Times that a client proved a peer to lie.',
            unit: 'none',
            width: 6,
            thresholds: BAD_ABOVE_ZERO,
            queries: [{ expr: `netsplit_network_light_liars${NETWORK}` }],
          }),
        ],
      },
      {
        title: 'Each client',
        height: 8,
        panels: [
          series({
            title: 'Height',
            description:
              'Of the last header, of the last filter agreed on, and of the last block looked through.',
            unit: 'short',
            width: 12,
            queries: [
              { expr: `netsplit_light_height${NODE}`, legend: '{{node}} headers' },
              { expr: `netsplit_light_filter_height${NODE}`, legend: '{{node}} filters' },
              { expr: `netsplit_light_scanned_height${NODE}`, legend: '{{node}} scanned' },
            ],
          }),
          series({
            title: 'Coins',
            description: 'What each wallet can spend, and all of them hold.',
            unit: 'short',
            width: 12,
            queries: [
              { expr: `netsplit_light_balance_coins${NODE}`, legend: '{{node}}' },
              { expr: `netsplit_network_light_balance_coins${NETWORK}`, legend: 'all' },
            ],
          }),
          series({
            title: 'Received',
            description: 'Bytes since the nodes began, on average, of light clients and of full nodes.',
            unit: 'bytes',
            width: 12,
            queries: [{ expr: `netsplit_network_light_received_bytes${NETWORK}`, legend: '{{kind}}' }],
          }),
          series({
            title: 'Filters and blocks',
            description: 'Filters looked at, those that matched, and blocks fetched, per second.',
            unit: 'ops',
            width: 12,
            queries: [
              rates('netsplit_light_filters_total', 'node', '{{node}} filters'),
              rates('netsplit_light_filter_matches_total', 'node', '{{node}} matches'),
              rates('netsplit_light_blocks_total', 'node', '{{node}} blocks'),
            ],
          }),
        ],
      },
      {
        title: 'Trust',
        height: 8,
        panels: [
          series({
            title: 'Lies proven',
            description: 'Per second, by what was lied about.',
            unit: 'ops',
            width: 12,
            queries: [rates('netsplit_light_liars_total', 'lie')],
          }),
          series({
            title: 'Disputes and reorganisations',
            description:
              'Times that peers differed about a filter, and that headers went another way, per second.',
            unit: 'ops',
            width: 12,
            queries: [
              rates('netsplit_light_disputes_total', 'node', '{{node}} disputes'),
              rates('netsplit_light_reorgs_total', 'node', '{{node}} reorganisations'),
            ],
          }),
        ],
      },
    ],
  },
}
