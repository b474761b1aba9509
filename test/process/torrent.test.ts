// BitTorrent on real files: content goes from node to node, a kill −9 in the middle costs little, and what was spoilt meanwhile is
// found.

import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LinkTable, NodeConfig } from '../../node/api.ts'
import type { BittorrentHealth, ContentHealth } from '../../node/bittorrent/events.ts'
import { GeneratedFile } from '../../node/bittorrent/generated.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode } from '../support/node-process.ts'
import { until } from '../support/until.ts'

const FILES = [
  { path: ['film', 'a.bin'], length: 12_000_000 },
  { path: ['film', 'b.bin'], length: 4_000_001 },
] as const
const BYTES = FILES.reduce((sum, { length }) => sum + length, 0)
/** So that there is a middle. */
const SLOW: LinkTable = { default: { ...PERFECT_LINK, bandwidthBps: 40_000_000 }, peers: {} }

interface Made {
  readonly content: string
  readonly magnet: string
  readonly pieces: number
}

function configOf(name: string, more: object = {}, links?: LinkTable): NodeConfig {
  const bittorrent = { listen: { host: '127.0.0.1', port: 0 }, connect: [], ...more }
  const config = nodeConfig(temporaryDirectory())
  // Two of one seed would have one peer id, and each would take the other for itself.
  const seed = Buffer.from(name).toString('hex')
  return { ...config, name, seed, ...(links && { links }), services: { bittorrent } }
}

async function seedOf(links?: LinkTable): Promise<{ seed: RunningNode; made: Made }> {
  const seed = await RunningNode.start(configOf('seed', {}, links))
  const order = { name: 'film', pieceLength: 65_536, generate: { seed: 'film', files: FILES } }
  return { seed, made: await seed.rpc<Made>('createtorrent', order) }
}

async function contentOf(node: RunningNode): Promise<ContentHealth | undefined> {
  const { contents } = (await node.health()).services.bittorrent as BittorrentHealth
  return contents[0]
}

async function complete(node: RunningNode): Promise<ContentHealth> {
  return until('all of it', async () => {
    const content = await contentOf(node)
    return content?.complete ? content : undefined
  })
}

/** What lies on its disk, by the node's own word and by the files themselves. */
async function expectWhole(node: RunningNode, { content }: Made): Promise<void> {
  for (const { path, length } of FILES) {
    const expected = Buffer.from(new GeneratedFile('film', path).read(0, length))
    const stored = readFileSync(join(node.config.dataDirectory, 'content', content, ...path))
    expect([path, Buffer.compare(stored, expected)]).toEqual([path, 0])
    const [from, bytes] = [length - 100_000, 100_000]
    const read = await node.rpc<string>('readtorrentfile', content, path.join('/'), from, bytes)
    expect([path, Buffer.compare(Buffer.from(read, 'base64'), expected.subarray(from))]).toEqual([path, 0])
  }
}

test('kill −9 in the middle: what was stored and verified is not fetched again', async () => {
  const { seed, made } = await seedOf(SLOW)
  const config = configOf('peer', { connect: [seed.ready.ports.bittorrent] })
  const peer = await RunningNode.start(config)
  await peer.rpc('addtorrent', made.magnet)
  const atKill = await until('a third of it', async () => {
    const content = await contentOf(peer)
    return (content?.verifiedBytes ?? 0) > BYTES / 3 ? content : undefined
  })
  expect(atKill.complete).toBe(false)
  await peer.kill()

  const back = await RunningNode.start(config)
  const at = await complete(back)
  await expectWhole(back, made)
  expect(at.verifiedBytes).toBe(BYTES)
  // What was under way at the end, and what was told to the store last, may be lost.
  expect(at.downBytes).toBeLessThan(BYTES - atKill.verifiedBytes + 3_000_000)
  expect(at.downBytes).toBeGreaterThan(0)
  const types = (await back.events()).map(({ type }) => type)
  expect(types).not.toContain('bittorrent/damaged')
})

test('what is cut off or gone after the end is found at the next start, and fetched anew', async () => {
  const { seed, made } = await seedOf()
  const config = configOf('peer', { connect: [seed.ready.ports.bittorrent] })
  const peer = await RunningNode.start(config)
  await peer.rpc('addtorrent', made.magnet)
  await complete(peer)
  await expectWhole(peer, made)
  await peer.kill()

  const file = join(config.dataDirectory, 'content', made.content, ...FILES[0].path)
  truncateSync(file, 5_000_000)
  const back = await RunningNode.start(config)
  const at = await complete(back)
  await expectWhole(back, made)
  expect(at.downBytes).toBeGreaterThanOrEqual(6_900_000)
  expect(at.downBytes).toBeLessThan(BYTES)
  expect((await back.events()).map(({ type }) => type)).toContain('bittorrent/damaged')
})

test('a content that is removed with its files leaves none on the disk', async () => {
  const { seed, made } = await seedOf()
  const { dataDirectory } = seed.config
  expect(statSync(join(dataDirectory, 'content', made.content)).isDirectory()).toBe(true)
  await seed.rpc('removetorrent', made.content, { files: true })
  expect(() => statSync(join(dataDirectory, 'content', made.content))).toThrow('ENOENT')
})

test('a file of the machine is shared as it is', async () => {
  const folder = temporaryDirectory()
  const fd = openSync(join(folder, 'notes.txt'), 'w')
  for (let i = 0; i < 1_000; i++) writeSync(fd, `line ${i}\n`)
  closeSync(fd)
  const { seed } = await seedOf()
  const from = join(folder, 'notes.txt')
  const made = await seed.rpc<Made>('createtorrent', { name: 'notes.txt', pieceLength: 16_384, from })
  const peer = await RunningNode.start(configOf('peer'))
  await peer.rpc('addtorrent', made.magnet)
  await complete(peer)
  const stored = readFileSync(join(peer.config.dataDirectory, 'content', made.content, 'notes.txt'), 'utf8')
  expect(stored).toBe(readFileSync(from, 'utf8'))
  await expect(
    seed.rpc('createtorrent', { name: 'x', pieceLength: 16_384, from: join(folder, 'none') }),
  ).rejects.toThrow('no file or folder that this node can read')
})
