// Every metric of the network's swarms as a whole, once. Read from the state at scrape time.

import { type NetworkMetric, one } from '../../observe/metrics.ts'
import type { NetworkState } from '../../observe/state.ts'
import type { ContentState } from './state.ts'

/** A number of each content, by its name. */
const each = (value: (content: ContentState) => number) => (state: NetworkState) =>
  state.systems.bittorrent.contents.map(content => ({
    labels: { content: content.name },
    value: value(content),
  }))

export const BITTORRENT_METRICS: readonly NetworkMetric[] = [
  {
    name: 'netsplit_network_content_wanted_peers',
    kind: 'gauge',
    help: 'Peers that were told to get a content.',
    read: each(({ wanted }) => wanted),
  },
  {
    name: 'netsplit_network_content_complete_peers',
    kind: 'gauge',
    help: 'Peers of these that once had all of it.',
    read: each(({ complete }) => complete),
  },
  {
    name: 'netsplit_network_content_progress_ratio',
    kind: 'gauge',
    help: 'Of what they want, what they have.',
    read: each(({ progress }) => progress),
  },
  {
    name: 'netsplit_network_content_copies',
    kind: 'gauge',
    help: 'Distributed copies: of the rarest piece, and behind the point the share of pieces of which there are more.',
    read: each(({ copies }) => copies),
  },
  {
    name: 'netsplit_network_content_verified_bytes',
    kind: 'gauge',
    help: 'What those who want it have verified and stored.',
    read: each(({ verifiedBytes }) => verifiedBytes),
  },
  {
    name: 'netsplit_network_content_wasted_bytes',
    kind: 'gauge',
    help: 'Blocks that they threw away: bad, or there already.',
    read: each(({ wastedBytes }) => wastedBytes),
  },
  {
    name: 'netsplit_network_content_received_bytes_per_second',
    kind: 'gauge',
    help: 'Blocks that they receive.',
    read: each(({ downBps }) => downBps),
  },
  {
    name: 'netsplit_network_content_completion_seconds',
    kind: 'gauge',
    help: 'From when a peer was told to get it until it had all, of those that have.',
    read: ({ systems }) =>
      systems.bittorrent.contents.flatMap(({ name, seconds: { p50, p90, max } }) =>
        Object.entries({ p50, p90, max }).map(([quantile, value]) => ({
          labels: { content: name, quantile },
          value,
        })),
      ),
  },
  {
    name: 'netsplit_network_content_bound_seconds',
    kind: 'gauge',
    help: 'No network with these lines gets it to everybody in less (Kurose, Ross); absent where no line limits it.',
    read: ({ systems }) =>
      systems.bittorrent.contents.flatMap(({ name, boundSeconds: value }) =>
        value === undefined ? [] : [{ labels: { content: name }, value }],
      ),
  },
  {
    name: 'netsplit_network_content_bans',
    kind: 'gauge',
    help: 'Times that a peer banned another, the last thousand.',
    read: ({ systems }) => one(systems.bittorrent.bans.length),
  },
]
