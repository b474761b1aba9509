// What waits to be confirmed, what is refused and why, and how fast it goes.

import type { Dashboard } from '../../../../grafana/builder.ts'
import { NETWORK, NODE, RATE, rates, series } from '../../../../grafana/parts.ts'

export const mempool: Dashboard = {
  uid: 'netsplit-mempool',
  title: 'Mempool and transactions',
  description: 'What waits to be confirmed, what is refused and why, and how fast it goes.',
  rows: [
    {
      title: 'Waiting',
      height: 8,
      panels: [
        series({
          title: 'Transactions in the mempool',
          description: 'At each node.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `netsplit_mempool_transactions${NODE}`, legend: '{{node}}' }],
        }),
        series({
          title: 'Size of the mempool',
          description: 'Virtual bytes at each node.',
          unit: 'bytes',
          width: 8,
          queries: [{ expr: `netsplit_mempool_bytes${NODE}`, legend: '{{node}}' }],
        }),
        series({
          title: 'Orphans',
          description: 'Transactions that wait for their parents, at each node.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `netsplit_orphan_transactions${NODE}`, legend: '{{node}}' }],
        }),
      ],
    },
    {
      title: 'Flow',
      height: 8,
      panels: [
        series({
          title: 'Load and confirmations',
          description:
            'Transactions per second that the load sent, could not send, and that blocks confirmed.',
          unit: 'ops',
          width: 12,
          queries: [
            { expr: `rate(netsplit_network_transactions_sent_total${NETWORK}${RATE})`, legend: 'sent' },
            { expr: `rate(netsplit_network_transactions_failed_total${NETWORK}${RATE})`, legend: 'failed' },
            { expr: `deriv(netsplit_network_transactions_confirmed${NETWORK}${RATE})`, legend: 'confirmed' },
          ],
        }),
        series({
          title: 'Taken into mempools',
          description: 'Transactions per second that each node accepted.',
          unit: 'ops',
          width: 12,
          queries: [rates('netsplit_transactions_accepted_total', 'node')],
        }),
        series({
          title: 'Refused, by reason',
          description:
            'Transactions per second that nodes refused: invalid, in conflict, or against their policy.',
          unit: 'ops',
          width: 12,
          queries: [rates('netsplit_transactions_rejected_total', 'reason')],
        }),
        series({
          title: 'Coins',
          description: 'Of the wallets shown: to be spent, too young, and not confirmed.',
          unit: 'short',
          width: 12,
          stacked: true,
          queries: [{ expr: `sum by (kind) (netsplit_wallet_balance_coins${NODE})`, legend: '{{kind}}' }],
        }),
      ],
    },
  ],
}
