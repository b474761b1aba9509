// Ours and npm's bittorrent-dht in one distributed hash table, real processes and datagrams: who is announced on one side is found on the
// other. Nobody outside this machine is asked.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { BittorrentNode } from '../support/bittorrent-node.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { writeContent } from '../support/torrent-content.ts'
import { until } from '../support/until.ts'

/** Installed by .ci/run; elsewhere: npm ci --prefix .ci/oracle */
const THEIRS = resolve('.ci/oracle/node_modules/bittorrent-dht')
const isThere = existsSync(THEIRS)
const OURS = 5

if (!isThere)
  console.warn('SKIPPED: one hash table with bittorrent-dht. npm ci --prefix .ci/oracle installs it.')

/** What is used of it. */
interface TheirDht {
  readonly nodes: { toArray(): readonly unknown[] }
  on(event: 'peer', heard: (peer: { host: string; port: number }, infoHash: Uint8Array) => void): void
  on(event: 'error' | 'warning', heard: (error: Error) => void): void
  listen(port: number, host: string, done: () => void): void
  address(): { readonly port: number }
  addNode(node: { readonly host: string; readonly port: number }): void
  lookup(infoHash: string, done: (error: Error | null, answered: number) => void): void
  announce(infoHash: string, port: number, done: (error: Error | null) => void): void
  destroy(done: () => void): void
}

const running: TheirDht[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(each => new Promise<void>(done => each.destroy(done))))
})

/** It knows one node of ours and nobody else. */
async function startTheirs(known: string): Promise<TheirDht> {
  const main = pathToFileURL(resolve(THEIRS, 'index.js')).href
  const { Client } = (await import(/* @vite-ignore */ main)) as {
    readonly Client: new (options: {
      readonly bootstrap: readonly string[]
      readonly host: string
    }) => TheirDht
  }
  const theirs = new Client({ bootstrap: [], host: '127.0.0.1' })
  running.push(theirs)
  await new Promise<void>(done => theirs.listen(0, '127.0.0.1', done))
  const [host, port] = known.split(':') as [string, string]
  theirs.addNode({ host, port: Number(port) })
  await until('it has heard of ours', () => theirs.nodes.toArray().length > 0)
  return theirs
}

async function startOurs(): Promise<readonly BittorrentNode[]> {
  // Ids are drawn of the seed: each has one of its own.
  const start = (index: number, bootstrap: readonly string[]) =>
    BittorrentNode.start({ dht: { bootstrap }, pex: false }, { name: `ours-${index}`, seed: `d0${index}0` })
  const first = await start(0, [])
  const bootstrap = [first.address]
  const others = Array.from({ length: OURS - 1 }, (_, i) => start(i + 1, bootstrap))
  const ours = [first, ...(await Promise.all(others))]
  // Those that came at once know the first, and it them; each other they find on the way.
  for (const [i, each] of ours.entries())
    await until('all are in', async () => (await dhtOf(each)).nodes >= (i === 0 ? OURS - 1 : 1))
  return ours
}

const dhtOf = ({ node }: BittorrentNode) =>
  node.rpc<{ readonly id: string; readonly nodes: number }>('getdht')
const lookedUp = ({ node }: BittorrentNode, infoHash: string) =>
  node.rpc<{ readonly peers: readonly string[]; readonly hops: number; readonly nodes: readonly string[] }>(
    'dhtlookup',
    infoHash,
  )

async function foundByThem(theirs: TheirDht, infoHash: string): Promise<readonly string[]> {
  const found = new Set<string>()
  theirs.on('peer', ({ host, port }, hash) => {
    if (Buffer.from(hash).toString('hex') === infoHash) found.add(`${host}:${port}`)
  })
  await new Promise<void>((done, fail) => theirs.lookup(infoHash, error => (error ? fail(error) : done())))
  return [...found].sort()
}

test.skipIf(!isThere)('who announces on one side is found on the other, both ways', async () => {
  const ours = await startOurs()
  const [theirs, second] = [
    await startTheirs(ours[1]?.address ?? ''),
    await startTheirs(ours[2]?.address ?? ''),
  ]
  const address = `127.0.0.1:${theirs.address().port}`

  // Theirs to ours, and to another of theirs that knows only ours.
  const wanted = 'c0'.repeat(20)
  await new Promise<void>((done, fail) =>
    theirs.announce(wanted, 7_777, error => (error ? fail(error) : done())),
  )
  for (const each of ours)
    expect((await lookedUp(each, wanted)).peers, each.node.config.name).toEqual(['127.0.0.1:7777'])
  expect(await foundByThem(second, wanted)).toEqual(['127.0.0.1:7777'])

  // Ours to theirs.
  const seed = ours[4] as BittorrentNode
  const path = writeContent(temporaryDirectory(), 'content', [{ path: 'a', length: 100_000 }])
  const { infoHashV1 = '' } = await seed.create(path, 'hybrid')
  await until('they find who seeds', async () => {
    const found = await foundByThem(theirs, infoHashV1)
    return found.length > 0 && found
  }).then(found => expect(found).toEqual([seed.address]))

  // They are nodes of ours' table as any other: asked, and answering.
  await until('theirs is in the table of ours', async () =>
    (await lookedUp(seed, wanted)).nodes.includes(address),
  )
  expect(theirs.nodes.toArray().length).toBeGreaterThan(1)
})
