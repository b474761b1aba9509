// What the peer says of its contents: in /health, and in `gettorrents` and `gettorrent`.

import { encodeBase64 } from '../core/base64.ts'
import type { ContentHealth } from './events.ts'
import type { Peer } from './peer.ts'
import type { Torrent } from './torrent.ts'
import type { TrackerStatus } from './tracker-client.ts'

export function contentHealth(torrent: Torrent, nowMs: number): ContentHealth {
  const { meta, sharing, content, name, peers, complete } = torrent
  const { have, verifiedBytes = 0 } = sharing ?? {}
  let downBps = 0
  let upBps = 0
  for (const peer of peers.values()) {
    downBps += peer.down.read(nowMs)
    upBps += peer.up.read(nowMs)
  }
  return {
    ...{ content, name, bytes: meta?.contentBytes ?? 0, pieces: meta?.pieces ?? 0 },
    has: encodeBase64(have?.bytes ?? new Uint8Array(0)),
    hasPieces: have?.count ?? 0,
    verifiedBytes,
    downBytes: sharing?.requests.downBytes ?? 0,
    wastedBytes: sharing?.requests.wastedBytes ?? 0,
    upBytes: sharing?.uploads.upBytes ?? 0,
    downBps: Math.round(downBps),
    upBps: Math.round(upBps),
    connections: peers.size,
    upTo: Object.fromEntries(sharing?.uploads.upTo ?? []),
    complete,
  }
}

/** The same with its peers, and how many of them have each piece. */
export function contentDetails(torrent: Torrent, trackers: readonly TrackerStatus[], nowMs: number) {
  const { meta, phase, peers, book, wanted } = torrent
  const availability = new Array<number>(meta?.pieces ?? 0).fill(0)
  for (const { bits } of peers.values())
    if (bits)
      for (const [piece, copies] of availability.entries())
        if (bits.has(piece)) availability[piece] = copies + 1
  return {
    ...contentHealth(torrent, nowMs),
    ...{ phase, known: book.size, availability, trackers, whenComplete: wanted.whenComplete },
    peers: Array.from(peers.values(), peer => peerDetails(torrent, peer, nowMs)),
  }
}

function peerDetails({ sharing }: Torrent, peer: Peer, nowMs: number) {
  const { id, address, client, inbound, source, v2, bits, choked, interested, chokesUs, wantsOurs } = peer
  return {
    ...{ id, address, client, inbound, source, v2 },
    has: encodeBase64(bits?.bytes ?? new Uint8Array(0)),
    hasPieces: bits?.count ?? 0,
    ...{ choked, interested, chokesUs, wantsOurs, snubbed: peer.snubbed, optimistic: peer.optimistic },
    downBps: Math.round(peer.down.read(nowMs)),
    upBps: Math.round(peer.up.read(nowMs)),
    downBytes: peer.downBytes,
    upBytes: peer.upBytes,
    requests: sharing?.requests.outstanding(peer) ?? 0,
  }
}
