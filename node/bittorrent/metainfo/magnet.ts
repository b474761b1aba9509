// Magnet links (BEP 9, 53): who is meant, by the hash of version 1 (hex or base 32), of version 2 (a multihash), or both.

import { fromHex, toHex } from '../hex.ts'
import { MetainfoError } from './error.ts'
import type { Magnet } from './metainfo.ts'

const [BTIH, BTMH] = ['urn:btih:', 'urn:btmh:']
/** SHA2-256, 32 bytes (multihash). */
const SHA256_HEAD = '1220'
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const MAX_LINK = 20_000
const MAX_OTHERS = 100

/** Throws MetainfoError. */
export function parseMagnet(link: string): Magnet {
  if (!/^magnet:\?/i.test(link)) throw new MetainfoError('no-torrent', 'a magnet link begins with magnet:?')
  if (link.length > MAX_LINK)
    throw new MetainfoError('too-large', `a magnet link of ${link.length} characters`)
  const said = new URLSearchParams(link.slice('magnet:?'.length))
  const all = (name: string) =>
    [...said].flatMap(([key, value]) => (key.replace(/\.\d+$/, '') === name ? [value] : []))
  const topics = all('xt')
  const infoHashV1 = first(topics, BTIH, v1Hash)
  const infoHashV2 = first(topics, BTMH, v2Hash)
  if (!infoHashV1 && !infoHashV2)
    throw new MetainfoError(
      'no-torrent',
      'the magnet link names no content: xt=urn:btmh:1220… or xt=urn:btih:… is missing',
    )
  const [name] = all('dn')
  return {
    ...(infoHashV1 && { infoHashV1 }),
    ...(infoHashV2 && { infoHashV2 }),
    ...(name !== undefined && name !== '' && { name }),
    trackers: [...new Set(all('tr'))].slice(0, MAX_OTHERS),
    peers: [...new Set(all('x.pe'))].filter(isAddress).slice(0, MAX_OTHERS),
  }
}

export function formatMagnet({ infoHashV1, infoHashV2, name, trackers, peers }: Magnet): string {
  const parts = [
    ...(infoHashV1 ? [`xt=${BTIH}${toHex(infoHashV1)}`] : []),
    ...(infoHashV2 ? [`xt=${BTMH}${SHA256_HEAD}${toHex(infoHashV2)}`] : []),
    ...(name === undefined ? [] : [`dn=${encodeURIComponent(name)}`]),
    ...trackers.map(each => `tr=${encodeURIComponent(each)}`),
    ...peers.map(each => `x.pe=${each}`),
  ]
  return `magnet:?${parts.join('&')}`
}

/** The first of this kind; one that cannot be read is no other content's. */
function first(topics: readonly string[], kind: string, read: (text: string) => Uint8Array | undefined) {
  const topic = topics.find(each => each.toLowerCase().startsWith(kind))
  if (topic === undefined) return undefined
  const hash = read(topic.slice(kind.length))
  if (!hash) throw new MetainfoError('no-torrent', `the magnet link's ${topic.slice(0, 100)} is no hash`)
  return hash
}

function v1Hash(text: string): Uint8Array | undefined {
  if (text.length === 40) return fromHex(text)
  if (text.length !== 32) return undefined
  const bytes: number[] = []
  let [bits, held] = [0, 0]
  for (const character of text.toUpperCase()) {
    const value = BASE32.indexOf(character)
    if (value < 0) return undefined
    held = ((held << 5) | value) & 0xffff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 0xff)
  }
  return Uint8Array.from(bytes)
}

function v2Hash(text: string): Uint8Array | undefined {
  return text.startsWith(SHA256_HEAD) && text.length === 68
    ? fromHex(text.slice(SHA256_HEAD.length))
    : undefined
}

function isAddress(text: string): boolean {
  const [, port] = /^(?:[0-9A-Za-z.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(text) ?? []
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536
}
