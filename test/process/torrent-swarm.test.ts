// A mixed swarm: a seed and a leecher of libtorrent's, five of ours, who know the seed alone and find each other. All finish.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BittorrentNode } from '../support/bittorrent-node.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { hasLibtorrent, startLibtorrent } from '../support/torrent-clients.ts'
import { differenceIn, FIFTY_MB, writeContent } from '../support/torrent-content.ts'

const NAME = 'content'
const CONTENT = FIFTY_MB.map(({ path, length }) => ({ path, length: Math.ceil(length / 4) }))
const BYTES = CONTENT.reduce((sum, { length }) => sum + length, 0)

test.skipIf(!hasLibtorrent())(
  'five of ours and one of libtorrent’s all get it, and from each other',
  async () => {
    const folder = temporaryDirectory()
    const path = writeContent(folder, NAME, CONTENT)
    const [seed, theirs, ...ours] = await Promise.all([
      startLibtorrent(),
      startLibtorrent(),
      ...Array.from({ length: 5 }, () => BittorrentNode.start()),
    ])
    await seed.limit({ up: 5_000_000 })
    const { torrent, magnet } = await seed.create({ path, version: 'hybrid' })
    const seeding = await seed.add({ torrent }, folder)
    await seeding.complete()
    const peers = [seed.address]
    const got = await theirs.add({ magnet }, join(folder, 'theirs'), { peers })
    const [content = ''] = await Promise.all(
      ours.map((each, at) =>
        each.add(magnet, { peers: [...peers, ...ours.slice(0, at).map(({ address }) => address)] }),
      ),
    )
    await Promise.all([got.complete(), ...ours.map(each => each.complete(content))])
    for (const files of [join(folder, 'theirs', NAME), ...ours.map(each => each.filesOf(content, NAME))])
      expect(differenceIn(files, CONTENT)).toBeUndefined()
    // Seven copies of which the seed gave fewer: they had it from each other.
    expect((await seeding.status()).upBytes).toBeLessThan(5 * BYTES)
    for (const each of ours) expect(await each.bans()).toEqual([])
    const wasted = await Promise.all(ours.map(async each => (await each.of(content)).wastedBytes))
    expect(Math.max(...wasted)).toBeLessThan(BYTES / 10)
  },
)
