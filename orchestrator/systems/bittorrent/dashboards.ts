// BitTorrent, its hash table and trackers in Grafana: how far peers are, how many copies there are, how fast and how wastefully they get them, whom
// they ban, and what trackers know.

import type { SystemDashboards } from '../../../grafana/builder.ts'
import { BAD_ABOVE_ZERO, NETWORK, NODE, rates, series, stat } from '../../../grafana/parts.ts'

export const BITTORRENT_DASHBOARDS: SystemDashboards = {
  'bittorrent.json': {
    uid: 'netsplit-bittorrent',
    title: 'BitTorrent',
    description:
      'How far peers are with what they want, how many copies there are of it, how fast it comes, whom peers ban, and what trackers know.',
    rows: [
      {
        title: 'Now',
        height: 4,
        panels: [
          stat({
            title: 'Complete',
            description: 'Peers that once had all that they wanted, once a content.',
            unit: 'none',
            width: 5,
            queries: [{ expr: `sum(netsplit_network_content_complete_peers${NETWORK})` }],
          }),
          stat({
            title: 'Wanted',
            description: 'Peers that were told to get a content, once a content.',
            unit: 'none',
            width: 5,
            queries: [{ expr: `sum(netsplit_network_content_wanted_peers${NETWORK})` }],
          }),
          stat({
            title: 'Copies',
            description: 'Of the rarest piece of the content of which there are fewest.',
            unit: 'none',
            width: 5,
            thresholds: [
              [null, 'red'],
              [1, 'green'],
            ],
            queries: [{ expr: `min(netsplit_network_content_copies${NETWORK})` }],
          }),
          stat({
            title: 'Bans',
            description: 'Times that a peer banned another, the last thousand.',
            unit: 'none',
            width: 5,
            thresholds: BAD_ABOVE_ZERO,
            queries: [{ expr: `netsplit_network_content_bans${NETWORK}` }],
          }),
          stat({
            title: 'Tracker knows',
            description: 'Peers of all contents that the tracker knows that knows most.',
            unit: 'none',
            width: 4,
            queries: [{ expr: `netsplit_network_tracker_peers${NETWORK}` }],
          }),
        ],
      },
      {
        title: 'Contents',
        height: 8,
        panels: [
          series({
            title: 'Progress',
            description: 'Of what peers want of each content, the share that they have verified and stored.',
            unit: 'percentunit',
            width: 12,
            queries: [{ expr: `netsplit_network_content_progress_ratio${NETWORK}`, legend: '{{content}}' }],
          }),
          series({
            title: 'Copies of each content',
            description:
              'Distributed copies among those that run and give what they have: of the rarest piece, and behind the point the share of pieces of which there are more.',
            unit: 'short',
            width: 12,
            queries: [{ expr: `netsplit_network_content_copies${NETWORK}`, legend: '{{content}}' }],
          }),
          series({
            title: 'Until peers had it',
            description:
              'From when a peer was told to get a content until it had all, of those that have; bound: no network with these lines gets it to everybody in less (Kurose, Ross).',
            unit: 's',
            width: 12,
            queries: [
              {
                expr: `netsplit_network_content_completion_seconds${NETWORK}`,
                legend: '{{content}} {{quantile}}',
              },
              { expr: `netsplit_network_content_bound_seconds${NETWORK}`, legend: '{{content}} bound' },
            ],
          }),
          series({
            title: 'Received by all',
            description: 'Blocks that those who want a content receive, in bytes a second.',
            unit: 'Bps',
            width: 12,
            queries: [
              {
                expr: `netsplit_network_content_received_bytes_per_second${NETWORK}`,
                legend: '{{content}}',
              },
            ],
          }),
          series({
            title: 'Verified and wasted',
            description:
              'What those who want a content have verified and stored, and blocks that they threw away: bad, or there already.',
            unit: 'bytes',
            width: 24,
            queries: [
              { expr: `netsplit_network_content_verified_bytes${NETWORK}`, legend: '{{content}} verified' },
              { expr: `netsplit_network_content_wasted_bytes${NETWORK}`, legend: '{{content}} wasted' },
            ],
          }),
        ],
      },
      {
        title: 'Each peer',
        height: 8,
        panels: [
          series({
            title: 'Verified',
            description: 'Bytes that each peer has verified and stored, of all contents.',
            unit: 'bytes',
            width: 8,
            queries: [{ expr: `netsplit_bittorrent_verified_bytes${NODE}`, legend: '{{node}}' }],
          }),
          series({
            title: 'Pieces',
            description: 'Pieces that each peer has verified and stored, of all contents.',
            unit: 'short',
            width: 8,
            queries: [{ expr: `netsplit_bittorrent_pieces${NODE}`, legend: '{{node}}' }],
          }),
          series({
            title: 'Contents of a peer',
            description: 'Contents that each peer takes part in, and those of them that are all there.',
            unit: 'short',
            width: 8,
            queries: [
              { expr: `netsplit_bittorrent_contents${NODE}`, legend: '{{node}}' },
              { expr: `netsplit_bittorrent_complete_contents${NODE}`, legend: '{{node}} complete' },
            ],
          }),
          series({
            title: 'Down',
            description: 'Blocks that each peer received lately, in bytes a second.',
            unit: 'Bps',
            width: 8,
            queries: [{ expr: `netsplit_bittorrent_down_bytes_per_second${NODE}`, legend: '{{node}}' }],
          }),
          series({
            title: 'Up',
            description: 'Blocks that each peer sent lately, in bytes a second.',
            unit: 'Bps',
            width: 8,
            queries: [{ expr: `netsplit_bittorrent_up_bytes_per_second${NODE}`, legend: '{{node}}' }],
          }),
          series({
            title: 'Blocks',
            description:
              'Blocks received, sent and thrown away (bad, or there already), in bytes a second over the rate interval.',
            unit: 'Bps',
            width: 8,
            queries: [
              rates('netsplit_bittorrent_received_block_bytes_total', 'node', '{{node}} received'),
              rates('netsplit_bittorrent_sent_block_bytes_total', 'node', '{{node}} sent'),
              rates('netsplit_bittorrent_wasted_block_bytes_total', 'node', '{{node}} wasted'),
            ],
          }),
          series({
            title: 'Traffic',
            description: 'All that went over connections between peers, the protocol included.',
            unit: 'Bps',
            width: 8,
            queries: [
              rates('netsplit_bittorrent_received_bytes_total', 'node', '{{node}} received'),
              rates('netsplit_bittorrent_sent_bytes_total', 'node', '{{node}} sent'),
            ],
          }),
          series({
            title: 'Peers of a peer',
            description:
              'Connections that shook hands, those that may ask for blocks, and addresses where others are said to listen.',
            unit: 'short',
            width: 8,
            queries: [
              { expr: `netsplit_bittorrent_connections${NODE}`, legend: '{{node}} connected' },
              { expr: `netsplit_bittorrent_unchoked_peers${NODE}`, legend: '{{node}} unchoked' },
              { expr: `netsplit_bittorrent_known_peers${NODE}`, legend: '{{node}} known' },
            ],
          }),
          series({
            title: 'Banned by a peer',
            description: 'Peers that each peer proved to lie and does not speak to any more.',
            unit: 'short',
            width: 8,
            queries: [{ expr: `netsplit_bittorrent_banned_peers${NODE}`, legend: '{{node}}' }],
          }),
        ],
      },
      {
        title: 'DHT',
        height: 7,
        panels: [
          series({
            title: 'Hash table',
            description:
              'Nodes of the hash table that each peer knows and that answer, and contents that others announced to it.',
            unit: 'short',
            width: 12,
            queries: [
              { expr: `netsplit_dht_nodes${NODE}`, legend: '{{node}} nodes' },
              { expr: `netsplit_dht_hashes${NODE}`, legend: '{{node}} contents' },
            ],
          }),
          series({
            title: 'Look-ups',
            description: 'Look-ups done and questions answered, not answered and received, a second.',
            unit: 'ops',
            width: 12,
            queries: [
              rates('netsplit_dht_lookups_total', 'node', '{{node}} look-ups'),
              rates('netsplit_dht_queries_total', 'outcome', 'questions {{outcome}}'),
            ],
          }),
        ],
      },
      {
        title: 'Trackers',
        height: 7,
        panels: [
          series({
            title: 'Swarms and peers',
            description: 'Contents that each tracker knows of, and who takes part in them.',
            unit: 'short',
            width: 12,
            queries: [
              { expr: `netsplit_tracker_swarms${NODE}`, legend: '{{node}} swarms' },
              { expr: `netsplit_tracker_peers${NODE}`, legend: '{{node}} {{role}}' },
            ],
          }),
          series({
            title: 'Questions',
            description:
              'Announces by their event, scrapes and refusals, a second; and how often the trackers that run were asked in all.',
            unit: 'short',
            width: 12,
            queries: [
              rates('netsplit_tracker_announces_total', 'event', 'announce {{event}}'),
              rates('netsplit_tracker_scrapes_total', 'node', '{{node}} scrapes'),
              rates('netsplit_tracker_refused_total', 'node', '{{node}} refused'),
              { expr: `netsplit_network_tracker_announces${NETWORK}`, legend: 'asked in all' },
            ],
          }),
        ],
      },
    ],
  },
}
