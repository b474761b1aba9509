// Bencode, torrents, magnet links and extension payloads as anybody may send them: right ones that were spoilt in a few places. They are
// taken or refused by a coded error, with no more memory and time than their bytes are worth.
// NETSPLIT_FUZZ_CODECS=<how many>: more of them; NETSPLIT_SEED=<seed>: those of a failure again.

import { expect, test } from 'vitest'
import {
  type Bencoded,
  bytesOf,
  decodeBencode,
  encodeBencode,
  isDictionary,
  keyOf,
} from '../../node/bittorrent/bencode.ts'
import { MetainfoError } from '../../node/bittorrent/metainfo/error.ts'
import { parseMagnet } from '../../node/bittorrent/metainfo/magnet.ts'
import { encodeTorrent, parseInfo, parseTorrent } from '../../node/bittorrent/metainfo/parse.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from '../../node/bittorrent/wire/ut-metadata.ts'
import { decodePex, encodePex } from '../../node/bittorrent/wire/ut-pex.ts'
import type { Random } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { ProtocolError } from '../../node/errors.ts'
import { digests } from '../../node/host/digests.ts'
import { torrentOf } from '../support/torrents.ts'

const RUNS = Number(process.env.NETSPLIT_FUZZ_CODECS ?? 20_000)
const SEED = process.env.NETSPLIT_SEED ?? `codecs ${Date.now()}`

const file = (path: readonly string[], length: number) => ({ path, bytes: Buffer.alloc(length, 7) })
const FILES = [file(['a', 'b'], 40_000), file(['c'], 16_384), file(['d', 'e', 'f'], 0), file(['g'], 5)]
const TORRENTS = (['v1', 'v2', 'hybrid'] as const).map(
  version => new Uint8Array(torrentOf(version, 'content', FILES, 16_384)),
)
const infoOf = (torrent: Uint8Array) => parseTorrent(torrent, digests).metainfo.info
const text = (value: string) => new TextEncoder().encode(value)
const PEX = encodePex({
  added: [{ address: '10.0.0.1:6881', seed: true, reachable: true }],
  dropped: ['10.0.0.2:6881'],
})

type Kind = readonly [seeds: readonly Uint8Array[], take: (bytes: Uint8Array) => void]

const KINDS: { readonly [name: string]: Kind } = {
  bencode: [
    [...TORRENTS, PEX, text('d1:ai1e1:bl1:c2:dei-4ee1:ed0:0:ee')],
    bytes => expect(Buffer.compare(encodeBencode(decodeBencode(bytes)), bytes)).toBe(0),
  ],
  torrent: [
    TORRENTS,
    bytes => {
      const { metainfo, layers } = parseTorrent(bytes, digests)
      for (const { path } of metainfo.files)
        for (const element of path) expect(element).toMatch(/^(?!\.{0,2}$)[^/\\\0]+$/)
      const again = parseTorrent(encodeTorrent(metainfo, layers), digests)
      expect(again.metainfo.files).toEqual(metainfo.files)
      expect(again.metainfo.infoHashV2).toEqual(metainfo.infoHashV2)
    },
  ],
  info: [TORRENTS.map(infoOf), bytes => expect(parseInfo(bytes, [], digests).info).toBe(bytes)],
  magnet: [
    [text(`magnet:?xt=urn:btih:${'ab'.repeat(20)}&xt=urn:btmh:1220${'cd'.repeat(32)}&dn=x&x.pe=1.2.3.4:5`)],
    bytes => void parseMagnet(Buffer.from(bytes).toString('latin1')),
  ],
  metadata: [
    [
      encodeMetadataMessage({ type: 'request', piece: 3 }),
      encodeMetadataMessage({ type: 'data', piece: 0, totalBytes: 9, bytes: text('d4:name1:x') }),
    ],
    bytes => {
      const message = decodeMetadataMessage(bytes)
      if (message) expect(decodeMetadataMessage(encodeMetadataMessage(message))).toEqual(message)
    },
  ],
  pex: [[PEX], bytes => expect(decodePex(bytes).added.length).toBeLessThanOrEqual(100)],
}

/** Values that fit where another stands: what a bit turned over makes only once in a long while. */
const PARTS = [
  'de',
  'le',
  'i0e',
  'i-1e',
  `i${2 ** 53 - 1}e`,
  '0:',
  '2:..',
  '1:/',
  'd0:dee',
  'd0:d6:lengthi1eee',
  'i3e',
].map(text)

function spoilt(seed: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = seed.slice()
  for (let changes = random.int(4); changes >= 0; changes--) {
    const at = random.int(bytes.length + 1)
    const end = Math.min(bytes.length, at + random.int(20))
    switch (random.int(5)) {
      case 0:
        if (at < bytes.length) bytes[at] = random.int(256)
        break
      case 1:
        if (at < bytes.length) bytes[at] = 0x30 + random.int(10)
        break
      case 2:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(end))
        break
      case 3:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(at))
        break
      default:
        bytes = joined(
          bytes.subarray(0, at),
          PARTS[random.int(PARTS.length)] as Uint8Array,
          bytes.subarray(at),
        )
    }
  }
  return bytes
}

/** A right encoding, one of whose values is another. */
function replaced(value: Bencoded, random: Random): Bencoded {
  if (random.int(6) === 0)
    return decodeBencode(PARTS.filter((_, i) => i < 8 || i === 10)[random.int(9)] as Uint8Array)
  if (Array.isArray(value)) {
    const list = [...(value as readonly Bencoded[])]
    const at = random.int(list.length + 1)
    if (at < list.length) list[at] = replaced(list[at] as Bencoded, random)
    return list
  }
  if (!isDictionary(value)) return value
  const keys = Object.keys(value)
  const key = keys[random.int(keys.length)]
  return key === undefined ? { x: 1 } : { ...value, [key]: replaced(value[key] as Bencoded, random) }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

test.each(Object.entries(KINDS))(
  `${RUNS} of %s`,
  (name, [seeds, take]) => {
    const random = createRandom(`${SEED} ${name}`)
    let taken = 0
    for (let run = 0; run < RUNS; run++) {
      const seed = seeds[random.int(seeds.length)] as Uint8Array
      const structured = seed[0] === 0x64 && name !== 'metadata' && random.int(2) === 0
      const bytes = structured ? encodeBencode(replaced(decodeBencode(seed), random)) : spoilt(seed, random)
      try {
        take(bytes)
        taken++
      } catch (error) {
        if (error instanceof ProtocolError || error instanceof MetainfoError) continue
        console.log(`seed ${SEED}, run ${run}: ${Buffer.from(bytes).toString('latin1')}`)
        throw error
      }
    }
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(RUNS)
  },
  3_600_000,
)

test('a key as long as all of it takes memory as its bytes do', () => {
  const bytes = 4_000_000
  const said = joined(text(`d${bytes}:`), new Uint8Array(bytes).fill(0xe9), text('i1ee'))
  const before = process.memoryUsage().heapUsed
  const value = decodeBencode(said) as { readonly [key: string]: Bencoded }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * bytes)
  const [key = ''] = Object.keys(value)
  expect(key.length).toBe(bytes)
  expect(Buffer.compare(encodeBencode(value), said)).toBe(0)
  expect(keyOf(bytesOf('\0é\xff'))).toBe('\0é\xff')
})
