// How ours and libtorrent come to know of each other where nobody names an address: by our tracker, by our hash table, and by a third peer.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NodeConfig } from '../../node/api.ts'
import { BittorrentNode } from '../support/bittorrent-node.ts'
import { nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode } from '../support/node-process.ts'
import { hasLibtorrent, startLibtorrent } from '../support/torrent-clients.ts'
import { differenceIn, FIFTY_MB, writeContent } from '../support/torrent-content.ts'
import { until } from '../support/until.ts'

const libtorrent = hasLibtorrent()
const NAME = 'content'
const SMALL = FIFTY_MB.map(({ path, length }) => ({ path, length: Math.ceil(length / 16) }))
/** Whatever is fetched is not there before the third was heard of. */
const SLOW_BYTES_PER_SECOND = 150_000

async function startTracker(): Promise<string> {
  const services = { tracker: { listen: { host: '127.0.0.1', port: 0 }, intervalMs: 2_000 } }
  const config = { ...nodeConfig(temporaryDirectory()), services } as NodeConfig
  const { ready } = await RunningNode.start(config)
  return `http://${ready.ports.tracker}/announce`
}

/** Without the peers that it names. */
const magnetAlone = (magnet: string) => magnet.replace(/&x\.pe=[^&]*/g, '')

test.skipIf(!libtorrent).each(['v2', 'hybrid'] as const)(
  'by our tracker alone, both ways: %s',
  async version => {
    const folder = temporaryDirectory()
    const [tracker, ours, theirs, leech] = await Promise.all([
      startTracker(),
      BittorrentNode.start({ pex: false }),
      startLibtorrent(),
      BittorrentNode.start({ pex: false }),
    ])
    const path = writeContent(folder, NAME, SMALL)
    const { magnet, content } = await ours.create(path, version, { trackers: [tracker] })
    const alone = magnetAlone(magnet)
    const got = await theirs.add({ magnet: alone }, join(folder, 'theirs'), { pex: false })
    await got.complete()
    expect(differenceIn(join(folder, 'theirs', NAME), SMALL)).toBeUndefined()
    await ours.node.stop()
    await leech.add(alone)
    await leech.complete(content)
    expect(differenceIn(leech.filesOf(content, NAME), SMALL)).toBeUndefined()
  },
)

test.skipIf(!libtorrent)('by our hash table alone, both ways', async () => {
  const folder = temporaryDirectory()
  const path = writeContent(folder, NAME, SMALL)
  const router = await BittorrentNode.start({ dht: { bootstrap: [] } })
  const dht = { bootstrap: [router.address] }
  const [seed, leech, theirs] = await Promise.all([
    BittorrentNode.start({ dht, pex: false }),
    BittorrentNode.start({ dht, pex: false }),
    startLibtorrent({ dht: true }),
  ])
  await theirs.addDhtNode(router.address)
  await until('all are in the table', async () => {
    const ours = await Promise.all([seed, leech].map(each => each.health()))
    return ours.every(({ dhtNodes }) => dhtNodes > 0) && (await theirs.dht()).nodes > 0
  })
  const { magnet, content } = await seed.create(path, 'v2')
  const alone = magnetAlone(magnet)
  const got = await theirs.add({ magnet: alone }, join(folder, 'theirs'), { pex: false })
  await got.complete()
  expect(differenceIn(join(folder, 'theirs', NAME), SMALL)).toBeUndefined()
  // What is left is libtorrent, which has told the table.
  await seed.node.stop()
  await got.announceToDht()
  await leech.add(alone)
  await leech.complete(content)
  expect(differenceIn(leech.filesOf(content, NAME), SMALL)).toBeUndefined()
})

interface Details {
  readonly peers: readonly { readonly address: string }[]
}

test.skipIf(!libtorrent)(
  'by a third peer: ours of libtorrent from libtorrent, libtorrent of libtorrent from ours',
  async () => {
    const folder = temporaryDirectory()
    const path = writeContent(folder, NAME, SMALL)
    const [seed, middle, ours, theirs] = await Promise.all([
      startLibtorrent(),
      BittorrentNode.start(),
      BittorrentNode.start(),
      startLibtorrent(),
    ])
    await seed.limit({ up: SLOW_BYTES_PER_SECOND })
    const { torrent, magnet } = await seed.create({ path, version: 'v2' })
    await (await seed.add({ torrent }, folder)).complete()
    const content = await middle.add(magnet, { peers: [seed.address] })
    // Each is told of the middle, and of nobody else.
    const got = await theirs.add({ magnet }, join(folder, 'theirs'), { peers: [middle.address] })
    await ours.add(magnet, { peers: [middle.address] })
    // Whichever of the two then dials the other: only by a third can they have heard.
    const theirsKnows = async () => (await got.peers()).some(({ client }) => client.startsWith('libtorrent'))
    const oursKnows = async () =>
      (await ours.node.rpc<Details>('gettorrent', content)).peers.some(
        ({ address }) => address === seed.address,
      )
    await Promise.all([
      until('libtorrent and the seed have met', theirsKnows),
      until('ours and the seed have met', oursKnows),
    ])
    await seed.limit({ up: 0 })
    await Promise.all([got.complete(), ours.complete(content), middle.complete(content)])
    for (const files of [
      join(folder, 'theirs', NAME),
      ours.filesOf(content, NAME),
      middle.filesOf(content, NAME),
    ])
      expect(differenceIn(files, SMALL)).toBeUndefined()
  },
)
