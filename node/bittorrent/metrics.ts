// What the peer counts, for Prometheus: of all its contents together.

import type { MetricReading } from '../core/service.ts'
import type { PeerFace } from './face.ts'
import type { Torrent } from './torrent.ts'

export function readMetrics(service: PeerFace): readonly MetricReading[] {
  const { torrents, bans, connections, nowMs } = service
  const all = [...torrents.values()]
  const sum = (of: (torrent: Torrent) => number) => all.reduce((total, torrent) => total + of(torrent), 0)
  const peers = [...connections.peers.values()]
  const reading = (
    kind: MetricReading['kind'],
    name: string,
    help: string,
    value: number,
  ): MetricReading => ({
    ...{ name: `netsplit_bittorrent_${name}`, help, kind, value },
  })
  return [
    reading(
      'gauge',
      'contents',
      'Contents that the peer takes part in.',
      all.filter(({ left }) => !left).length,
    ),
    reading(
      'gauge',
      'complete_contents',
      'Contents that are all there.',
      all.filter(({ complete }) => complete).length,
    ),
    reading(
      'gauge',
      'pieces',
      'Pieces verified and stored.',
      sum(({ sharing }) => sharing?.have.count ?? 0),
    ),
    reading(
      'gauge',
      'verified_bytes',
      'Bytes verified and stored.',
      sum(({ sharing }) => sharing?.verifiedBytes ?? 0),
    ),
    reading('gauge', 'connections', 'Connections to peers that shook hands.', peers.length),
    reading(
      'gauge',
      'unchoked_peers',
      'Peers that may ask for blocks.',
      peers.filter(({ choked }) => !choked).length,
    ),
    reading(
      'gauge',
      'known_peers',
      'Addresses where peers are said to listen.',
      sum(({ book }) => book.size),
    ),
    reading('gauge', 'banned_peers', 'Peers that were proved to lie.', bans.list().length),
    reading(
      'gauge',
      'down_bytes_per_second',
      'Blocks received lately.',
      peers.reduce((bps, { down }) => bps + down.read(nowMs), 0),
    ),
    reading(
      'gauge',
      'up_bytes_per_second',
      'Blocks sent lately.',
      peers.reduce((bps, { up }) => bps + up.read(nowMs), 0),
    ),
    reading(
      'counter',
      'received_block_bytes_total',
      'Blocks received.',
      sum(({ sharing }) => sharing?.requests.downBytes ?? 0),
    ),
    reading(
      'counter',
      'sent_block_bytes_total',
      'Blocks sent.',
      sum(({ sharing }) => sharing?.uploads.upBytes ?? 0),
    ),
    reading(
      'counter',
      'wasted_block_bytes_total',
      'Blocks received that were bad, or there already.',
      sum(({ sharing }) => sharing?.requests.wastedBytes ?? 0),
    ),
    reading(
      'counter',
      'received_bytes_total',
      'All that came over connections to peers.',
      connections.receivedBytes,
    ),
    reading('counter', 'sent_bytes_total', 'All that went over connections to peers.', connections.sentBytes),
  ]
}
