// Torrent files and info dictionaries.

import { ProtocolError } from '../../errors.ts'
import { hasher } from '../../hash.ts'
import { type Bencoded, decodeBencode, encodeBencode, isDictionary } from '../bencode.ts'
import { toHex } from '../hex.ts'
import type { Digests } from '../storage.ts'
import type { Metainfo, TorrentFile } from './metainfo.ts'

const utf8 = new TextDecoder()
type Dictionary = { readonly [key: string]: Bencoded }

export function isInfoOf(info: Uint8Array, v1: Uint8Array | undefined, v2: Uint8Array | undefined, digests: Digests | undefined): boolean {
  if (v2) return same(hasher.sha256(info), v2)
  return v1 !== undefined && digests !== undefined && same(digests.sha1(info), v1)
}

export function parseInfo(info: Uint8Array, trackers: readonly string[], digests?: Digests): Metainfo {
  const said = decodeBencode(info)
  if (!isDictionary(said)) throw new ProtocolError('malformed', 'info')
  const pieceLength = said['piece length'] as number
  const isV2 = said['meta version'] === 2
  const isV1 = said.pieces instanceof Uint8Array
  const name = utf8.decode(said.name as Uint8Array)
  const files: TorrentFile[] = []
  let at = 0
  let last = 0
  if (isV2)
    walk(said['file tree'] as Dictionary, [], (path, length, root) => {
      at = Math.ceil(at / pieceLength) * pieceLength
      files.push({ path, length, offset: at, ...(root && { root }) })
      at += length
    })
  else if (Array.isArray(said.files))
    for (const file of said.files as Dictionary[]) {
      const length = file.length as number
      const path = (file.path as Uint8Array[]).map(element => utf8.decode(element))
      if (!(file.attr instanceof Uint8Array && utf8.decode(file.attr).includes('p'))) files.push({ path, length, offset: at })
      at += length
    }
  else {
    files.push({ path: [name], length: said.length as number, offset: 0 })
    at = said.length as number
  }
  last = at
  return {
    version: isV1 && isV2 ? 'hybrid' : isV2 ? 'v2' : 'v1',
    info,
    ...(isV1 && digests && { infoHashV1: digests.sha1(info) }),
    ...(isV2 && { infoHashV2: hasher.sha256(info) }),
    ...{ name, pieceLength, files, pieces: Math.ceil(last / pieceLength), spaceBytes: last },
    contentBytes: files.reduce((sum, { length }) => sum + length, 0),
    ...(isV1 && { pieceHashesV1: said.pieces as Uint8Array }),
    trackers,
    private: said.private === 1,
  }
}

function walk(tree: Dictionary, path: readonly string[], visit: (path: string[], length: number, root?: Uint8Array) => void): void {
  for (const [key, value] of Object.entries(tree)) {
    const name = utf8.decode(Uint8Array.from(key, c => c.charCodeAt(0)))
    const leaf = (value as Dictionary)['']
    if (leaf) visit([...path, name], (leaf as Dictionary).length as number, (leaf as Dictionary)['pieces root'] as Uint8Array | undefined)
    else walk(value as Dictionary, [...path, name], visit)
  }
}

export function parseTorrent(bytes: Uint8Array, digests?: Digests) {
  const said = decodeBencode(bytes)
  if (!isDictionary(said)) throw new ProtocolError('malformed', 'torrent')
  const info = encodeBencode(said.info)
  const layers = new Map<string, Uint8Array>()
  if (isDictionary(said['piece layers']))
    for (const [root, layer] of Object.entries(said['piece layers']))
      layers.set(toHex(Uint8Array.from(root, c => c.charCodeAt(0))), layer as Uint8Array)
  const trackers = said.announce instanceof Uint8Array ? [utf8.decode(said.announce)] : []
  return { metainfo: parseInfo(info, trackers, digests), layers }
}

export function encodeTorrent(meta: Metainfo, layers: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const ofRoots = Object.fromEntries(
    Array.from(layers, ([root, layer]) => [root.replace(/../g, pair => String.fromCharCode(Number.parseInt(pair, 16))), layer]),
  )
  const [announce] = meta.trackers
  return encodeBencode({ ...(announce && { announce }), info: decodeBencode(meta.info), ...(layers.size > 0 && { 'piece layers': ofRoots }) })
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
