// The tracker: what it answers to the letter, who it knows of and for how long, and what it refuses.

import { describe, expect, it } from 'vitest'
import { escaped, HASH, TRACKER, TrackerWorld } from '../support/tracker-world.ts'

const raw = (...bytes: number[]) => Buffer.from(bytes).toString('latin1')
const other = escaped(HASH.map(byte => byte ^ 1))
const A = '10.0.0.2:7001'
const B = '10.0.0.3:7002'
const C = '10.0.0.4:7003'

describe('an announce', () => {
  it('is answered to the byte, and ends its connection', () => {
    const world = new TrackerWorld()
    world.tracker()
    const at = `GET /announce?info_hash=${escaped(HASH)}&peer_id=-XX0001-abcdefghijkl&port=6881&left=0`
    const body = 'd8:completei1e10:downloadedi0e10:incompletei0e8:intervali60e12:min intervali30e5:peers0:e'
    expect(world.ask(A, `${at} HTTP/1.1\r\nHost: tracker\r\n\r\n`)).toEqual({
      text: `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      closed: 'closed by peer',
    })
  })

  it('tells of the others where they listen, in six bytes each or in words', () => {
    const world = new TrackerWorld()
    const { service, events } = world.tracker()
    world.announce(A, { left: '0' })
    expect(world.announce(B)).toMatch(/8:completei1e.*10:incompletei1e/)
    const there = raw(10, 0, 0, 2, 7001 >> 8, 7001 & 0xff)
    expect(world.announce(B)).toContain(`5:peers6:${there}e`)
    expect(world.announce(B, { compact: '0' })).toContain(
      '5:peersld2:ip8:10.0.0.27:peer id20:-XX0001-10.0.0.2:7001'.slice(0, 40),
    )
    expect(world.announce(B, { compact: '0', no_peer_id: '1' })).toContain(
      '5:peersld2:ip8:10.0.0.24:porti7001eee',
    )
    expect(events).toEqual([
      { type: 'tracker/swarm', infoHash: Buffer.from(HASH).toString('hex'), address: A },
    ])
    expect(service.rpc.gettracker?.handle([], () => {})).toMatchObject({
      ...{
        swarms: [
          {
            seeds: 1,
            leechers: 1,
            peers: [
              { address: A, seed: true },
              { address: B, seed: false },
            ],
          },
        ],
      },
      ...{ intervalSeconds: 60, seeds: 1, leechers: 1, announces: 5 },
    })
  })

  it('gives as many as are wanted, never more than it may, never the asker, and to seeds no seeds', () => {
    const world = new TrackerWorld()
    world.tracker({ maxPeers: 8 })
    for (let i = 0; i < 10; i++) world.announce(`10.0.1.${i}:700${i}`, { left: i < 5 ? '0' : '1' })
    const count = (parameters: Record<string, string>) => {
      const [, length] = /5:peers(\d+):/.exec(world.announce(A, parameters)) ?? []
      return Number(length) / 6
    }
    expect(count({})).toBe(8)
    expect(count({ numwant: '3' })).toBe(3)
    expect(count({ numwant: '0' })).toBe(0)
    expect(count({ numwant: '-1' })).toBe(8)
    expect(count({ numwant: '5000' })).toBe(8)
    expect(count({ left: '0' })).toBe(5)
  })

  it('gives others by luck: each as often', () => {
    const world = new TrackerWorld()
    world.tracker({ maxPeers: 5 })
    for (let i = 0; i < 20; i++) world.announce(`10.0.1.${i}:7000`)
    const given = new Map<string, number>()
    for (let round = 0; round < 400; round++) {
      const [, peers = ''] = /5:peers30:([\s\S]{30})/.exec(world.announce(A)) ?? []
      for (let at = 0; at < 30; at += 6) {
        const peer = peers.slice(at, at + 6)
        given.set(peer, (given.get(peer) ?? 0) + 1)
      }
    }
    expect(given.size).toBe(20)
    // 2,000 draws of 20: 100 each, with a deviation of 8.7.
    for (const count of given.values()) expect(Math.abs(count - 100)).toBeLessThan(45)
  })

  it('that says stopped takes the peer away; completed is counted once', () => {
    const world = new TrackerWorld()
    const { counts } = world.tracker()
    world.announce(A)
    world.announce(B)
    expect(counts()).toEqual({ seeds: 0, leechers: 2 })
    expect(world.announce(A, { event: 'completed', left: '0' })).toContain('10:downloadedi1e')
    expect(world.announce(A, { event: 'completed', left: '0' })).toContain('10:downloadedi1e')
    expect(counts()).toEqual({ seeds: 1, leechers: 1 })
    expect(world.announce(A, { event: 'stopped', left: '0' })).toContain('5:peers0:')
    expect(counts()).toEqual({ seeds: 0, leechers: 1 })
    world.announce(C, { event: 'stopped', info_hash: other })
    expect(counts()).toEqual({ seeds: 0, leechers: 1 })
  })

  it('is good for two intervals', () => {
    const world = new TrackerWorld()
    const { counts } = world.tracker({ intervalMs: 10_000 })
    world.announce(A)
    world.advance(15_000)
    world.announce(B)
    world.advance(4_999)
    expect(counts()).toEqual({ seeds: 0, leechers: 2 })
    world.advance(5_000)
    expect(counts()).toEqual({ seeds: 0, leechers: 1 })
    expect(world.announce(C)).not.toContain(raw(10, 0, 0, 2))
    world.advance(20_001)
    expect(counts()).toEqual({ seeds: 0, leechers: 0 })
  })

  it('of a peer that moved is the same peer by its key, and of nobody else', () => {
    const world = new TrackerWorld()
    const { counts } = world.tracker()
    const peer_id = '-XX0001-abcdefghijkl'
    world.announce(A, { peer_id, key: '1a' })
    expect(world.announce(B, { peer_id, key: '2b' })).toBe(
      'd14:failure reason34:somebody else goes by this peer_ide',
    )
    world.announce(C, { peer_id, key: '1a' })
    expect(counts()).toEqual({ seeds: 0, leechers: 1 })
    expect(world.announce(B)).toContain(raw(10, 0, 0, 4))
    // Another program where one was.
    world.announce(C, { peer_id: '-XX0001-mnopqrstuvwx', key: '3c' })
    expect(counts()).toEqual({ seeds: 0, leechers: 2 })
  })

  it('names another place where it says so', () => {
    const world = new TrackerWorld()
    world.tracker()
    world.announce(A, { ip: '192.0.2.7', port: '80' })
    expect(world.announce(B)).toContain(`5:peers6:${raw(192, 0, 2, 7, 0, 80)}e`)
  })

  it.each([
    ['no hash', { info_hash: undefined }, 'info_hash must be 20 bytes'],
    ['a whole hash of version 2', { info_hash: escaped(new Uint8Array(32)) }, 'info_hash must be 20 bytes'],
    ['no peer id', { peer_id: undefined }, 'peer_id must be 20 bytes'],
    ['a short peer id', { peer_id: 'x' }, 'peer_id must be 20 bytes'],
    ['no port', { port: undefined }, 'port must be a number from 1 to 65535'],
    ['port 0', { port: '0' }, 'port must be a number from 1 to 65535'],
    ['a port too high', { port: '65536' }, 'port must be a number from 1 to 65535'],
    ['a negative amount', { left: '-1' }, 'left must be a number'],
    ['a half per cent sign', { left: '%4' }, 'the query cannot be read'],
  ])('with %s is refused in words', (_, parameters, why) => {
    const world = new TrackerWorld()
    const { service } = world.tracker()
    expect(world.announce(A, parameters)).toBe(`d14:failure reason${why.length}:${why}e`)
    expect(service.status()).toMatchObject({ refused: 1, swarms: 0, announces: 0 })
  })

  it('is turned away where there is no room, and its neighbours are not', () => {
    const world = new TrackerWorld()
    const { events, service } = world.tracker({ limits: { swarms: 1, peers: 2 }, intervalMs: 10_000 })
    world.announce(A)
    world.announce(B)
    expect(world.announce(C)).toContain('this swarm is full')
    expect(world.announce(C, { info_hash: other })).toContain('this tracker is full')
    expect(world.announce(A)).toContain('incompletei2e')
    expect(events.map(({ type }) => type)).toEqual(['tracker/swarm', 'tracker/full'])
    expect(service.status()).toMatchObject({ refused: 2, swarms: 1, leechers: 2 })
    world.announce(A, { event: 'stopped' })
    expect(world.announce(C)).toContain('incompletei2e')
    world.advance(30_000)
    expect(world.announce(C, { info_hash: other })).toContain('incompletei1e')
  })
})

describe('a scrape', () => {
  const scrape = (world: TrackerWorld, query: string) =>
    world.ask('10.0.0.9:1', `GET /scrape?${query} HTTP/1.0\r\n\r\n`).text.split('\r\n\r\n')[1]

  it('counts each content that is asked for, in the order of the hashes', () => {
    const world = new TrackerWorld()
    world.tracker()
    world.announce(A, { left: '0' })
    world.announce(B)
    const [first, second] = [HASH.map(byte => byte ^ 1), HASH].map(hash =>
      Buffer.from(hash).toString('latin1'),
    )
    const asked = `info_hash=${escaped(HASH)}&info_hash=${other}&info_hash=${other}`
    const none = 'd8:completei0e10:downloadedi0e10:incompletei0ee'
    const some = 'd8:completei1e10:downloadedi0e10:incompletei1ee'
    const inOrder =
      (first as string) < (second as string)
        ? `20:${first}${none}20:${second}${some}`
        : `20:${second}${some}20:${first}${none}`
    expect(scrape(world, asked)).toBe(`d5:filesd${inOrder}e5:flagsd20:min_request_intervali30eee`)
  })

  it('of nothing, of too much and of what is no hash is refused', () => {
    const world = new TrackerWorld()
    world.tracker()
    expect(scrape(world, '')).toContain('info_hash must be there, 1 to 100 times')
    expect(scrape(world, Array(101).fill(`info_hash=${other}`).join('&'))).toContain('1 to 100 times')
    expect(scrape(world, 'info_hash=x')).toContain('must be 20 bytes')
  })
})

describe('HTTP', () => {
  const statusOf = (said: string | readonly string[]) => {
    const world = new TrackerWorld()
    world.tracker()
    const { text, closed } = world.ask(A, said)
    return text === '' ? closed : Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1])
  }
  const fields = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: 1\r\n`).join('')

  it.each<[string, string, number]>([
    ['another path', 'GET / HTTP/1.0\r\n\r\n', 404],
    ['another method', 'POST /announce HTTP/1.0\r\n\r\n', 405],
    ['another version', 'GET /announce HTTP/2.0\r\n\r\n', 505],
    ['no version', 'GET /announce\r\n\r\n', 400],
    ['two spaces', 'GET  /announce HTTP/1.0\r\n\r\n', 400],
    ['no host', 'GET /announce HTTP/1.1\r\n\r\n', 400],
    ['two hosts', 'GET /announce HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['a body', 'GET /announce HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello', 400],
    ['a body in chunks', 'GET /announce HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a field without a colon', 'GET /announce HTTP/1.0\r\nHost\r\n\r\n', 400],
    ['a space before the colon', 'GET /announce HTTP/1.0\r\nHost : a\r\n\r\n', 400],
    ['a folded field', 'GET /announce HTTP/1.0\r\nA: b\r\n c\r\n\r\n', 400],
    ['a whole URL', 'GET http://a/announce HTTP/1.0\r\n\r\n', 400],
    ['another wire', '\x13BitTorrent protocol\0\0\0\0\0\0\0\0\r\n\r\n', 400],
    ['a long line', `GET /announce?${'x'.repeat(9_000)} HTTP/1.0\r\n\r\n`, 414],
    ['a long line without an end', `GET /announce?${'x'.repeat(9_000)}`, 414],
    ['many fields', `GET /announce HTTP/1.0\r\n${fields(65)}\r\n`, 431],
    ['a long head without an end', `GET /announce HTTP/1.0\r\n${fields(3_000)}`, 431],
    ['a good question', 'GET /announce HTTP/1.0\r\n\r\n', 200],
    ['a good question in 1.1', 'GET /announce? HTTP/1.1\r\nhost:a\r\nContent-Length: 0\r\n\r\nGET /', 200],
  ])('%s', (_, said, status) => {
    expect(statusOf(said)).toBe(status)
    expect(statusOf([...said])).toBe(status)
  })

  it('whoever opens a connection and says nothing is not waited for', () => {
    const world = new TrackerWorld()
    const { service } = world.tracker()
    const silent = world.host(B)
    const ends: string[] = []
    const nothing = () => {}
    silent.run({
      onConnected: nothing,
      onDialFailed: nothing,
      onData: nothing,
      onClosed: (_, why) => ends.push(why),
    })
    for (let i = 0; i < 600; i++) silent.connections.dial(TRACKER)
    world.advance(0)
    expect(ends).toHaveLength(100) // the others made room, the longest silent ones first
    expect(world.announce(A)).toContain('incompletei1e')
    world.advance(10_000)
    expect(ends).toHaveLength(600)
    expect(service.status()).toMatchObject({ announces: 1 })
  })
})

it('says nothing of itself before it is started, and counts what it did', () => {
  const world = new TrackerWorld()
  const { service, host } = world.tracker()
  world.announce(A, { left: '0' })
  world.announce(B, { event: undefined })
  world.announce(B, { port: 'x' })
  const metrics = service
    .readMetrics()
    .map(({ name, labels, value }) => [name, Object.values(labels ?? {})[0], value])
  expect(metrics).toEqual([
    ['netsplit_tracker_swarms', undefined, 1],
    ['netsplit_tracker_peers', 'seed', 1],
    ['netsplit_tracker_peers', 'leecher', 1],
    ['netsplit_tracker_announces_total', 'started', 1],
    ['netsplit_tracker_announces_total', 'stopped', 0],
    ['netsplit_tracker_announces_total', 'completed', 0],
    ['netsplit_tracker_announces_total', 'none', 1],
    ['netsplit_tracker_scrapes_total', undefined, 0],
    ['netsplit_tracker_refused_total', undefined, 1],
  ])
  service.stop()
  host.off()
  expect(service.status()).toEqual({})
})
