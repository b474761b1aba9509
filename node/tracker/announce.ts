// What a peer says when it asks for others (BEP 3, 23): read from the query, or why that cannot be.

import { numberIn, type Query, textIn } from './query.ts'

export const HASH_BYTES = 20

/** Where a peer listens. IPv4 alone. */
export interface Endpoint {
  /** Four bytes. */
  readonly ip: Uint8Array
  readonly port: number
}

export interface Announce {
  /** SHA-1 of the info, or the first 20 bytes of its SHA-256: to a tracker the same. Hex. */
  readonly infoHash: string
  readonly peerId: Uint8Array
  readonly at: Endpoint
  /** Absent: one of those that come at their time. */
  readonly event: 'started' | 'stopped' | 'completed' | undefined
  readonly isSeed: boolean
  /** Peers wanted; undefined: as many as there are usually. */
  readonly wanted: number | undefined
  readonly compact: boolean
  readonly peerIds: boolean
  /** Proves that it is the same peer, wherever it comes from. */
  readonly key: string | undefined
}

/** `from`: the host that asks, as its connection says. A text: the reason of the failure. */
export function readAnnounce(query: Query, from: string): Announce | string {
  const hash = query.get('info_hash')?.[0]
  if (hash?.length !== HASH_BYTES) return `info_hash must be ${HASH_BYTES} bytes`
  const peerId = query.get('peer_id')?.[0]
  if (peerId?.length !== 20) return 'peer_id must be 20 bytes'
  const port = numberIn(query, 'port')
  if (port === undefined || !(port >= 1 && port <= 65_535)) return 'port must be a number from 1 to 65535'
  const bad = ['uploaded', 'downloaded', 'left'].find(name => Number.isNaN(numberIn(query, name)))
  if (bad !== undefined) return `${bad} must be a number`
  // Who wants as many as there are says −1, and some say what nobody can read.
  const wanted = numberIn(query, 'numwant')
  const ip = parseIpv4(textIn(query, 'ip') ?? '') ?? parseIpv4(from)
  if (!ip) return 'peers are told of IPv4 addresses alone, and yours is none'
  return {
    infoHash: hexOf(hash),
    peerId,
    at: { ip, port },
    event: eventOf(textIn(query, 'event')),
    isSeed: numberIn(query, 'left') === 0,
    wanted: wanted === undefined || Number.isNaN(wanted) ? undefined : wanted,
    compact: textIn(query, 'compact') !== '0',
    peerIds: textIn(query, 'no_peer_id') !== '1',
    key: textIn(query, 'key'),
  }
}

/** Words that others use (`paused`, BEP 21) change nothing about who is there. */
function eventOf(text: string | undefined): Announce['event'] {
  return text === 'started' || text === 'stopped' || text === 'completed' ? text : undefined
}

/** `10.0.0.1`, or the same as IPv6 has it. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.replace(/^\[?::ffff:([0-9.]+)\]?$/i, '$1').split('.')
  const isPart = (part: string) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255
  return parts.length === 4 && parts.every(isPart) ? Uint8Array.from(parts, Number) : undefined
}

export function textOfEndpoint({ ip, port }: Endpoint): string {
  return `${ip.join('.')}:${port}`
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
