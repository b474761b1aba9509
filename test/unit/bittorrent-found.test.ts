// Peers that nobody introduces: found by the distributed hash table alone, or by a tracker alone.

import { expect, it } from 'vitest'
import type { BittorrentHealth } from '../../node/bittorrent/events.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { LATER } from '../../node/core/service.ts'
import { TrackerService } from '../../node/tracker/service.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { createSwarm, peerAddress, type Swarm } from '../support/swarm.ts'

const MINUTE = 60_000
const linkOf = () => ({ ...PERFECT_LINK, latencyMs: 30 })
const TRACKER = '10.2.0.1:6969'

/** A link that names the content, and nobody who has it. */
function bare(magnet: string): string {
  return magnet.replace(/&(x\.pe|tr)=[^&]*/g, '')
}

function sourcesOf(swarm: Swarm, index: number, content: string): readonly string[] {
  const { peers } = swarm.rpc(index, 'gettorrent', content) as { peers: { source: string }[] }
  return peers.map(({ source }) => source)
}

it('by the hash table: each knows one node of it, and no peer', () => {
  const bootstrap = (index: number) => (index === 0 ? [] : [peerAddress(index - 1)])
  const swarm = createSwarm({
    ...{ seed: 'dht', peers: 12, linkOf, connect: () => [] },
    options: index => ({ dht: { bootstrap: bootstrap(index) }, pex: false }),
  })
  swarm.advance(MINUTE)
  const { content, magnet } = swarm.make(3, { version: 'hybrid' })
  for (const wanting of [0, 7, 11]) swarm.rpc(wanting, 'addtorrent', bare(magnet))
  const all = () => [0, 7, 11].every(index => swarm.complete(index, content))
  expect(swarm.until(all, 10 * MINUTE)).toBe(true)
  expect(sourcesOf(swarm, 7, content)).toContain('dht')
  const { dhtNodes } = swarm.peer(5).service.status() as unknown as BittorrentHealth
  expect(dhtNodes).toBeGreaterThan(5)
  expect(swarm.rpc(5, 'getdht')).toMatchObject({ nodes: dhtNodes, hops: expect.any(Number) })
  const metrics = swarm.peer(3).service.readMetrics()
  expect(metrics.find(({ name }) => name === 'netsplit_dht_nodes')?.value).toBeGreaterThan(5)
})

it('by the hash table: peers tell each other that they are nodes of it', () => {
  const swarm = createSwarm({
    ...{ seed: 'port', peers: 3, linkOf, connect: index => (index === 0 ? [] : [index - 1]) },
    options: () => ({ dht: { bootstrap: [] } }),
  })
  const { magnet } = swarm.make(0)
  for (const index of [1, 2]) swarm.rpc(index, 'addtorrent', bare(magnet))
  swarm.advance(2 * MINUTE)
  const nodes = [0, 1, 2].map(index => (swarm.rpc(index, 'getdht') as { nodes: number }).nodes)
  expect(nodes).toEqual([2, 2, 2])
})

it('without it there is none, and nothing is found', () => {
  const swarm = createSwarm({ seed: 'none', peers: 2, linkOf, connect: () => [] })
  const { content, magnet } = swarm.make(0)
  swarm.rpc(1, 'addtorrent', bare(magnet))
  swarm.advance(20 * MINUTE)
  expect(swarm.complete(1, content)).toBe(false)
  expect(swarm.rpc(1, 'getdht')).toBe(null)
})

it('by a tracker: it is told of each who comes, completes and leaves', () => {
  const swarm = createSwarm({
    ...{ seed: 'tracker', peers: 6, linkOf, connect: () => [] },
    options: () => ({ trackers: [`http://${TRACKER}/announce`], pex: false }),
  })
  const { clock, network } = swarm
  const random = swarm.peer(0).host.random.fork('tracker')
  const host = new VirtualHost({
    ...{ address: TRACKER, clock, network, random, store: new MemoryStore() },
    onEvent: () => {},
  })
  const tracker = new TrackerService({})
  host.run(tracker.start(host))
  const { content, magnet } = swarm.make(2)
  for (const index of [0, 1, 3, 4, 5]) swarm.rpc(index, 'addtorrent', bare(magnet))
  expect(swarm.until(() => [0, 1, 3, 4, 5].every(i => swarm.complete(i, content)), 10 * MINUTE)).toBe(true)
  expect(sourcesOf(swarm, 4, content)).toContain('tracker')
  swarm.advance(1_000)
  expect(tracker.status()).toMatchObject({ swarms: 1, seeds: 6, leechers: 0 })
  swarm.rpc(1, 'removetorrent', content)
  swarm.advance(1_000)
  expect(tracker.status()).toMatchObject({ seeds: 5, leechers: 0 })
})

it('a look-up by hand tells who takes part, in how many hops, and what cannot be looked up', () => {
  const swarm = createSwarm({
    ...{ seed: 'look-up', peers: 12, linkOf, connect: () => [] },
    options: index =>
      index === 11 ? {} : { dht: { bootstrap: index === 0 ? [] : [peerAddress(index - 1)] }, pex: false },
  })
  swarm.advance(MINUTE)
  const { infoHashV1, infoHashV2 } = swarm.make(3, { version: 'hybrid' })
  swarm.advance(MINUTE)
  const { rpc } = swarm.peer(9).service
  const look = (infohash: unknown) => {
    let outcome: unknown
    const respond = (said: unknown) => {
      outcome = said
    }
    expect(rpc.dhtlookup?.handle([infohash], respond, undefined)).toBe(LATER)
    swarm.until(() => outcome !== undefined, MINUTE)
    return outcome
  }
  for (const hash of [infoHashV1, infoHashV2, infoHashV2?.slice(0, 40)])
    expect(look(hash)).toMatchObject({ result: { peers: [peerAddress(3)], asked: expect.any(Number) } })
  const { result } = look('ab'.repeat(20)) as { result: { peers: string[]; hops: number; nodes: string[] } }
  expect(result.peers).toEqual([])
  expect(result.hops).toBeGreaterThan(0)
  expect(result.nodes.length).toBeGreaterThan(5)
  for (const wrong of [undefined, 5, 'ab', 'xy'.repeat(20), 'ab'.repeat(21)])
    expect(() => swarm.rpc(9, 'dhtlookup', wrong)).toThrow('infohash must be 40 or 64 digits of hex')
  expect(() => swarm.rpc(11, 'dhtlookup', 'ab'.repeat(20))).toThrow('takes no part')
})

it('a look-up finds who was announced to the node itself, though nobody else was told', () => {
  const swarm = createSwarm({
    ...{ seed: 'two', peers: 2, linkOf, connect: () => [] },
    options: index => ({ dht: { bootstrap: index === 0 ? [] : [peerAddress(0)] }, pex: false }),
  })
  swarm.advance(MINUTE)
  const { content } = swarm.make(0)
  swarm.advance(MINUTE)
  expect(swarm.rpc(1, 'dhtlookup', content)).toMatchObject({ peers: [peerAddress(0)] })
})
