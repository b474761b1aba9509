// Other people's BitTorrent programs among themselves: that what drives them works, so that what is later found between them and
// ours is ours.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/node-config.ts'
import {
  hasAria2,
  hasLibtorrent,
  hasTransmission,
  startAria2,
  startLibtorrent,
  startTransmission,
} from '../support/torrent-clients.ts'
import { differenceIn, FIFTY_MB, writeContent } from '../support/torrent-content.ts'

const libtorrent = hasLibtorrent()
const SMALL = FIFTY_MB.map(({ path, length }) => ({ path, length: Math.ceil(length / 16) }))

test.skipIf(!libtorrent).each(['v1', 'v2', 'hybrid'] as const)(
  'libtorrent gets a %s torrent from libtorrent by magnet',
  async version => {
    const folder = temporaryDirectory()
    const path = writeContent(join(folder, 'seed'), 'content', SMALL)
    const [seed, leech] = [await startLibtorrent(), await startLibtorrent()]
    const { torrent, magnet } = await seed.create({ path, version })
    await (await seed.add({ torrent }, join(folder, 'seed'))).complete()
    const got = await leech.add({ magnet }, join(folder, 'leech'), { peers: [seed.address] })
    await got.complete()
    expect(differenceIn(join(folder, 'leech', 'content'), SMALL)).toBeUndefined()
    expect(await got.status()).toMatchObject({ name: 'content', failedBytes: 0 })
  },
)

test.skipIf(!libtorrent)('libtorrent finds libtorrent by its hash table alone', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(join(folder, 'seed'), 'content', SMALL)
  const [router, seed, leech] = await Promise.all([1, 2, 3].map(() => startLibtorrent({ dht: true })))
  if (!router || !seed || !leech) throw new Error('three were started')
  await Promise.all([seed, leech].map(each => each.addDhtNode(router.address)))
  const { torrent, magnet } = await seed.create({ path, version: 'v2' })
  const seeding = await seed.add({ torrent }, join(folder, 'seed'), { pex: false })
  await seeding.complete()
  const got = await leech.add({ magnet }, join(folder, 'leech'), { pex: false })
  await seeding.announceToDht()
  await got.complete()
  expect(differenceIn(join(folder, 'leech', 'content'), SMALL)).toBeUndefined()
})

// Programs of before version 2. A hybrid is no test of these two: libtorrent greets whom it is told of by the hash of version 2, and
// Transmission 3.00 reads no hybrid (to its bencode the empty key in a file tree is no key).
test.skipIf(!libtorrent || !hasTransmission())(
  'transmission gets a v1 torrent from libtorrent, by its file',
  async () => {
    const folder = temporaryDirectory()
    const path = writeContent(join(folder, 'seed'), 'content', SMALL)
    const [seed, leech] = [await startLibtorrent(), await startTransmission()]
    const { torrent, magnet } = await seed.create({ path, version: 'v1' })
    const id = await leech.add({ magnet }, join(folder, 'leech'))
    await seed.add({ torrent }, join(folder, 'seed'), { peers: [leech.address] })
    await leech.complete(id)
    expect(differenceIn(join(folder, 'leech', 'content'), SMALL)).toBeUndefined()
  },
)

test.skipIf(!libtorrent || !hasAria2())('aria2 gets a v1 torrent from libtorrent, by its file', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(join(folder, 'seed'), 'content', SMALL)
  const [seed, leech] = [await startLibtorrent(), await startAria2()]
  const { torrent } = await seed.create({ path, version: 'v1' })
  const id = await leech.add({ torrent }, join(folder, 'leech'))
  await seed.add({ torrent }, join(folder, 'seed'), { peers: [leech.address] })
  await leech.complete(id)
  expect(differenceIn(join(folder, 'leech', 'content'), SMALL)).toBeUndefined()
})
