// Every metric of the network's light clients as a whole, once. Read from the state at scrape time.

import { type NetworkMetric, one } from '../../observe/metrics.ts'

const SAT_PER_COIN = 100_000_000

export const LIGHT_METRICS: readonly NetworkMetric[] = [
  {
    name: 'netsplit_network_light_clients',
    kind: 'gauge',
    help: 'Light clients, running or not.',
    read: ({ systems }) => one(systems.light.clients),
  },
  {
    name: 'netsplit_network_light_behind_blocks',
    kind: 'gauge',
    help: 'Blocks that the client that is farthest behind has not looked through.',
    read: ({ systems }) => one(Math.max(0, systems.ledger.height - systems.light.scanned)),
  },
  {
    name: 'netsplit_network_light_balance_coins',
    kind: 'gauge',
    help: 'What the wallets of all light clients hold.',
    read: ({ systems }) => one(systems.light.balanceSat / SAT_PER_COIN),
  },
  {
    name: 'netsplit_network_light_payments',
    kind: 'gauge',
    help: 'Transactions of their wallets that light clients saw in a block; a reorganisation can lower it.',
    read: ({ systems }) => one(systems.light.payments),
  },
  {
    name: 'netsplit_network_light_liars',
    kind: 'gauge',
    help: 'Times that a light client proved a peer to lie, the last thousand.',
    read: ({ systems }) => one(systems.light.liars.length),
  },
  {
    name: 'netsplit_network_light_received_bytes',
    kind: 'gauge',
    help: 'What a running node received from its peers since it began, on average, by kind.',
    read: ({ systems }) => [
      { labels: { kind: 'light' }, value: systems.light.receivedBytes.client },
      { labels: { kind: 'full' }, value: systems.light.receivedBytes.full },
    ],
  },
]
