// How ours and libtorrent come to know of each other where nobody names an address: by our tracker, and by a third peer.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NodeConfig } from '../../node/api.ts'
import { BittorrentNode } from '../support/bittorrent-node.ts'
import { SOURCE } from '../support/libtorrent.ts'
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

interface Details {
  readonly peers: readonly { readonly address: string; readonly source: string }[]
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
    const theirsKnows = async () =>
      (await got.peers()).some(
        ({ address, source }) => address === seed.address && (source & SOURCE.pex) !== 0,
      )
    const oursKnows = async () =>
      (await ours.node.rpc<Details>('gettorrent', content)).peers.some(
        ({ address, source }) => address === seed.address && source === 'pex',
      )
    await Promise.all([
      until('libtorrent has heard of the seed', theirsKnows),
      until('ours has heard of the seed', oursKnows),
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
