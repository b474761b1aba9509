// Ours and other people's BitTorrent programs: they get the same bytes from each other, both ways.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BittorrentNode } from '../support/bittorrent-node.ts'
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
import { until } from '../support/until.ts'

const libtorrent = hasLibtorrent()
const transmission = hasTransmission()
const aria2 = hasAria2()
const NAME = 'content'
const SMALL = FIFTY_MB.map(({ path, length }) => ({ path, length: Math.ceil(length / 16) }))

test.skipIf(!libtorrent).each(['v2', 'hybrid', 'v1'] as const)(
  'libtorrent gets 50 MB of a %s torrent from ours by magnet',
  async version => {
    const folder = temporaryDirectory()
    const path = writeContent(folder, NAME, FIFTY_MB)
    const [ours, theirs] = [await BittorrentNode.start(), await startLibtorrent()]
    const { magnet, content } = await ours.create(path, version)
    const got = await theirs.add({ magnet }, join(folder, 'theirs'), { peers: [ours.address] })
    await got.complete()
    expect(differenceIn(join(folder, 'theirs', NAME), FIFTY_MB)).toBeUndefined()
    expect(await got.status()).toMatchObject({ name: NAME, failedBytes: 0, redundantBytes: 0 })
    const { upBytes } = await ours.of(content)
    expect(upBytes).toBeGreaterThanOrEqual(FIFTY_MB.reduce((sum, { length }) => sum + length, 0))
    expect(await ours.bans()).toEqual([])
  },
)

test.skipIf(!libtorrent).each(['v2', 'hybrid', 'v1'] as const)(
  'ours gets 50 MB of a %s torrent from libtorrent by magnet',
  async version => {
    const folder = temporaryDirectory()
    const path = writeContent(folder, NAME, FIFTY_MB)
    const [ours, theirs] = [await BittorrentNode.start(), await startLibtorrent()]
    const { torrent, magnet } = await theirs.create({ path, version })
    await (await theirs.add({ torrent }, folder)).complete()
    const content = await ours.add(magnet, { peers: [theirs.address] })
    expect(await ours.complete(content)).toMatchObject({ name: NAME, wastedBytes: 0 })
    expect(differenceIn(ours.filesOf(content, NAME), FIFTY_MB)).toBeUndefined()
    expect(await ours.bans()).toEqual([])
  },
)

test.skipIf(!libtorrent).each(['v2', 'hybrid', 'v1'] as const)(
  'libtorrent takes a %s torrent file of ours for what it is, and its magnet link for the same',
  async version => {
    const path = writeContent(temporaryDirectory(), NAME, SMALL)
    const [ours, theirs] = [await BittorrentNode.start(), await startLibtorrent()]
    const made = await ours.create(path, version)
    const verdict = await theirs.verdict(await ours.torrentFile(made.content))
    const paths = verdict.paths.filter(each => !each.includes('.pad'))
    expect(paths).toEqual(SMALL.map(file => `${NAME}/${file.path}`))
    expect(verdict.hashes).toEqual({ v1: made.infoHashV1 ?? null, v2: made.infoHashV2 ?? null })
    expect(await theirs.create({ path, version, pieceLength: 262_144 })).toMatchObject({
      pieces: made.pieces,
    })
  },
)

test.skipIf(!transmission)('transmission gets a v1 torrent from ours', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(folder, NAME, SMALL)
  const [ours, theirs] = await Promise.all([BittorrentNode.start(), startTransmission()])
  const { content } = await ours.create(path, 'v1')
  const id = await theirs.add({ torrent: await ours.torrentFile(content) }, join(folder, 'theirs'))
  await ours.connect(content, theirs.address)
  expect(await theirs.complete(id)).toMatchObject({ corruptEver: 0 })
  expect(differenceIn(join(folder, 'theirs', NAME), SMALL)).toBeUndefined()
})

test.skipIf(!transmission)('ours gets a v1 torrent from transmission by magnet', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(folder, NAME, SMALL)
  const [maker, ours, theirs] = await Promise.all([
    BittorrentNode.start(),
    BittorrentNode.start(),
    startTransmission(),
  ])
  const { content, magnet } = await maker.create(path, 'v1')
  // Which verifies it and seeds it: of one address it would take one peer.
  await theirs.complete(await theirs.add({ torrent: await maker.torrentFile(content) }, folder))
  await ours.add(magnetAlone(magnet), { peers: [theirs.address] })
  expect(await ours.complete(content)).toMatchObject({ wastedBytes: 0 })
  expect(differenceIn(ours.filesOf(content, NAME), SMALL)).toBeUndefined()
})

// Version 1 alone: of a hybrid it (1.36) works out another hash than everybody else.
test.skipIf(!aria2)('aria2 gets a v1 torrent from ours, and ours from aria2', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(folder, NAME, SMALL)
  const [seed, leech, theirs] = await Promise.all([
    BittorrentNode.start(),
    BittorrentNode.start(),
    startAria2(),
  ])
  const { content, magnet } = await seed.create(path, 'v1')
  const id = await theirs.add({ torrent: await seed.torrentFile(content) }, join(folder, 'theirs'))
  await seed.connect(content, theirs.address)
  await theirs.complete(id)
  expect(differenceIn(join(folder, 'theirs', NAME), SMALL)).toBeUndefined()
  await leech.add(magnetAlone(magnet), { peers: [theirs.address] })
  await leech.complete(content)
  expect(differenceIn(leech.filesOf(content, NAME), SMALL)).toBeUndefined()
  expect(await leech.bans()).toEqual([])
})

test.skipIf(!libtorrent)('a hybrid is had by its hash of version 1 alone, both ways', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(folder, NAME, SMALL)
  const [seed, leech, theirs] = [
    await BittorrentNode.start(),
    await BittorrentNode.start(),
    await startLibtorrent(),
  ]
  const made = await seed.create(path, 'hybrid')
  const magnet = `magnet:?xt=urn:btih:${made.infoHashV1}`
  const got = await theirs.add({ magnet }, join(folder, 'theirs'), { peers: [seed.address] })
  await got.complete()
  expect(differenceIn(join(folder, 'theirs', NAME), SMALL)).toBeUndefined()
  const content = await leech.add(magnet, { peers: [theirs.address] })
  const [now] = await until('ours has all of it', async () => {
    const { contents } = await leech.health()
    return contents[0]?.complete && contents
  })
  expect(differenceIn(leech.filesOf(now?.content ?? content, NAME), SMALL)).toBeUndefined()
})

/** Without the peers that it names: it is to be had from somebody else. */
function magnetAlone(magnet: string): string {
  return magnet.replace(/&x\.pe=[^&]*/g, '')
}
