// Names of files as somebody else gave them, and magnet links.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bencoded } from '../../node/bittorrent/bencode.ts'
import { MetainfoError } from '../../node/bittorrent/metainfo/error.ts'
import { formatMagnet, parseMagnet } from '../../node/bittorrent/metainfo/magnet.ts'
import { parseTorrent } from '../../node/bittorrent/metainfo/parse.ts'
import { DIGESTS, type Fields, torrent, v1Files, v1Info } from '../support/metainfo.ts'
import { noise } from '../support/sha256.ts'

const parse = (bytes: Uint8Array) => parseTorrent(bytes, DIGESTS)
const filesOf = (info: Fields) => parse(torrent(info)).metainfo.files.map(({ path }) => path.join('/'))
const file = (path: readonly Bencoded[], length = 10): Fields => ({ length, path })

describe('names', () => {
  const cases: readonly (readonly [string, readonly (string | Uint8Array)[], string])[] = [
    ['nothing but a parent', ['..', 'bar'], 'bar'],
    ['a parent inside', ['a', '..', 'c'], 'a/c'],
    ['nothing but parents', ['..', '.'], '_'],
    ['an absolute path', ['/etc/passwd'], 'etcpasswd'],
    ['separators in a name', ['a/../../b'], 'a....b'],
    ['the other separator', ['\\', '..\\..\\x'], '_/....x'],
    ['a hidden parent', ['foo/../../../bar', 'bar'], 'foo......bar/bar'],
    ['empty ones', ['a', '', ''], 'a/_/_'],
    ['a zero byte', ['a\0b'], 'a_b'],
    ['control characters', ['\b\b', 'x\n'], '_/x_'],
    ['no UTF-8', [Uint8Array.of(0x61, 0xff, 0xfe, 0x62)], 'a_b'],
    ['writing that turns around', ['a\u202egpj.exe'], 'agpj.exe'],
    ['dots that mean nothing', ['a...b', '...'], 'a...b/...'],
  ]
  test.each(cases)('%s', (_, path, becomes) => {
    expect(filesOf(v1Files([file(path), file(['z'])]))).toEqual([becomes, 'z'])
  })

  test('of the content: never a folder above', () => {
    const nameOf = (name: string) => parse(torrent(v1Info(9, { name }))).metainfo.name
    expect(nameOf('../../x')).toBe('....x')
    expect(nameOf('..')).toMatch(/^[0-9a-f]{40}$/)
    expect(nameOf('')).toMatch(/^[0-9a-f]{40}$/)
  })

  test('too long ones are cut, not within a character, and keep their extension', () => {
    const [path = ''] = filesOf(v1Files([file([`${'ä'.repeat(300)}.tar.gz`]), file(['z'])]))
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(240)
    expect(path).toMatch(/^ä+\.gz$/)
  })

  test('no two are the same, in whatever case, and none is the folder of another', () => {
    const info = v1Files(['bar.txt', 'bar.txt', 'BAR.TXT', 'x', 'x'].map(name => file([name])))
    expect(filesOf(info)).toEqual(['bar.txt', 'bar.1.txt', 'BAR.2.TXT', 'x', 'x.1'])
    expect(filesOf(v1Files([file(['a']), file(['a', 'b']), file(['c', 'd']), file(['c'])]))).toEqual([
      'a',
      'a.d/b',
      'c/d',
      'c.1',
    ])
  })

  test('whatever a path says, it stays below its folder', () => {
    const element = fc.oneof(
      fc.string(),
      fc.constantFrom('..', '.', '/', '\\', '\0', '../..'),
      fc.uint8Array({ maxLength: 300 }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.array(element, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        paths => {
          const files = parse(torrent(v1Files(paths.map(path => file(path as Bencoded[]))))).metainfo.files
          const seen = new Set(files.map(({ path }) => path.join('/').toLowerCase()))
          expect(seen.size).toBe(files.length)
          for (const { path } of files) {
            expect(path.length).toBeGreaterThan(0)
            for (const each of path) {
              expect(each).not.toMatch(/^\.{0,2}$/)
              // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
              expect(each).not.toMatch(/[/\\\u0000-\u001f]/)
              expect(Buffer.byteLength(each)).toBeLessThanOrEqual(255)
            }
          }
        },
      ),
    )
  })
})

describe('magnet links', () => {
  const v1 = noise(20, 1)
  const v2 = noise(32, 2)
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

  test('both hashes, a name, trackers and peers, there and back', () => {
    const magnet = {
      infoHashV1: v1,
      infoHashV2: v2,
      name: 'a film & more',
      trackers: ['http://t:1/announce?x=1&y'],
      peers: ['127.0.0.1:6881'],
    }
    expect(parseMagnet(formatMagnet(magnet))).toEqual(magnet)
    expect(formatMagnet({ infoHashV2: v2, trackers: [], peers: [] })).toBe(
      `magnet:?xt=urn:btmh:1220${hex(v2)}`,
    )
  })

  test('in base 32, in capitals, numbered, and with what nobody knows', () => {
    // RFC 4648: 20 bytes that say so.
    expect(parseMagnet('magnet:?xt=urn:btih:PNZZSYPQJTBRY2CCJVJVCE6R3HQJAJNX').infoHashV1).toHaveLength(20)
    expect(
      parseMagnet(`MAGNET:?xt.1=urn:BTIH:${hex(v1).toUpperCase()}&xt.2=urn:sha1:abc&foo=bar`).infoHashV1,
    ).toEqual(v1)
    expect(parseMagnet(`magnet:?xt=urn:btih:${'A'.repeat(32)}`).infoHashV1).toEqual(new Uint8Array(20))
    expect(parseMagnet(`magnet:?xt=urn:btih:${'7'.repeat(32)}`).infoHashV1).toEqual(
      new Uint8Array(20).fill(255),
    )
  })

  test.each([
    'http://x',
    'magnet:?dn=x',
    'magnet:?xt=urn:btih:abc',
    `magnet:?xt=urn:btmh:1220${'0'.repeat(62)}`,
    `magnet:?xt=urn:btmh:1114${'0'.repeat(64)}`,
    `magnet:?xt=urn:btih:${'1'.repeat(32)}`,
    `magnet:?xt=urn:btih:${'a'.repeat(40)}&dn=${'x'.repeat(20_000)}`,
  ])('%s is none', link => expect(() => parseMagnet(link)).toThrow(MetainfoError))

  test('peers that are no addresses are left out', () => {
    const link = `magnet:?xt=urn:btih:${'a'.repeat(40)}&x.pe=1.2.3.4:5&x.pe=[::1]:9&x.pe=host:70000&x.pe=nonsense&x.pe=h:0`
    expect(parseMagnet(link).peers).toEqual(['1.2.3.4:5', '[::1]:9'])
  })
})
