// The handshake of the extension protocol (BEP 10): which extensions a peer knows and by what numbers, where it listens, how large the
// info is that it has.

import { decodeBencode, encodeBencode, isDictionary } from './bencode.ts'
import type { Peer } from './peer.ts'
import type { Torrent } from './torrent.ts'

/** What is said to everybody. */
export interface Hello {
  readonly extensions: { readonly [name: string]: number }
  /** Where it listens. */
  readonly port: number | undefined
  readonly client: string
  readonly maxRequests: number
}

const MAX_EXTENSIONS = 64
const MAX_NAME = 64
const utf8 = { encode: new TextEncoder(), decode: new TextDecoder() }

export function writeHello({ extensions, port, client, maxRequests }: Hello, torrent: Torrent): Uint8Array {
  const { metadataBytes, isPrivate } = torrent
  const known = isPrivate
    ? Object.fromEntries(Object.entries(extensions).filter(([name]) => name !== 'ut_pex'))
    : extensions
  return encodeBencode({
    m: known,
    ...(metadataBytes !== undefined && { metadata_size: metadataBytes }),
    ...(port !== undefined && { p: port }),
    reqq: maxRequests,
    v: utf8.encode.encode(client),
  })
}

/** What the peer says is remembered; its port is given back. Sent again, it changes what it names (BEP 10). */
export function readHello(peer: Peer, payload: Uint8Array): { readonly listensPort: number | undefined } {
  const said = decodeBencode(payload, { anyOrder: true })
  if (!isDictionary(said)) return { listensPort: undefined }
  const { m, metadata_size: metadataBytes, p, reqq, v } = said
  if (isDictionary(m)) peer.extensions = bounded({ ...peer.extensions, ...numbersOf(m) })
  if (isWhole(metadataBytes)) peer.metadataBytes = metadataBytes
  if (isWhole(reqq) && reqq > 0) peer.maxRequests = reqq
  if (v instanceof Uint8Array) peer.client = utf8.decode.decode(v.subarray(0, MAX_NAME))
  peer.extensionsKnown = true
  return { listensPort: isWhole(p) && p > 0 && p < 65_536 ? p : undefined }
}

function numbersOf(dictionary: { readonly [name: string]: unknown }): { readonly [name: string]: number } {
  const numbers: Record<string, number> = {}
  for (const [name, number] of Object.entries(dictionary).slice(0, MAX_EXTENSIONS))
    if (name.length <= MAX_NAME && isWhole(number) && number < 256) numbers[name] = number
  return numbers
}

/** However many handshakes come, each with names of its own. */
function bounded(numbers: { readonly [name: string]: number }): { readonly [name: string]: number } {
  const entries = Object.entries(numbers)
  return entries.length <= MAX_EXTENSIONS ? numbers : Object.fromEntries(entries.slice(0, MAX_EXTENSIONS))
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
