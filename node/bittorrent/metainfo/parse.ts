// Torrent files and info dictionaries (BEP 3, 9, 52): checked wholly, for they come from anybody. Throws MetainfoError for what is no
// torrent, ProtocolError for what is no bencode.

import { hasher } from '../../hash.ts'
import {
  type Bencoded,
  bytesOf,
  type Dictionary,
  decodeBencode,
  decodeFirst,
  encodeBencode,
  isDictionary,
  keyOf,
  rawValue,
} from '../bencode.ts'
import { fromHex, toHex } from '../hex.ts'
import type { Digests } from '../storage.ts'
import { heightOf, rootOf } from '../tree-hashes.ts'
import { MetainfoError } from './error.ts'
import { type Described, type DescribedFile, filesOfV1, filesOfV2 } from './files.ts'
import { BLOCK_BYTES, type Metainfo, type TorrentFile } from './metainfo.ts'
import { DistinctPaths, safeElement, safePath } from './paths.ts'

const SHA1_BYTES = 20
const HASH_BYTES = 32
/** Of what peers send each other (BEP 9) and of a file; libtorrent takes 30 MB. */
export const MAX_INFO_BYTES = 30 * 1024 * 1024
const MAX_TORRENT_BYTES = 100 * 1024 * 1024
const MAX_PIECES = 2 ** 21
export const MAX_PIECE_LENGTH = 2 ** 29
const MAX_TRACKERS = 100
const MAX_URL = 2_000
const utf8 = new TextDecoder()

/** The info is what the hashes say. Without SHA-1 here a hash of version 1 alone cannot tell. */
export function isInfoOf(
  info: Uint8Array,
  v1: Uint8Array | undefined,
  v2: Uint8Array | undefined,
  digests: Digests | undefined,
): boolean {
  if (v2) return same(hasher.sha256(info), v2)
  return v1 !== undefined && digests !== undefined && same(digests.sha1(info), v1)
}

/** `info`: the dictionary's bytes as they came. */
export function parseInfo(info: Uint8Array, trackers: readonly string[], digests?: Digests): Metainfo {
  if (info.length > MAX_INFO_BYTES) throw new MetainfoError('too-large', `an info of ${info.length} bytes`)
  const said = decodeInfo(info)
  const { hasV1, hasV2 } = versionsOf(said)
  if (hasV1 && !digests) throw new MetainfoError('no-sha1', 'version 1 needs SHA-1, which this machine lacks')
  const pieceLength = pieceLengthOf(said, hasV2)
  const name = nameOf(said, info, hasV1 ? digests : undefined)
  const v2 = hasV2 ? filesOfV2(said, pieceLength) : undefined
  const v1 = hasV1 ? filesOfV1(said) : undefined
  const described = v2 ?? (v1 as Described)
  if (v1 && v2) checkAlike(v1, v2, said.name)
  const spaceBytes = v2 ? described.endBytes : (v1 as Described).endBytes
  if (spaceBytes === 0) throw new MetainfoError('length', 'there is nothing in it')
  const pieces = Math.ceil(spaceBytes / pieceLength)
  if (pieces > MAX_PIECES) throw new MetainfoError('too-large', `${pieces} pieces`)
  const files = named(described.files, said.name as Uint8Array, name)
  return {
    version: hasV1 && hasV2 ? 'hybrid' : hasV2 ? 'v2' : 'v1',
    info,
    ...(v1 && { infoHashV1: (digests as Digests).sha1(info) }),
    ...(v2 && { infoHashV2: hasher.sha256(info) }),
    ...{ name, pieceLength, files, pieces, spaceBytes },
    contentBytes: files.reduce((sum, { length }) => sum + length, 0),
    ...(v1 && { pieceHashesV1: pieceHashesOf(said, Math.ceil(v1.endBytes / pieceLength), pieces) }),
    trackers,
    private: said.private === 1,
  }
}

/** `layers`: hashes of pieces, 32 bytes each, by the root of the file in hex; each leads to its root. */
export function parseTorrent(
  bytes: Uint8Array,
  digests?: Digests,
): { readonly metainfo: Metainfo; readonly layers: ReadonlyMap<string, Uint8Array> } {
  if (bytes.length > MAX_TORRENT_BYTES)
    throw new MetainfoError('too-large', `a file of ${bytes.length} bytes`)
  // Editors leave a line's end behind it.
  const [said] = decodeFirst(bytes, { anyOrder: true })
  const info = isDictionary(said) ? rawValue(bytes, 'info', { anyOrder: true }) : undefined
  if (!isDictionary(said) || !info || !isDictionary(said.info))
    throw new MetainfoError('no-torrent', 'it has no info dictionary')
  const metainfo = parseInfo(info, trackersOf(said), digests)
  return { metainfo, layers: layersOf(said['piece layers'], metainfo) }
}

/** A torrent file of this info; `layers` as `parseTorrent` gives them. */
export function encodeTorrent(meta: Metainfo, layers: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries = [...layers].map(([root, layer]) => [keyOf(fromHex(root) as Uint8Array), layer] as const)
  const [announce] = meta.trackers
  const around = encodeBencode({
    announce,
    'announce-list': meta.trackers.length > 1 ? meta.trackers.map(url => [url]) : undefined,
    // Its place; its bytes are put there as they are, for they are hashed.
    info: 0,
    'piece layers': meta.infoHashV2 ? Object.fromEntries(entries) : undefined,
  })
  return withInfo(around, meta.info)
}

function withInfo(around: Uint8Array, info: Uint8Array): Uint8Array {
  const place = rawValue(around, 'info') as Uint8Array
  const at = place.byteOffset - around.byteOffset
  const whole = new Uint8Array(around.length - place.length + info.length)
  whole.set(around.subarray(0, at))
  whole.set(info, at)
  whole.set(around.subarray(at + place.length), at + info.length)
  return whole
}

/** Of version 2 there is one encoding; older programs have put keys of version 1 in any order. */
function decodeInfo(info: Uint8Array): Dictionary {
  const said = decodeBencode(info, { anyOrder: true })
  if (!isDictionary(said)) throw new MetainfoError('no-torrent', 'the info is no dictionary')
  return said['meta version'] === undefined ? said : (decodeBencode(info) as Dictionary)
}

function versionsOf(said: Dictionary): { readonly hasV1: boolean; readonly hasV2: boolean } {
  const version = said['meta version']
  const hasV2 = version !== undefined
  if (hasV2 && version !== 2)
    throw new MetainfoError(
      'version',
      `meta version ${typeof version === 'number' ? version : 'of another kind'} is not known`,
    )
  if (!hasV2 && said['file tree'] !== undefined)
    throw new MetainfoError('version', 'it has a file tree, and no meta version')
  const hasV1 = said.pieces !== undefined || !hasV2
  return { hasV1, hasV2 }
}

function pieceLengthOf(said: Dictionary, hasV2: boolean): number {
  const length = said['piece length']
  if (typeof length !== 'number' || length <= 0 || length > MAX_PIECE_LENGTH)
    throw new MetainfoError('piece-length', 'the piece length is missing, or none')
  if (hasV2 && (length < BLOCK_BYTES || (length & (length - 1)) !== 0))
    throw new MetainfoError('piece-length', `a piece length of ${length} is no power of two from 16,384 on`)
  return length
}

/** Where a name says nothing, the hash does: of version 1 where it has one, so that all have one folder. */
function nameOf(
  { name, 'name.utf-8': better }: Dictionary,
  info: Uint8Array,
  digests: Digests | undefined,
): string {
  const said = better instanceof Uint8Array ? better : name
  if (!(said instanceof Uint8Array)) throw new MetainfoError('name', 'the name is missing')
  const safe = said.length === 0 ? undefined : safeElement(said)
  return safe ?? toHex(digests?.sha1(info) ?? hasher.sha256(info).subarray(0, SHA1_BYTES))
}

/** All different, and safe. A single file has the content's name. */
function named(files: readonly DescribedFile[], rawName: Uint8Array, name: string): TorrentFile[] {
  const [only] = files
  const distinct = new DistinctPaths()
  return files.map(file => {
    const isWhole = file.path.length === 0 || (files.length === 1 && isSingle(only as DescribedFile, rawName))
    const path = distinct.add(isWhole ? [name] : safePath(file.path))
    return { path, length: file.length, offset: file.offset, ...(file.root && { root: file.root }) }
  })
}

/** In version 2 a tree of one file that has the content's name is no folder (BEP 52). */
function isSingle({ path, root }: DescribedFile, name: unknown): boolean {
  return (
    root !== undefined && path.length === 1 && name instanceof Uint8Array && same(path[0] as Uint8Array, name)
  )
}

function pieceHashesOf({ pieces }: Dictionary, wanted: number, most: number): Uint8Array {
  if (!(pieces instanceof Uint8Array)) throw new MetainfoError('pieces', 'the hashes of pieces are missing')
  if (pieces.length % SHA1_BYTES !== 0 || pieces.length / SHA1_BYTES !== wanted)
    throw new MetainfoError('pieces', `${pieces.length} bytes of hashes for ${wanted} pieces`)
  return pieces.subarray(0, most * SHA1_BYTES)
}

/** Both sides of a hybrid: the same names, lengths and places. */
function checkAlike(v1: Described, v2: Described, name: unknown): void {
  const alike =
    v1.files.length === v2.files.length &&
    v1.files.every((file, i) => {
      const other = v2.files[i] as DescribedFile
      const path = file.path.length === 0 && name instanceof Uint8Array ? [name] : file.path
      return (
        file.length === other.length &&
        (file.length === 0 || file.offset === other.offset) &&
        path.length === other.path.length &&
        path.every((element, at) => same(element, other.path[at] as Uint8Array))
      )
    })
  if (!alike) throw new MetainfoError('inconsistent', 'its two versions describe different files')
}

function layersOf(
  said: Bencoded | undefined,
  { files, pieceLength }: Metainfo,
): ReadonlyMap<string, Uint8Array> {
  const layers = new Map<string, Uint8Array>()
  if (said === undefined) return layers
  if (!isDictionary(said)) throw new MetainfoError('piece-layer', 'piece layers are no dictionary')
  const long = new Map(
    files.flatMap(file =>
      file.root && file.length > pieceLength ? [[toHex(file.root), file] as const] : [],
    ),
  )
  for (const [key, layer] of Object.entries(said)) {
    const root = toHex(bytesOf(key))
    const file = long.get(root)
    if (!file) throw new MetainfoError('piece-layer', 'a piece layer is of no file')
    if (!(layer instanceof Uint8Array) || !leadsTo(layer, file, pieceLength))
      throw new MetainfoError(
        'piece-layer',
        `the piece layer of ${file.path.join('/')} does not lead to its root`,
      )
    layers.set(root, layer)
  }
  return layers
}

function leadsTo(layer: Uint8Array, { length, root }: TorrentFile, pieceLength: number): boolean {
  const pieces = Math.ceil(length / pieceLength)
  if (layer.length !== pieces * HASH_BYTES) return false
  return same(rootOf(layer, heightOf(pieces), heightOf(pieceLength / BLOCK_BYTES)), root as Uint8Array)
}

/** Each once, in their order; what is no URL of this protocol its own user judges. */
function trackersOf(said: Dictionary): readonly string[] {
  const list = Array.isArray(said['announce-list'])
    ? (said['announce-list'] as readonly Bencoded[]).flat()
    : []
  const urls = [said.announce, ...list].flatMap(url =>
    url instanceof Uint8Array ? utf8.decode(url).trim() : [],
  )
  return [...new Set(urls)].filter(url => url !== '' && url.length <= MAX_URL).slice(0, MAX_TRACKERS)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
