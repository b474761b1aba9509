// Every metric of the network's trackers as a whole, once. Read from the state at scrape time.

import { type NetworkMetric, one } from '../../observe/metrics.ts'

export const TRACKER_METRICS: readonly NetworkMetric[] = [
  {
    name: 'netsplit_network_tracker_peers',
    kind: 'gauge',
    help: 'Peers of all contents that the tracker knows that knows most.',
    read: ({ systems }) => one(systems.tracker.peers),
  },
  {
    name: 'netsplit_network_tracker_announces',
    kind: 'gauge',
    help: 'Times that peers asked the trackers that run.',
    read: ({ systems }) => one(systems.tracker.announces),
  },
]
