// Light clients of Bitcoin's full nodes: they keep headers, compare what their peers say of filters, and have wallets of their own.

import { z } from 'zod'
import { expectation } from '../../spec/expectation.ts'
import { isLight } from '../../spec/light.ts'
import type { Plan } from '../../spec/types.ts'
import { rate } from '../../spec/units.ts'
import { BITCOIN } from '../p2p/peer.ts'
import { lacksPeers } from '../standing.ts'
import type { System } from '../system.ts'
import { lightAgrees } from './checks/agrees.ts'
import { liarsRefused } from './checks/liars.ts'
import { LIGHT_METRICS } from './metrics.ts'
import { narrate } from './narrate.ts'
import { observation } from './observe.ts'
import { lightPeer } from './service.ts'
import { lightPayments } from './workload.ts'

const NEWS: ReadonlySet<string> = new Set(['light-tip', 'light-scanned', 'node-sampled', 'node-exited'])

/** Nothing that they see can tell. */
function amongLiars({ nodes, topology }: Plan): readonly string[] {
  const lying = new Set(nodes.flatMap(({ name, strategy }) => (strategy?.name === 'liar' ? [name] : [])))
  const lost = nodes.filter(node => {
    const peers = topology.edges.filter(({ from }) => from === node.name)
    return isLight(node) && peers.length > 0 && peers.every(({ to }) => lying.has(to))
  })
  return lost.map(({ name }) => `${name} is connected to liars alone: it cannot know what they leave out`)
}

interface LightSpec {
  readonly tx: number
}

export const light: System = {
  name: 'light',
  runs: 'bitcoin-light',
  spec: z
    .strictObject({
      tx: rate({ min: 0, max: 1000 })
        .prefault('0.5/s')
        .describe('Payments to and from light clients, over the whole network.'),
    })
    .prefault({}),
  plan: part => ({ txPerSecond: (part as LightSpec).tx }),
  services: [{ name: BITCOIN, config: lightPeer }],
  workload: lightPayments,
  remarks: amongLiars,
  lacks: lacksPeers,
  agreed: (_nodes, state) => state().systems.light.level,
  conditions: {
    'light-height': {
      value: ({ systems }) => systems.light.scanned,
      changedBy: NEWS,
      counts: true,
    },
    'light-payments': {
      value: ({ systems }) => systems.light.payments,
      changedBy: new Set(['light-payment']),
      counts: true,
    },
    liars: {
      value: ({ systems }) => systems.light.liars.length,
      changedBy: new Set(['light-liar']),
      counts: true,
    },
  },
  observation,
  narrate,
  metrics: LIGHT_METRICS,
  summary: ({ systems: { light: state } }) => state,
  checks: [lightAgrees, liarsRefused],
  expectations: {
    'light-agrees': expectation(
      'Light clients have the tip and the coins that full nodes have, by raw blocks.',
      '60s after heal',
      {},
    ),
    'liars-refused': expectation(
      'Light clients prove liars to lie, and blame nobody honest.',
      '60s after heal',
      {},
    ),
  },
  settled: ({ systems }) => systems.light.level,
  differs: ({ systems }) => systems.ledger.height > systems.light.height,
  // As a ledger's: longer than any header takes to cross the network.
  apartMs: ({ chain }) => chain.blockIntervalMs,
  progress: ({ systems }) => systems.light.scanned,
}
