// What ours makes of files and what libtorrent makes of the same: one info dictionary, over sizes around the ends of blocks and pieces; and
// each takes the other's torrents, by the same hashes.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Bencoded, decodeBencode, encodeBencode } from '../../node/bittorrent/bencode.ts'
import { Hashing } from '../../node/bittorrent/content-hashing.ts'
import { makeInfo } from '../../node/bittorrent/metainfo/make.ts'
import type { Metainfo } from '../../node/bittorrent/metainfo/metainfo.ts'
import { encodeTorrent, parseInfo, parseTorrent } from '../../node/bittorrent/metainfo/parse.ts'
import { digests } from '../../node/host/digests.ts'
import type { Version } from '../support/libtorrent.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { hasLibtorrent, startLibtorrent } from '../support/torrent-clients.ts'
import { bytesOf, type ContentFile, writeContent } from '../support/torrent-content.ts'

const BLOCK = 16_384
const PIECES = [BLOCK, 2 * BLOCK, 8 * BLOCK]
/** Around the end of a block, of a piece of any of the lengths, of a power of two of pieces. */
const SIZES = [1, 2, 3, 4, 5, 8, 9, 16, 17, 33].flatMap(blocks =>
  [-1, 0, 1].map(more => blocks * BLOCK + more),
)
const NAME = 'content'

/** As `createtorrent` does; files in the order of their paths' bytes. */
function made(version: Version, pieceLength: number, said: readonly ContentFile[]) {
  const files = said.map(file => ({ ...file, path: file.path.split('/') }))
  const hashing = new Hashing(files, { version, pieceLength }, digests)
  said.forEach((file, i) => {
    const bytes = bytesOf(file)
    const entry = files[i] as (typeof files)[number]
    for (let at = 0; at === 0 || at < bytes.length; at += BLOCK)
      hashing.add(entry, new Uint8Array(bytes.subarray(at, at + BLOCK)))
  })
  const { roots, layers, pieceHashesV1 } = hashing.finish()
  const described = files.map((file, i) => ({ ...file, root: roots[i] }))
  const info = makeInfo({ name: NAME, pieceLength, version, files: described, pieceHashesV1 })
  const metainfo = parseInfo(info, [], digests)
  return { info, layers, torrent: encodeTorrent(metainfo, layers) }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

async function compare(version: Version, pieceLength: number, files: readonly ContentFile[], path: string) {
  const theirs = await libtorrentFor.create({ path, version, pieceLength })
  const bytes = new Uint8Array(Buffer.from(theirs.torrent, 'base64'))
  const ours = made(version, pieceLength, files)
  const { metainfo, layers } = parseTorrent(bytes, digests)
  const where = `${version}, pieces of ${pieceLength}: ${files.map(({ length }) => length).join(', ')}`
  expect([...ours.layers].sort(), where).toEqual([...layers].sort())
  expect(hashesOf(metainfo), where).toEqual(theirs.hashes)
  const read = await libtorrentFor.verdict(base64(ours.torrent))
  expect(read.hashes, where).toEqual(hashesOf(parseInfo(ours.info, [], digests)))
  expect(Buffer.compare(withoutTail(ours.info), withoutTail(metainfo.info)), where).toBe(0)
  const last = decodeBencode(metainfo.info) as { readonly files?: readonly { readonly attr?: unknown }[] }
  if (last.files?.at(-1)?.attr === undefined) expect(read.hashes, where).toEqual(theirs.hashes)
}

const hex = (hash: Uint8Array | undefined) => (hash ? Buffer.from(hash).toString('hex') : null)
const hashesOf = ({ infoHashV1, infoHashV2 }: Metainfo) => ({ v1: hex(infoHashV1), v2: hex(infoHashV2) })

/** libtorrent pads a hybrid's last file too, which no BEP asks for: all but that, and the hash of the piece that it ends. */
function withoutTail(info: Uint8Array): Uint8Array {
  const said = decodeBencode(info) as {
    readonly files?: readonly { readonly attr?: Bencoded; readonly [key: string]: Bencoded | undefined }[]
    readonly pieces?: Uint8Array
    readonly [key: string]: Bencoded | undefined
  }
  if (!said.files || !said.pieces) return info
  const files = said.files.at(-1)?.attr === undefined ? said.files : said.files.slice(0, -1)
  return encodeBencode({ ...said, files, pieces: said.pieces.subarray(0, -20) })
}

let libtorrentFor: Awaited<ReturnType<typeof startLibtorrent>>

test.skipIf(!hasLibtorrent()).each(['v1', 'v2', 'hybrid'] as const)(
  `one file, %s: ${SIZES.length} sizes in ${PIECES.length} lengths of pieces`,
  async version => {
    libtorrentFor = await startLibtorrent()
    for (const length of SIZES)
      for (const pieceLength of PIECES) {
        const file = { path: NAME, length }
        const folder = writeContent(temporaryDirectory(), 'one', [file])
        await compare(version, pieceLength, [file], join(folder, NAME))
      }
  },
)

test.skipIf(!hasLibtorrent()).each(['v2', 'hybrid'] as const)('files in folders, %s', async version => {
  libtorrentFor = await startLibtorrent()
  const lengths = [1, BLOCK, 3 * BLOCK + 1, 0, 8 * BLOCK, 17 * BLOCK - 1]
  for (const pieceLength of PIECES)
    for (let first = 0; first < lengths.length; first++) {
      const length = (at: number) => lengths[(first + at) % lengths.length] as number
      const files = ['10', '9', 'Z', 'a-b', 'a/b', 'a/c/d'].map((path, at) => ({ path, length: length(at) }))
      // A folder's name is compared as a whole: `a` comes before `a-b`.
      files.splice(3, 3, ...[files[4], files[5], files[3]].flatMap(file => file ?? []))
      await compare(version, pieceLength, files, writeContent(temporaryDirectory(), NAME, files))
    }
})
