// How much a torrent may describe, what counts as padding, and where a name comes from that says nothing: as libtorrent judges.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Bencoded, encodeBencode } from '../../node/bittorrent/bencode.ts'
import { readHello } from '../../node/bittorrent/hello.ts'
import { parseInfo } from '../../node/bittorrent/metainfo/parse.ts'
import type { Peer } from '../../node/bittorrent/peer.ts'
import { digests } from '../../node/host/digests.ts'

const v1 = (files: readonly Bencoded[], pieces: number, more = {}) =>
  encodeBencode({ name: 'x', 'piece length': 16_384, pieces: new Uint8Array(20 * pieces), files, ...more })
const v2 = (length: number, pieceLength: number) =>
  encodeBencode({
    ...{ name: 'x', 'piece length': pieceLength, 'meta version': 2 },
    'file tree': { x: { '': { length, 'pieces root': new Uint8Array(32).fill(1) } } },
  })
const parse = (info: Uint8Array) => parseInfo(info, [], digests)

test('folders in folders of their own are counted, not only files', () => {
  const files = (folders: number) =>
    Array.from({ length: 2_000 }, (_, i) => ({
      length: 1,
      path: Array.from({ length: folders }, (_, at) => (at === 0 ? `${i}` : 'a')),
    }))
  expect(parse(v1(files(20), 1)).files).toHaveLength(2_000)
  expect(() => parse(v1(files(60), 1))).toThrow(expect.objectContaining({ code: 'too-large' }))
})

test('files of more than 32 GiB are files; a tree has nodes that 31 bits can count', () => {
  const bytes = 2 ** 30 * 48
  expect(parse(v2(bytes, 2 ** 20)).contentBytes).toBe(bytes)
  const info = { length: bytes, files: undefined, 'piece length': 2 ** 20 }
  expect(parse(v1([], bytes / 2 ** 20, info)).contentBytes).toBe(bytes)
  expect(() => parse(v2((2 ** 30 - 2) * 16_384, 2 ** 20))).toThrow(
    expect.objectContaining({ code: 'too-large' }),
  )
  expect(() => parse(v2((2 ** 30 - 1) * 16_384, 2 ** 20))).toThrow(
    expect.objectContaining({ code: 'length' }),
  )
})

test('padding by its name, of before there were attributes', () => {
  const padding = { length: 16_374, path: ['_____padding_file_0_please update'] }
  const { files, pieces } = parse(v1([{ length: 10, path: ['a'] }, padding, { length: 5, path: ['b'] }], 2))
  expect(files.map(({ path, offset }) => [path[0], offset])).toEqual([
    ['a', 0],
    ['b', 16_384],
  ])
  expect(pieces).toBe(2)
})

test('a name that says nothing is the info-hash: of version 1, where it has one', () => {
  const info = v1([{ length: 10, path: ['a'] }], 1, { name: '..' })
  expect(parse(info).name).toBe(createHash('sha1').update(info).digest('hex'))
})

test('however many handshakes of extensions come, few names are remembered', () => {
  const peer = { extensions: {} } as Peer
  for (let said = 0; said < 10; said++) {
    const names = Array.from({ length: 50 }, (_, i) => [`${said} ${i}`, 1 + i] as const)
    readHello(
      peer,
      encodeBencode({ m: Object.fromEntries([...names, ['ut_pex', 1 + said], ['n'.repeat(999), 9]]) }),
    )
  }
  expect(Object.keys(peer.extensions).length).toBeLessThanOrEqual(64)
  expect(peer.extensions.ut_pex).toBe(10)
})
