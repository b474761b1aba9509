// What a tracker answers: bencoded words (BEP 3, 23, 48) in an HTTP response that ends with its connection.

import type { Announce } from './announce.ts'
import type { Refused } from './request.ts'
import type { SwarmCounts, SwarmPeer } from './swarms.ts'

const REASONS: { readonly [status in Refused['status'] | 200 | 404]: string } = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  505: 'HTTP Version Not Supported',
}

/** Bytes as characters up to 0xff, so that they can be put together like text. */
type Bencoded = string

/** With status 200, as clients want it. */
export function failure(reason: string): Uint8Array {
  return bencoded([['failure reason', bytes(reason)]])
}

/** For whoever does not speak as a client does. */
export function refusal(status: Refused['status'] | 404): Uint8Array {
  return response(status, `${status} ${REASONS[status]}\n`)
}

export function peersAnswer(
  { compact, peerIds }: Announce,
  peers: readonly SwarmPeer[],
  { seeds, leechers, completed }: SwarmCounts,
  intervalMs: number,
): Uint8Array {
  const interval = Math.ceil(intervalMs / 1000)
  return bencoded([
    ['complete', number(seeds)],
    ['downloaded', number(completed)],
    ['incomplete', number(leechers)],
    ['interval', number(interval)],
    ['min interval', number(Math.ceil(interval / 2))],
    [
      'peers',
      compact ? bytes(compactPeers(peers)) : `l${peers.map(peer => listed(peer, peerIds)).join('')}e`,
    ],
  ])
}

/** `hashes`: those that were asked for, in hex (BEP 48). */
export function scrapeAnswer(
  hashes: readonly string[],
  countsOf: (infoHash: string) => SwarmCounts,
  intervalMs: number,
): Uint8Array {
  const files = [...new Set(hashes)].sort().map(hash => {
    const { seeds, leechers, completed } = countsOf(hash)
    const counts = [
      ['complete', number(seeds)],
      ['downloaded', number(completed)],
      ['incomplete', number(leechers)],
    ] as const
    return [rawOf(hash), dictionary(counts)] as const
  })
  const flags = dictionary([['min_request_interval', number(Math.ceil(intervalMs / 2000))]])
  return bencoded([
    ['files', dictionary(files)],
    ['flags', flags],
  ])
}

/** Six bytes each (BEP 23). */
function compactPeers(peers: readonly SwarmPeer[]): string {
  return peers.map(({ at: { ip, port } }) => String.fromCharCode(...ip, port >>> 8, port & 0xff)).join('')
}

function listed({ peerId, at }: SwarmPeer, withId: boolean): Bencoded {
  const id = ['peer id', bytes(String.fromCharCode(...peerId))] as const
  return dictionary([['ip', bytes(at.ip.join('.'))], ...(withId ? [id] : []), ['port', number(at.port)]])
}

/** Entries in the order of their keys. */
function dictionary(entries: readonly (readonly [key: string, value: Bencoded])[]): Bencoded {
  return `d${entries.map(([key, value]) => `${bytes(key)}${value}`).join('')}e`
}

function bytes(characters: string): Bencoded {
  return `${characters.length}:${characters}`
}

function number(value: number): Bencoded {
  return `i${value}e`
}

/** 20 bytes of 40 digits. */
function rawOf(hex: string): string {
  return hex.replace(/../g, pair => String.fromCharCode(Number.parseInt(pair, 16)))
}

function bencoded(entries: Parameters<typeof dictionary>[0]): Uint8Array {
  return response(200, dictionary(entries))
}

function response(status: keyof typeof REASONS, body: string): Uint8Array {
  const head = `HTTP/1.1 ${status} ${REASONS[status]}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  return Uint8Array.from(head + body, character => character.charCodeAt(0))
}
