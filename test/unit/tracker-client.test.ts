// What a peer makes of its tracker: when it asks, what it takes from the answer, and what it does when there is none.

import { describe, expect, it } from 'vitest'
import { ResponseReader } from '../../node/bittorrent/tracker-response.ts'
import { parseTrackerUrl } from '../../node/bittorrent/tracker-url.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { escaped, HASH, TRACKER, TrackerWorld } from '../support/tracker-world.ts'

const A = '10.0.0.2:7001'
const B = '10.0.0.3:7002'
const MINUTE = 60_000

const ok = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`
const none = (interval: number, min = interval) =>
  ok(`d8:intervali${interval}e12:min intervali${min}e5:peers0:e`)
const eventsOf = (questions: readonly string[]) => questions.map(each => /event=(\w+)/.exec(each)?.[1] ?? '-')

describe('with our tracker', () => {
  it('peers of one content find each other, and one that comes later finds all', () => {
    const world = new TrackerWorld()
    const tracker = world.tracker()
    const [a, b, c] = [A, B, '10.0.0.4:7003'].map(address => world.client(address)) as [
      ReturnType<typeof world.client>,
      ReturnType<typeof world.client>,
      ReturnType<typeof world.client>,
    ]
    a.amounts.left = 0
    for (const each of [a, b, c]) {
      each.client.start()
      world.advance(100)
    }
    expect(a.found).toEqual([])
    expect(b.found).toEqual([[A]])
    expect(c.found.map(peers => [...peers].sort())).toEqual([[A, B]])
    expect(tracker.counts()).toEqual({ seeds: 1, leechers: 2 })
    expect(c.client.status()).toMatchObject({ url: `http://${TRACKER}/announce`, seeds: 1, leechers: 2 })
    world.advance(MINUTE * 1.1)
    expect(a.found.flat().sort()).toEqual([B, '10.0.0.4:7003'])
  })

  it('they come back before they are forgotten, for as long as it takes', () => {
    const world = new TrackerWorld()
    const { service, counts } = world.tracker()
    for (const address of [A, B]) world.client(address).client.start()
    for (let minute = 0; minute < 120; minute++) {
      world.advance(MINUTE)
      expect(counts()).toEqual({ seeds: 0, leechers: 2 })
    }
    const { announces } = service.status() as { announces: number }
    expect(announces).toBeGreaterThan(210)
    expect(announces).toBeLessThanOrEqual(242)
  })

  it('one that completes is a seed, and one that leaves is gone at once', () => {
    const world = new TrackerWorld()
    const { counts, service } = world.tracker()
    const { client, amounts } = world.client(A)
    client.start()
    world.advance(100)
    amounts.left = 0
    client.completed()
    world.advance(100)
    expect(counts()).toEqual({ seeds: 1, leechers: 0 })
    client.stop()
    client.stop()
    world.advance(100)
    expect(counts()).toEqual({ seeds: 0, leechers: 0 })
    const told = service.readMetrics().filter(({ name }) => name === 'netsplit_tracker_announces_total')
    expect(told.map(({ value }) => value)).toEqual([1, 1, 1, 0])
    world.advance(10 * MINUTE)
    expect(service.status()).toMatchObject({ announces: 3 })
  })

  it('links do to its connections what they do to all: cut off it tries again, and finds them when the cut heals', () => {
    const world = new TrackerWorld()
    const { counts } = world.tracker()
    world.conditions = { ...PERFECT_LINK, blocked: true }
    const { client, problems } = world.client(A)
    client.start()
    world.advance(MINUTE)
    expect(problems).toEqual(['timeout'])
    expect(counts()).toEqual({ seeds: 0, leechers: 0 })
    world.conditions = { ...PERFECT_LINK, latencyMs: 200 }
    world.network.refresh()
    world.advance(5 * MINUTE)
    expect(counts()).toEqual({ seeds: 0, leechers: 1 })
    expect(client.status().problem).toBeUndefined()
  })
})

describe('the question', () => {
  it('says what BEP 3 asks for, byte for byte', () => {
    const world = new TrackerWorld()
    const { questions } = world.server(() => none(60))
    const { client, amounts } = world.client(A, {
      url: `http://${TRACKER}/x/announce?pass=1`,
      userAgent: 'n/1',
    })
    Object.assign(amounts, { uploaded: 1, downloaded: 2, left: 3 })
    client.start()
    world.advance(0)
    const key = /&key=([0-9a-f]{8})&/.exec(questions[0] ?? '')?.[1]
    const peerId = escaped(Buffer.from('-NS0001-10.0.0.2:7001'.slice(0, 20)))
    expect(questions.map(unescaped)).toEqual(
      [
        `GET /x/announce?pass=1&info_hash=${escaped(HASH)}&peer_id=${peerId}&port=7001&uploaded=1&downloaded=2&left=3&compact=1&no_peer_id=1&numwant=50&key=${key}&event=started HTTP/1.1\r\nHost: ${TRACKER}\r\nUser-Agent: n/1\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n`,
      ].map(unescaped),
    )
  })

  /** As bytes: which of them are escaped is not said. */
  const unescaped = (text: string) =>
    text.replace(/%([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))

  it('comes with the events in their order, completed after started was heard', () => {
    const world = new TrackerWorld()
    const { questions } = world.server((_, count) =>
      count === 1 ? ok('d14:failure reason4:busye') : none(60),
    )
    const { client, problems } = world.client(A)
    client.start()
    world.advance(0)
    client.completed()
    world.advance(MINUTE)
    expect(problems).toEqual(['it says: busy'])
    expect(eventsOf(questions)).toEqual(['started', 'started', 'completed'])
    world.advance(MINUTE)
    expect(eventsOf(questions).slice(3)).toEqual(['-'])
    client.stop()
    world.advance(MINUTE)
    expect(eventsOf(questions).slice(4)).toEqual(['stopped'])
    expect(questions[4]).toContain('numwant=0')
  })

  it('says again what the tracker goes by', () => {
    const world = new TrackerWorld()
    const { questions } = world.server((_, count) =>
      count === 1 ? ok('d8:intervali30e5:peers0:10:tracker id3:a be') : none(30),
    )
    world.client(A).client.start()
    world.advance(70_000)
    expect(questions[0]).not.toContain('trackerid')
    expect(questions.slice(1).every(question => question.includes('&trackerid=a%20b'))).toBe(true)
    expect(questions.length).toBe(3)
  })

  it('is asked again early only when the tracker lets it be', () => {
    const world = new TrackerWorld()
    const { questions } = world.server(() => none(600, 60))
    const { client } = world.client(A)
    client.start()
    world.advance(10_000)
    client.again()
    client.again()
    world.advance(49_999)
    expect(questions).toHaveLength(1)
    world.advance(1)
    expect(questions).toHaveLength(2)
    world.advance(90_000)
    client.again()
    world.advance(0)
    expect(questions).toHaveLength(3)
  })

  it('of one that leaves before it was heard is none', () => {
    const world = new TrackerWorld()
    const { questions } = world.server(() => none(60))
    const { client, host } = world.client(A)
    client.start()
    client.stop()
    world.advance(MINUTE)
    expect(questions).toEqual([])
    expect(world.network.connected()).toEqual([])
    host.off()
  })

  it('that is out when it leaves is followed by its leave', () => {
    const world = new TrackerWorld()
    const { questions } = world.server(() => undefined)
    const { client } = world.client(A)
    client.start()
    world.advance(1_000)
    client.stop()
    world.advance(1_000)
    expect(eventsOf(questions)).toEqual(['started', 'stopped'])
  })
})

describe('an answer that is none', () => {
  it.each<[string, string, string]>([
    ['another status', 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', 'it answers with status 503'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://a/\r\n\r\n', 'it answers with status 302'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'its answer is not HTTP'],
    ['nothing', '', 'it hung up'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nd8:inter', 'it hung up'],
    ['half a head', 'HTTP/1.1 200 OK\r\n', 'it hung up'],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'its answer comes in chunks',
    ],
    ['compression', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx', 'its answer is compressed'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(3_000)}`, 'its answer is not HTTP'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nde',
      'its answer is not HTTP',
    ],
    ['a long body', 'HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nd', 'its answer is too long'],
    [
      'a long body without a length',
      `HTTP/1.1 200 OK\r\n\r\n${'d'.repeat(140_000)}`,
      'its answer is too long',
    ],
    ['words', ok('hello'), 'its answer is not bencoded'],
    ['more behind it', ok('d5:peers0:eX'), 'its answer is not bencoded'],
    ['a list', ok('le'), 'its answer is not bencoded'],
    ['no peers', ok('d8:intervali60ee'), 'its answer names no peers'],
    ['seven bytes of peers', ok('d5:peers7:1234567e'), 'its answer names no peers'],
    ['its own words', ok('d14:failure reason6:no\nwaye'), 'it says: no?way'],
  ])('(%s) is said, and the tracker is asked again, later each time', (_, said, why) => {
    const world = new TrackerWorld()
    const times: number[] = []
    world.server(() => {
      times.push(world.clock.now())
      return said
    })
    const { client, problems, found } = world.client(A)
    client.start()
    world.advance(60 * MINUTE)
    expect(problems).toEqual([why])
    expect(client.status()).toMatchObject({ problem: why, nextMs: expect.any(Number) })
    expect(found).toEqual([])
    const waits = times.slice(1).map((ms, i) => ms - (times[i] as number))
    const longest = waits.map((_, i) => Math.min(5_000 * 2 ** i, 300_000))
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual((longest[i] as number) / 2)
      expect(wait).toBeLessThanOrEqual(longest[i] as number)
    }
    expect(waits.length).toBeGreaterThan(14)
    expect(world.network.connected()).toEqual([])
  })

  it('(silence) is waited for no longer than it may take', () => {
    const world = new TrackerWorld()
    world.server(() => undefined)
    const { client, problems } = world.client(A)
    client.start()
    world.advance(14_999)
    expect(problems).toEqual([])
    world.advance(1)
    expect(problems).toEqual(['no answer in 15 s'])
    expect(world.network.connected()).toEqual([])
  })

  it('(nobody there) is tried again until there is', () => {
    const world = new TrackerWorld()
    const { client, problems } = world.client(A)
    client.start()
    world.advance(MINUTE)
    expect(problems).toEqual(['connection refused'])
    const { counts } = world.tracker()
    world.advance(2 * MINUTE)
    expect(counts()).toEqual({ seeds: 0, leechers: 1 })
  })

  it('(another kind of tracker) is said once, and never tried', () => {
    const world = new TrackerWorld()
    const { client, problems } = world.client(A, { url: 'udp://10.0.0.1:6969' })
    client.start()
    world.advance(MINUTE)
    client.completed()
    client.stop()
    expect(problems).toEqual(['only trackers at http://host:port/… are asked'])
    expect(world.clock.pending).toBe(0)
  })
})

describe('an answer', () => {
  const read = (said: string, size: number) => {
    const reader = new ResponseReader()
    const bytes = Buffer.from(said, 'latin1')
    for (let at = 0; at < bytes.length; at += size) {
      const outcome = reader.push(bytes.subarray(at, at + size))
      if (outcome) return outcome
    }
    return reader.end()
  }
  const compact = `d8:completei3e10:incompletei4e8:intervali90e5:peers12:\x0a\0\0\x02\x1b\x59\x0a\0\0\x03\0\0e`
  const listed =
    'd5:peersld2:ip8:10.0.0.24:porti7001eed2:ip1:/4:porti1eed2:ip7:1.2.3.44:porti0eed2:ip8:peer.lan4:porti9eei7eee'

  it.each([1, 7, 100_000])('is read in pieces of %d bytes, with its length or to the end', size => {
    const expected = { peers: [A], intervalMs: 90_000, minIntervalMs: 90_000, seeds: 3, leechers: 4 }
    expect(read(ok(compact), size)).toMatchObject(expected)
    expect(read(`HTTP/1.0 200 OK\r\n\r\n${compact}`, size)).toMatchObject(expected)
    expect(read(ok(listed, 'X: y\r\n'), size)).toMatchObject({
      peers: [A, 'peer.lan:9'],
      intervalMs: 1_800_000,
    })
  })

  it.each([
    ['i0e', 1_000],
    ['i99999999e', 86_400_000],
    ['i-5e', 1_800_000],
    ['3:abc', 1_800_000],
  ])('with interval %s asks for %d ms', (interval, ms) => {
    expect(read(ok(`d8:interval${interval}5:peers0:e`), 1_000)).toMatchObject({ intervalMs: ms })
  })
})

it.each([
  ['http://10.0.0.1:6969/announce', { address: '10.0.0.1:6969', host: '10.0.0.1:6969', target: '/announce' }],
  ['HTTP://tracker.lan/a?b=c', { address: 'tracker.lan:80', host: 'tracker.lan', target: '/a?b=c' }],
  ['http://[::1]:06969', { address: '[::1]:6969', host: '[::1]:6969', target: '/' }],
  ['http://a?b', { address: 'a:80', host: 'a', target: '/?b' }],
  ['https://a/', undefined],
  ['udp://a:1/', undefined],
  ['http://a:0/', undefined],
  ['http://a:70000/', undefined],
  ['http://u@a/', undefined],
  ['http://a/ b', undefined],
  ['http://a/\r\nX: y', undefined],
  ['http:///x', undefined],
  [`http://a/${'x'.repeat(2_000)}`, undefined],
])('the URL %s', (url, expected) => {
  expect(parseTrackerUrl(url)).toEqual(expected)
})
