// The URL of a tracker, and the question that it is asked there (BEP 3, 7, 23).

import type { Address } from '../core/host.ts'

export interface TrackerUrl {
  /** Where to dial. */
  readonly address: Address
  /** As the header `Host` has it. */
  readonly host: string
  /** Path, and the query that it has already. */
  readonly target: string
}

export type AnnounceEvent = 'started' | 'completed' | 'stopped'

export interface Question {
  /** 20 bytes each. */
  readonly infoHash: Uint8Array
  readonly peerId: Uint8Array
  readonly port: number
  readonly uploaded: number
  readonly downloaded: number
  readonly left: number
  readonly wanted: number
  readonly key: string
  readonly event: AnnounceEvent | undefined
  /** What the tracker wants to hear again. */
  readonly trackerId: Uint8Array | undefined
}

/** Undefined: it is no `http://host:port/path`. */
export function parseTrackerUrl(url: string): TrackerUrl | undefined {
  const [, host, port = '80', rest = ''] =
    /^http:\/\/([0-9A-Za-z._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?(\/[\x21\x22\x24-\x7e]*|\?[\x21\x22\x24-\x7e]*)?$/i.exec(
      url,
    ) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535 || url.length > 2_000) return undefined
  const target = rest.startsWith('/') ? rest : `/${rest}`
  return {
    address: `${host}:${Number(port)}`,
    host: port === '80' ? host : `${host}:${Number(port)}`,
    target,
  }
}

/** A GET whose answer ends with the connection. */
export function requestFor({ host, target }: TrackerUrl, question: Question, userAgent: string): Uint8Array {
  const { infoHash, peerId, port, uploaded, downloaded, left, wanted, key, event, trackerId } = question
  const fields = [
    `info_hash=${escaped(infoHash)}`,
    `peer_id=${escaped(peerId)}`,
    ...[`port=${port}`, `uploaded=${uploaded}`, `downloaded=${downloaded}`, `left=${left}`],
    ...['compact=1', 'no_peer_id=1', `numwant=${wanted}`, `key=${key}`],
    ...(event ? [`event=${event}`] : []),
    ...(trackerId ? [`trackerid=${escaped(trackerId)}`] : []),
  ]
  const joint = target.includes('?') ? '&' : '?'
  return new TextEncoder().encode(
    `GET ${target}${joint}${fields.join('&')} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${userAgent}\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n`,
  )
}

/** Letters, digits and four signs as they are (RFC 3986), every other byte behind a per cent sign. */
function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, byte => {
    const character = String.fromCharCode(byte)
    return /[0-9A-Za-z._~-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
