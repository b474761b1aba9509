// What is a torrent and what is not: kinds of mistakes as libtorrent's own test torrents have them, with its verdicts, each made anew
// here.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bencoded, bytesOf, encodeBencode } from '../../node/bittorrent/bencode.ts'
import { MetainfoError, type MetainfoErrorCode } from '../../node/bittorrent/metainfo/error.ts'
import { encodeTorrent, parseInfo, parseTorrent } from '../../node/bittorrent/metainfo/parse.ts'
import { ProtocolError } from '../../node/errors.ts'
import { DIGESTS, type Fields, PIECE, torrent, v1Files, v1Info, v2File, v2Info } from '../support/metainfo.ts'
import { sha256 } from '../support/sha256.ts'

const parse = (bytes: Uint8Array) => parseTorrent(bytes, DIGESTS)
const filesOf = (info: Fields) => parse(torrent(info)).metainfo.files.map(({ path }) => path.join('/'))
const raw = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

const file = (path: readonly Bencoded[], length = 10, changes: Fields = {}): Fields => ({
  length,
  path,
  ...changes,
})
const nested = (depth: number): Bencoded => (depth === 0 ? v2File(1) : { a: nested(depth - 1) })
const layerOf = (pieces: number) => new Uint8Array(32 * pieces).fill(3)
const rootOfTwo = sha256(layerOf(2))
const twoPieces = v2Info({ test: v2File(2 * PIECE, { 'pieces root': rootOfTwo }) })
const withLayers = (layers: Fields) => torrent(twoPieces, { 'piece layers': layers })
const key = (root: Uint8Array) => String.fromCharCode(...root)
/** A hybrid of two files, the first padded to a whole piece. */
const hybrid = (changes: Fields = {}, tree: Bencoded = { a: v2File(10_000), b: v2File(5_000) }): Fields =>
  v1Files([file(['a'], 10_000), file(['.pad', '6384'], 6_384, { attr: 'p' }), file(['b'], 5_000)], {
    ...{ 'meta version': 2, 'file tree': tree, ...changes },
  })

describe('is no torrent', () => {
  const wrong: readonly (readonly [string, Uint8Array, MetainfoErrorCode])[] = [
    ['text', encodeBencode('text'), 'no-torrent'],
    ['without an info', torrent(undefined), 'no-torrent'],
    ['with an info that is no dictionary', torrent('info'), 'no-torrent'],
    ['without a piece length', torrent(v1Info(9, { 'piece length': undefined })), 'piece-length'],
    ['with a piece length that is text', torrent(v1Info(9, { 'piece length': 'x' })), 'piece-length'],
    ['with a piece length of nothing', torrent(v1Info(9, { 'piece length': 0 })), 'piece-length'],
    ['with a negative piece length', torrent(v1Info(9, { 'piece length': -1 })), 'piece-length'],
    ['without a name', torrent(v1Info(9, { name: undefined })), 'name'],
    ['with a name that is a number', torrent(v1Info(9, { name: 3 })), 'name'],
    ['of negative length', torrent(v1Info(9, { length: -425 })), 'length'],
    ['without a length', torrent(v1Info(9, { length: undefined })), 'length'],
    ['with a file of negative length', torrent(v1Files([file(['a'], -45)])), 'length'],
    ['with a file whose length is text', torrent(v1Files([{ path: ['a'], length: 'x' }])), 'length'],
    ['with a path that holds a number', torrent(v1Files([file(['a', 3])])), 'name'],
    ['with a file without a path', torrent(v1Files([{ length: 3 }])), 'name'],
    ['without hashes of pieces', torrent(v1Info(9, { pieces: undefined })), 'pieces'],
    ['with hashes that are a number', torrent(v1Info(9, { pieces: 3 })), 'pieces'],
    ['with a part of a hash', torrent(v1Info(9, { pieces: new Uint8Array(24) })), 'pieces'],
    ['with fewer hashes than pieces', torrent(v1Info(40_000, { pieces: new Uint8Array(40) })), 'pieces'],
    [
      'with a link whose target is no text',
      torrent(v1Files([file(['a']), file(['l'], 0, { attr: 'l', 'symlink path': [3] })])),
      'name',
    ],
    ['of too many pieces', torrent(v1Info(9, { 'piece length': 1, length: 2 ** 30 })), 'too-large'],
    ['of no files', torrent(v1Files([])), 'no-files'],
    ['of nothing', torrent(v1Info(0)), 'length'],
    ['of files with nothing in them', torrent(v1Files([file(['a'], 0), file(['b'], 0)])), 'length'],
    ['of an unknown version', torrent(v2Info(undefined, { 'meta version': 3 })), 'version'],
    [
      'with a tree and no version',
      torrent(v2Info(undefined, { 'meta version': undefined, pieces: new Uint8Array(20), length: 9 })),
      'version',
    ],
    ['v2 without a tree', torrent(v2Info(undefined, { 'file tree': undefined })), 'file-tree'],
    [
      'v2 with a piece length that is no power of two',
      torrent(v2Info(undefined, { 'piece length': 40_000 })),
      'piece-length',
    ],
    [
      'v2 with pieces smaller than a block',
      torrent(v2Info(undefined, { 'piece length': 8_192 })),
      'piece-length',
    ],
    [
      'v2 with pieces beyond all measure',
      torrent(v2Info(undefined, { 'piece length': 2 ** 31 })),
      'piece-length',
    ],
    ['v2 with a file that is a number', torrent(v2Info({ a: { '': 3 } })), 'file-tree'],
    ['v2 with an entry that is a number', torrent(v2Info({ a: 3 })), 'file-tree'],
    ['v2 with an empty name', torrent(v2Info({ '': v2File(9) })), 'file-tree'],
    [
      'v2 with an entry that is a file and a folder',
      torrent(v2Info({ a: { ...(v2File(9) as object), b: v2File(9) } as Bencoded })),
      'file-tree',
    ],
    ['v2 without a root', torrent(v2Info({ a: v2File(9, { 'pieces root': undefined }) })), 'pieces-root'],
    [
      'v2 with a root of zeros',
      torrent(v2Info({ a: v2File(9, { 'pieces root': new Uint8Array(32) }) })),
      'pieces-root',
    ],
    [
      'v2 with a short root',
      torrent(v2Info({ a: v2File(9, { 'pieces root': new Uint8Array(31).fill(1) }) })),
      'pieces-root',
    ],
    ['v2 with a padding file', torrent(v2Info({ a: v2File(9, { attr: 'p' }) })), 'pad-file'],
    ['v2 with a file beyond all measure', torrent(v2Info({ a: v2File(2 ** 44) })), 'length'],
    [
      'v2 of too many pieces',
      torrent(v2Info(Object.fromEntries([...Array(80).keys()].map(i => [`f${i}`, v2File(2 ** 29)])))),
      'too-large',
    ],
    ['v2 with nothing in it', torrent(v2Info({ a: v2File(0) })), 'length'],
    [
      'hybrid whose lengths differ',
      torrent(hybrid({}, { a: v2File(10_000), b: v2File(5_001) })),
      'inconsistent',
    ],
    [
      'hybrid whose names differ',
      torrent(hybrid({}, { a: v2File(10_000), c: v2File(5_000) })),
      'inconsistent',
    ],
    [
      'hybrid whose files are not aligned',
      torrent(
        v1Files([file(['a'], 10_000), file(['b'], 5_000)], {
          'meta version': 2,
          'file tree': { a: v2File(10_000), b: v2File(5_000) },
        }),
      ),
      'inconsistent',
    ],
    ['with a piece layer of no file', withLayers({ [key(layerOf(1))]: layerOf(2) }), 'piece-layer'],
    ['with a piece layer of a wrong length', withLayers({ [key(rootOfTwo)]: layerOf(3) }), 'piece-layer'],
    [
      'with a piece layer that is no whole hashes',
      withLayers({ [key(rootOfTwo)]: new Uint8Array(63) }),
      'piece-layer',
    ],
    [
      'with a piece layer that does not lead to the root',
      withLayers({ [key(rootOfTwo)]: new Uint8Array(64) }),
      'piece-layer',
    ],
    ['with a piece layer that is a number', withLayers({ [key(rootOfTwo)]: 3 }), 'piece-layer'],
    ['with piece layers that are a list', torrent(twoPieces, { 'piece layers': [] }), 'piece-layer'],
    [
      'with a hundred files of one name',
      torrent(v1Files(Array.from({ length: 118 }, () => file(['bar.txt'])))),
      'name',
    ],
  ]
  test.each(wrong)('%s', (_, bytes, code) => {
    expect(() => parse(bytes)).toThrow(MetainfoError)
    expect(() => parse(bytes)).toThrow(expect.objectContaining({ code }))
  })

  test.each([
    ['v2 with folders in folders without end', torrent(v2Info({ a: nested(150) }))],
    [
      'v2 with names out of order',
      raw(`d4:infod9:file treed1:b${'de'}1:a${'de'}e12:meta versioni2e4:name1:x12:piece lengthi16384eee`),
    ],
    [
      'v2 with a number that begins with zero',
      raw('d4:infod9:file treede12:meta versioni02e4:name1:x12:piece lengthi16384eee'),
    ],
  ])('%s', (_, bytes) => expect(() => parse(bytes)).toThrow(ProtocolError))

  test('of version 1, where the machine has no SHA-1', () => {
    expect(() => parseTorrent(torrent(v1Info()))).toThrow(expect.objectContaining({ code: 'no-sha1' }))
    expect(parseTorrent(torrent(v2Info())).metainfo.version).toBe('v2')
  })
})

describe('is a torrent', () => {
  test('v1, v2 and hybrid, with the hashes of the info as it came', () => {
    for (const [info, version] of [
      [v1Info(), 'v1'],
      [v2Info(), 'v2'],
      [hybrid(), 'hybrid'],
    ] as const) {
      const bytes = encodeBencode(info)
      const { metainfo } = parse(torrent(info))
      expect(metainfo.version).toBe(version)
      expect(metainfo.info).toEqual(bytes)
      expect(metainfo.infoHashV1).toEqual(version === 'v2' ? undefined : DIGESTS.sha1(bytes))
      expect(metainfo.infoHashV2).toEqual(version === 'v1' ? undefined : sha256(bytes))
    }
  })

  test('where its files lie: in a row in v1, each with a piece of its own in v2, the padding left out', () => {
    const v1 = parse(torrent(v1Files([file(['a'], 10_000), file(['b', 'c'], 10_000)]))).metainfo
    expect(v1).toMatchObject({ pieces: 2, spaceBytes: 20_000, contentBytes: 20_000 })
    expect(v1.files.map(({ path, offset }) => [path, offset])).toEqual([
      [['a'], 0],
      [['b', 'c'], 10_000],
    ])
    const both = parse(torrent(hybrid())).metainfo
    expect(both).toMatchObject({ pieces: 2, spaceBytes: PIECE + 5_000, contentBytes: 15_000 })
    expect(both.files.map(({ offset }) => offset)).toEqual([0, PIECE])
    // Names that look like numbers are in the order of their bytes.
    const v2 = parse(torrent(v2Info({ '10': v2File(9), '9': v2File(0), b: { c: v2File(9) } }))).metainfo
    expect(v2.files.map(({ path, offset }) => [path.join('/'), offset])).toEqual([
      ['10', 0],
      ['9', PIECE],
      ['b/c', PIECE],
    ])
    expect(v2.pieces).toBe(2)
  })

  test('with keys out of order in v1, more behind its end, and fields that nobody knows', () => {
    const info = `d4:name4:test6:lengthi9e12:piece lengthi16384e6:pieces20:${'a'.repeat(20)}7:unknownlee`
    const { metainfo } = parse(raw(`d4:info${info}8:announce5:http:e\n`))
    expect(metainfo.infoHashV1).toEqual(DIGESTS.sha1(raw(info)))
  })

  test('without its piece layers, or some of them: peers have them', () => {
    expect(parse(torrent(twoPieces)).layers.size).toBe(0)
    const { layers } = parse(withLayers({ [key(rootOfTwo)]: layerOf(2) }))
    expect([...layers]).toEqual([[Buffer.from(rootOfTwo).toString('hex'), layerOf(2)]])
  })

  test('links and padding are no files', () => {
    const info = v1Files([
      file(['a'], 9),
      file(['x'], 0, { attr: 'l', 'symlink path': ['a'] }),
      file(['p'], 5, { attr: 'xp' }),
    ])
    expect(filesOf({ ...info, pieces: new Uint8Array(20) })).toEqual(['a'])
  })

  test('written anew it is the same, info and all', () => {
    const { metainfo, layers } = parse(withLayers({ [key(rootOfTwo)]: layerOf(2) }))
    const again = parse(encodeTorrent(metainfo, layers))
    expect(again.metainfo).toEqual(metainfo)
    expect(again.layers).toEqual(layers)
  })

  test('trackers: each once, in their order', () => {
    const around = { announce: ' http://a/ ', 'announce-list': [['http://b/', 'http://a/'], ['http://c/']] }
    expect(parse(torrent(v2Info(), around)).metainfo.trackers).toEqual([
      'http://a/',
      'http://b/',
      'http://c/',
    ])
  })
})

test('mutated torrents are torrents, or refused by a coded error', () => {
  const good = [torrent(v1Info()), torrent(hybrid()), withLayers({ [key(rootOfTwo)]: layerOf(2) })]
  const runs = Number(process.env.NETSPLIT_FUZZ_CODECS ?? 10_000)
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (bytes, changes) => {
        const mutated = bytes.slice()
        for (const [at, byte] of changes) mutated[at % mutated.length] = byte
        try {
          const { metainfo } = parse(mutated)
          expect(parseInfo(metainfo.info, metainfo.trackers, DIGESTS)).toEqual(metainfo)
        } catch (error) {
          if (!(error instanceof MetainfoError || error instanceof ProtocolError)) throw error
        }
      },
    ),
    { numRuns: runs },
  )
})

test('keys of a tree are bytes', () => {
  expect(filesOf(v2Info({ [Buffer.from('ä').toString('latin1')]: v2File(9), z: v2File(9) }))).toEqual([
    'z',
    'ä',
  ])
  expect(bytesOf('\xff')).toEqual(Uint8Array.of(255))
})
