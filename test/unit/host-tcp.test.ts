// Connections over real sockets: numbering, words for every end, links that hold back, and limits.

import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { LinkTable } from '../../node/api.ts'
import type { Address, ConnectionSink, PeerId } from '../../node/core/host.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { ConfigError } from '../../node/errors.ts'
import { systemClock } from '../../node/host/clock.ts'
import { TcpConnections } from '../../node/host/tcp.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { until } from '../support/until.ts'

const CLEAR: LinkTable = { default: PERFECT_LINK, peers: {} }
const BLOCKED: LinkTable = { default: { ...PERFECT_LINK, blocked: true }, peers: {} }
const HERE = { host: '127.0.0.1', port: 0 }

/** Remembers what it is told. */
class Recorder implements ConnectionSink {
  readonly opened: { peer: PeerId; address: Address; inbound: boolean }[] = []
  readonly failed: { address: Address; why: string }[] = []
  readonly closed = new Map<PeerId, string>()
  readonly #data = new Map<PeerId, string>()
  onConnected(peer: PeerId, address: Address, inbound: boolean) {
    this.opened.push({ peer, address, inbound })
  }
  onDialFailed(address: Address, why: string) {
    this.failed.push({ address, why })
  }
  onData(peer: PeerId, bytes: Uint8Array) {
    this.#data.set(peer, this.data(peer) + new TextDecoder().decode(bytes))
  }
  onClosed(peer: PeerId, why: string) {
    this.closed.set(peer, why)
  }
  data(peer: PeerId): string {
    return this.#data.get(peer) ?? ''
  }
}

async function node(links: LinkTable = CLEAR, dialTimeoutMs = 5_000) {
  const tcp = new TcpConnections({
    clock: systemClock,
    random: createRandom('tcp'),
    links,
    dialTimeoutMs,
    warn: message => {
      throw new Error(message)
    },
  })
  onTestFinished(() => tcp.stop())
  const address = await tcp.listen(HERE)
  const sink = new Recorder()
  tcp.start(sink)
  return { tcp, address, sink }
}

/** Two nodes, the first of which has dialled the second. */
async function pair(linksOfFirst: LinkTable = CLEAR) {
  const [a, b] = [await node(linksOfFirst), await node()]
  a.tcp.dial(b.address)
  await until('both ends to be open', () => a.sink.opened.length === 1 && b.sink.opened.length === 1)
  return { a, b }
}

/** A bare socket connected to the node. */
async function bareSocket(address: Address): Promise<Socket> {
  const [host = '', port = ''] = address.split(':')
  const socket = connect(Number(port), host)
  socket.on('error', () => {})
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise(resolve => socket.once('connect', resolve))
  return socket
}

const text = (value: string) => new TextEncoder().encode(value)

describe('a connection', () => {
  test('is numbered from 0 at each end and carries frames both ways, in order', async () => {
    const { a, b } = await pair()
    expect(a.sink.opened).toEqual([{ peer: 0, address: b.address, inbound: false }])
    expect(b.sink.opened).toMatchObject([{ peer: 0, inbound: true }])
    for (const frame of ['one ', 'two ', 'three']) a.tcp.send(0, text(frame))
    b.tcp.send(0, text('back'))
    await until('all data', () => b.sink.data(0) === 'one two three' && a.sink.data(0) === 'back')
  })

  test('closed at one end is told at both, each in its words, and takes nothing more', async () => {
    const { a, b } = await pair()
    a.tcp.send(0, text('last words'))
    a.tcp.close(0)
    expect(a.sink.closed.size).toBe(0)
    await until('both ends to be told', () => a.sink.closed.size === 1 && b.sink.closed.size === 1)
    expect([a.sink.closed.get(0), b.sink.closed.get(0)]).toEqual(['closed here', 'closed by peer'])
    expect(b.sink.data(0)).toBe('last words')
    a.tcp.send(0, text('too late'))
    a.tcp.close(0)
    expect(a.tcp.backlogBytes(0)).toBe(0)
  })

  test('reset by the other end is told as that', async () => {
    const { address, sink } = await node()
    const socket = await bareSocket(address)
    await until('the connection', () => sink.opened.length === 1)
    socket.resetAndDestroy()
    await until('the end', () => sink.closed.get(0))
    expect(sink.closed.get(0)).toBe('reset by peer')
  })

  test('half closed by the other end is closed', async () => {
    const { address, sink } = await node()
    const socket = await bareSocket(address)
    socket.end('half')
    await until('the end', () => sink.closed.get(0))
    expect([sink.data(0), sink.closed.get(0)]).toEqual(['half', 'closed by peer'])
  })

  test('that came before the core was there is kept for it', async () => {
    const tcp = new TcpConnections({
      clock: systemClock,
      random: createRandom('early'),
      links: CLEAR,
      warn() {},
    })
    onTestFinished(() => tcp.stop())
    const address = await tcp.listen(HERE)
    const socket = await bareSocket(address)
    socket.write('early')
    await new Promise(resolve => setImmediate(resolve))
    const sink = new Recorder()
    tcp.start(sink)
    await until('its data', () => sink.data(0) === 'early')
  })

  test('to an end that does not read reports its backlog, and is closed when that is too much', async () => {
    const { tcp, address, sink } = await node()
    const socket = await bareSocket(address)
    socket.pause()
    await until('the connection', () => sink.opened.length === 1)
    const megabyte = new Uint8Array(1 << 20)
    for (let i = 0; i < 32; i++) tcp.send(0, megabyte)
    expect(tcp.backlogBytes(0)).toBeGreaterThan(16 << 20)
    for (let i = 0; i < 64; i++) tcp.send(0, megabyte)
    await until('the end', () => sink.closed.get(0))
    expect(sink.closed.get(0)).toBe('send buffer full')
  })
})

describe('a dial', () => {
  test('to a port where nobody listens is refused', async () => {
    const { tcp, sink } = await node()
    const gone = await node()
    gone.tcp.stop()
    await until('the port to be free', async () => {
      const before = sink.failed.length
      tcp.dial(gone.address)
      await until('an answer', () => sink.failed.length > before)
      return sink.failed.at(-1)?.why === 'refused'
    })
    expect(sink.failed.at(-1)).toEqual({ address: gone.address, why: 'refused' })
  })

  test.each([
    ['nowhere.invalid:1', 'unknown host name'],
    ['127.0.0.1:0', 'no such port'],
    ['127.0.0.1:99999', 'no such port'],
  ])('to %s fails as: %s', async (address, why) => {
    // A machine without a name server takes its time to say so.
    const { tcp, sink } = await node(CLEAR, 120_000)
    tcp.dial(address)
    expect(sink.failed).toEqual([])
    await until('the failure', () => sink.failed.length === 1)
    expect(sink.failed).toEqual([{ address, why }])
  })

  test('over a blocked link times out like a lost SYN, and no connection reaches the other end', async () => {
    const a = await node(BLOCKED, 150)
    const b = await node()
    a.tcp.dial(b.address)
    await until('the failure', () => a.sink.failed.length === 1)
    expect(a.sink.failed).toEqual([{ address: b.address, why: 'timeout' }])
    expect(b.sink.opened).toEqual([])
  })

  test('over a link that heals before its time is up goes through', async () => {
    const a = await node(BLOCKED, 60_000)
    const b = await node()
    a.tcp.dial(b.address)
    a.tcp.setLinks(CLEAR)
    await until('the connection', () => b.sink.opened.length === 1)
  })

  test('under way when the node stops tells nobody', async () => {
    const clock = new VirtualClock(0)
    const sink = new Recorder()
    const tcp = new TcpConnections({ clock, random: createRandom('stop'), links: BLOCKED, warn() {} })
    tcp.start(sink)
    tcp.dial('127.0.0.1:1')
    expect(clock.pending).toBe(1)
    tcp.stop()
    expect(clock.pending).toBe(0)
    expect(sink.failed).toEqual([])
  })
})

describe('a shaped link', () => {
  test('adds its latency to what is sent, and not to what is received', async () => {
    const latencyMs = 150
    const { a, b } = await pair({ default: { ...PERFECT_LINK, latencyMs }, peers: {} })
    const sentMs = performance.now()
    a.tcp.send(0, text('slow'))
    await until('the frame', () => b.sink.data(0) === 'slow')
    expect(performance.now() - sentMs).toBeGreaterThan(latencyMs - 2)
    b.tcp.send(0, text('fast'))
    await until('the answer', () => a.sink.data(0) === 'fast')
  })

  test('that is blocked holds everything, stays open, and delivers it all when it heals', async () => {
    const { a, b } = await pair()
    a.tcp.setLinks(BLOCKED)
    for (const frame of ['one ', 'two ', 'three']) a.tcp.send(0, text(frame))
    expect(a.tcp.backlogBytes(0)).toBe(13)
    b.tcp.send(0, text('one way'))
    await until('the other direction', () => a.sink.data(0) === 'one way')
    expect(b.sink.data(0)).toBe('')
    expect([a.sink.closed.size, b.sink.closed.size]).toEqual([0, 0])
    a.tcp.setLinks(CLEAR)
    await until('what was held', () => b.sink.data(0) === 'one two three')
    expect(a.tcp.backlogBytes(0)).toBe(0)
  })

  test('that is blocked hides a close from the other end until it heals', async () => {
    const { a, b } = await pair()
    a.tcp.setLinks(BLOCKED)
    a.tcp.close(0)
    await until('this end', () => a.sink.closed.size === 1)
    b.tcp.send(0, text('are you there?'))
    // A connection that is made later overtakes nothing: an end that was not held back would be here by now.
    b.tcp.dial(a.address)
    await until('a second connection', () => a.sink.opened.length === 2)
    expect(b.sink.closed.size).toBe(0)
    a.tcp.setLinks(CLEAR)
    await until('the other end', () => b.sink.closed.get(0) === 'closed by peer')
    expect(a.sink.data(0)).toBe('')
  })

  test('follows the listening address by which an inbound peer is identified', async () => {
    const { a, b } = await pair()
    b.tcp.setLinks({ default: PERFECT_LINK, peers: { [a.address]: { ...PERFECT_LINK, blocked: true } } })
    b.tcp.send(0, text('before '))
    await until('the first frame', () => a.sink.data(0) === 'before ')
    b.tcp.identify(0, a.address)
    b.tcp.send(0, text('after'))
    expect(b.tcp.backlogBytes(0)).toBe(5)
    b.tcp.setLinks(CLEAR)
    await until('the second frame', () => a.sink.data(0) === 'before after')
  })
})

describe('listening', () => {
  test('on a port in use is a ConfigError that says what to do', async () => {
    const { address } = await node()
    const port = Number(address.split(':')[1])
    const second = new TcpConnections({
      clock: systemClock,
      random: createRandom('second'),
      links: CLEAR,
      warn() {},
    })
    const failure = await second.listen({ ...HERE, port }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ConfigError)
    expect(failure).toMatchObject({ code: 'port-in-use' })
    expect(String(failure)).toContain(`listen: ${address} is already in use; stop what listens there`)
  })
})
