// Who is connected, what goes over the connections, and what of it was for nothing.

import type { Dashboard } from './builder.ts'
import { NETWORK, NODE, RATE, rates, series } from './parts.ts'

export const peers: Dashboard = {
  uid: 'netsplit-peers',
  title: 'Peers and traffic',
  description: 'Who is connected, what goes over the connections, and what of it was for nothing.',
  rows: [
    {
      title: 'Connections',
      height: 8,
      panels: [
        series({
          title: 'Peers by direction',
          description: 'Connections that each node accepted and made.',
          unit: 'none',
          width: 8,
          queries: [{ expr: `netsplit_peers${NODE}`, legend: '{{node}} {{direction}}' }],
        }),
        series({
          title: 'Links not as planned',
          description: 'Directed links that a fault has cut or made worse.',
          unit: 'none',
          width: 8,
          queries: [{ expr: `netsplit_network_links_changed${NETWORK}`, legend: '{{how}}' }],
        }),
        series({
          title: 'Known addresses',
          description: 'Addresses that nodes know: heard of (new), and once connected to (tried).',
          unit: 'none',
          width: 8,
          queries: [{ expr: `sum by (table) (netsplit_known_addresses${NODE})`, legend: '{{table}}' }],
        }),
      ],
    },
    {
      title: 'Traffic',
      height: 9,
      panels: [
        series({
          title: 'Bytes by message',
          description: 'What the nodes shown send each second, by P2P message.',
          unit: 'Bps',
          width: 12,
          stacked: true,
          queries: [
            {
              expr: `sum by (message) (rate(netsplit_p2p_bytes_total{network="$network", node=~"$node", direction="sent"}${RATE}))`,
              legend: '{{message}}',
            },
          ],
        }),
        series({
          title: 'Messages',
          description: 'P2P messages sent each second, by kind.',
          unit: 'ops',
          width: 12,
          stacked: true,
          queries: [
            {
              expr: `sum by (message) (rate(netsplit_p2p_messages_total{network="$network", node=~"$node", direction="sent"}${RATE}))`,
              legend: '{{message}}',
            },
          ],
        }),
        series({
          title: 'Bytes by node',
          description: 'Sent and received by each node.',
          unit: 'Bps',
          width: 12,
          queries: [
            {
              expr: `sum by (node, direction) (rate(netsplit_p2p_bytes_total${NODE}${RATE}))`,
              legend: '{{node}} {{direction}}',
            },
          ],
        }),
        series({
          title: 'Duplicates',
          description: 'Whole blocks and transactions per second that a node had already: bytes for nothing.',
          unit: 'ops',
          width: 12,
          queries: [
            { expr: `sum(rate(netsplit_blocks_duplicate_total${NODE}${RATE}))`, legend: 'blocks' },
            {
              expr: `sum(rate(netsplit_transactions_duplicate_total${NODE}${RATE}))`,
              legend: 'transactions',
            },
          ],
        }),
      ],
    },
    {
      title: 'Trouble',
      height: 8,
      panels: [
        series({
          title: 'Dials that nobody answered',
          description: 'Per second, by node: partitions and dead peers show here.',
          unit: 'ops',
          width: 8,
          queries: [rates('netsplit_dial_failures_total', 'node')],
        }),
        series({
          title: 'Hostile peers',
          description: 'Peers that proved to be hostile, per second, by the node that found out.',
          unit: 'ops',
          width: 8,
          queries: [rates('netsplit_peer_offences_total', 'node')],
        }),
        series({
          title: 'Unreadable messages',
          description:
            'Messages of a known command that were none, per second, by the node that passed them over.',
          unit: 'ops',
          width: 8,
          queries: [rates('netsplit_unreadable_messages_total', 'node')],
        }),
      ],
    },
  ],
}
