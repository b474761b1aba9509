// What a peer stored outlives it: after a kill −9 nothing that was verified is fetched again, and what was damaged is found and
// fetched anew. The bytes are counted at the other end, by libtorrent.

import { closeSync, openSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BittorrentNode } from '../support/bittorrent-node.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { hasLibtorrent, startLibtorrent } from '../support/torrent-clients.ts'
import { type ContentFile, differenceIn, FIFTY_MB, writeContent } from '../support/torrent-content.ts'
import { until } from '../support/until.ts'

const libtorrent = hasLibtorrent()
const NAME = 'content'
const BYTES = FIFTY_MB.reduce((sum, { length }) => sum + length, 0)
const PIECE_BYTES = 262_144
/** Of pieces that were on their way when it ended: as many as it may have asked for. */
const UNDERWAY_BYTES = 32 * PIECE_BYTES

test.skipIf(!libtorrent)('a peer that is killed half-way goes on where it was', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(folder, NAME, FIFTY_MB)
  const [seed, first] = [await startLibtorrent(), await BittorrentNode.start()]
  await seed.limit({ up: 10_000_000 })
  const { torrent, magnet } = await seed.create({ path, version: 'v2', pieceLength: PIECE_BYTES })
  const seeding = await seed.add({ torrent }, folder)
  await seeding.complete()
  const content = await first.add(magnet, { peers: [seed.address] })
  const before = await until('half of it', async () => {
    const now = await first.of(content)
    return now.verifiedBytes > BYTES / 2 && now
  })
  const again = await first.killed()
  await until(
    'it has what it had',
    async () => (await again.of(content)).verifiedBytes >= before.verifiedBytes,
  )
  await seed.limit({ up: 0 })
  await again.connect(content, seed.address)
  const after = await again.complete(content)
  expect(after.downBytes).toBeLessThanOrEqual(BYTES - before.verifiedBytes)
  expect((await seeding.status()).upBytes).toBeLessThanOrEqual(BYTES + UNDERWAY_BYTES)
  expect(differenceIn(again.filesOf(content, NAME), FIFTY_MB)).toBeUndefined()
})

test.skipIf(!libtorrent)(
  'a file that was cut short and written over is found and fetched anew, and nothing else',
  async () => {
    const folder = temporaryDirectory()
    const path = writeContent(folder, NAME, FIFTY_MB)
    const [seed, first] = [await startLibtorrent(), await BittorrentNode.start()]
    const { torrent, magnet } = await seed.create({ path, version: 'v2', pieceLength: PIECE_BYTES })
    const seeding = await seed.add({ torrent }, folder)
    await seeding.complete()
    const content = await first.add(magnet, { peers: [seed.address] })
    await first.complete(content)
    const { upBytes } = await seeding.status()
    const files = first.filesOf(content, NAME)
    await first.node.kill()
    const [damaged] = FIFTY_MB as [ContentFile]
    const file = join(files, damaged.path)
    truncateSync(file, damaged.length - 3 * PIECE_BYTES)
    const disk = openSync(file, 'r+')
    writeSync(disk, 'not this', 5 * PIECE_BYTES)
    closeSync(disk)
    const again = await first.killed()
    await again.connect(content, seed.address)
    await again.complete(content)
    expect(differenceIn(files, FIFTY_MB)).toBeUndefined()
    const fetched = (await seeding.status()).upBytes - upBytes
    expect(fetched).toBeGreaterThanOrEqual(3 * PIECE_BYTES)
    expect(fetched).toBeLessThanOrEqual(damaged.length)
  },
)
