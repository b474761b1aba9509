// Peers of Bitcoin's protocol with nothing on top: they find each other, keep each other and gossip addresses.

import { lacksPeers } from '../standing.ts'
import type { System } from '../system.ts'
import { observation } from './observe.ts'
import { BITCOIN, peerConfig } from './peer.ts'

export const p2p: System = {
  name: 'p2p',
  runs: 'p2p',
  services: [{ name: BITCOIN, config: peerConfig }],
  lacks: lacksPeers,
  agreed: () => true,
  conditions: {
    connections: {
      value: ({ systems }) => systems.p2p.connections,
      changedBy: new Set(['peer-up', 'peer-down', 'node-exited', 'node-sampled']),
    },
  },
  observation,
  narrate: () => undefined,
  metrics: [],
  summary: ({ systems }) => ({ connections: systems.p2p.connections }),
  checks: [],
  expectations: {},
  settled: () => true,
  // Peers have nothing to disagree about: what a split provokes is that the two halves cannot be reached from each other, which was
  // measured between the peers themselves when it was put in force.
  differs: ({ faults }) =>
    faults.some(({ sides, toMs, verified }) => sides && toMs === undefined && verified),
  // Not by themselves: to be seen once is enough.
  apartMs: () => 1,
  // They do nothing but be there.
  progress: ({ nodes, nowMs }) => (nodes.some(({ phase }) => phase === 'running') ? nowMs : 0),
}
