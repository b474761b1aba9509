// Other people's program behind a node's port: messages go through, but for what would lead it past its links; and pings that it
// knows nothing of.

import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { baseMessages, PROTOCOL_VERSION, type Version } from '../../node/bitcoin/wire/messages.ts'
import type { AnyEvent, Connections, ServiceHost } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { Bridge } from '../../node/foreign/bridge.ts'
import type { InnerLine, InnerReader, Program } from '../../node/foreign/program.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'

const MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda)
const OURS = '127.0.0.1:7001'
const PEER = '127.0.0.1:7002'
const NOWHERE = { services: 0n, ip: new Uint8Array(16), port: 0 }

const message = (command: string, payload: Uint8Array = new Uint8Array()) =>
  encodeFrame(MAGIC, command, payload)

function version(said: Partial<Version> = {}): Uint8Array {
  const whole: Version = {
    ...{ version: PROTOCOL_VERSION, services: 9n, time: 0n, addrRecv: NOWHERE, addrFrom: NOWHERE },
    ...{ nonce: 5n, userAgent: '/theirs:1/', startHeight: 0, relay: true },
    ...said,
  }
  return message('version', encode(baseMessages.version.codec, whole))
}

/** What was said, by command; versions and pings read. */
class Ear {
  readonly #reader = new FrameReader(MAGIC, () => MAX_PAYLOAD_BYTES)
  readonly heard: { command: string; payload: Uint8Array }[] = []
  bytes = 0

  take(bytes: Uint8Array): void {
    this.bytes += bytes.length
    for (const { command, payload } of this.#reader.frames(bytes)) this.heard.push({ command, payload })
  }

  get commands(): string[] {
    return this.heard.map(({ command }) => command)
  }

  last(command: string): Uint8Array {
    return this.heard.findLast(each => each.command === command)?.payload as Uint8Array
  }
}

class Line implements InnerLine {
  readonly ear = new Ear()
  closed = false
  held = false
  backlogBytes = 0
  here: string | undefined
  reader: InnerReader | undefined
  send(bytes: Uint8Array): void {
    this.ear.take(bytes)
  }
  close(): void {
    this.closed = true
  }
  hold(on: boolean): void {
    this.held = on
  }
}

function stage() {
  const clock = new VirtualClock(0)
  const events: AnyEvent[] = []
  const dialled: string[] = []
  const closed: number[] = []
  const holds: [number, boolean][] = []
  const identified = new Map<number, string>()
  const ears = new Map<number, Ear>()
  const backlog = new Map<number, number>()
  const earOf = (peer: number) => {
    const ear = ears.get(peer) ?? new Ear()
    ears.set(peer, ear)
    return ear
  }
  const connections: Connections = {
    dial: address => void dialled.push(address),
    send: (peer, frame) => earOf(peer).take(frame),
    pad: () => {},
    close: peer => void closed.push(peer),
    identify: (peer, address) => void identified.set(peer, address),
    hold: (peer, on) => void holds.push([peer, on]),
    backlogBytes: peer => backlog.get(peer) ?? 0,
  }
  const lines: Line[] = []
  let take: (peer: string, line: InnerLine) => InnerReader = () => {
    throw new Error('nobody listens')
  }
  const program: Program = {
    usage: undefined,
    ...{
      name: 'theirs',
      address: '127.0.0.1:9',
      answers: false,
      mines: false,
      wallet: false,
      resumedHeight: undefined,
    },
    relays: ['127.0.0.1:8'],
    dial(reader) {
      const line = new Line()
      line.reader = reader
      lines.push(line)
      return line
    },
    onDialled: taker => {
      take = taker
    },
    call: () => {},
  }
  const host: ServiceHost = {
    ...{ clock, random: createRandom('bridge'), connections, emit: event => void events.push(event) },
    store: { get: () => undefined, scan: () => [], commit: () => {} },
  }
  const bridge = new Bridge({ magic: MAGIC, address: OURS, program }, host)
  /** The program dials whom it takes for the peer. */
  const theyDial = (peer: string) => {
    const line = new Line()
    line.reader = take(peer, line)
    lines.push(line)
    return line
  }
  return { bridge, clock, events, dialled, closed, holds, identified, earOf, backlog, lines, theyDial }
}

function shakenHands(at: ReturnType<typeof stage>, line: Line, peer: number): void {
  line.reader?.onData(version())
  at.bridge.onData(peer, version({ userAgent: '/ours:1/' }))
  line.reader?.onData(message('verack'))
  at.bridge.onData(peer, message('verack'))
}

describe('a connection that the program opens', () => {
  test('waits until the peer is there, says where the node listens, and is told once it is ready', () => {
    const at = stage()
    const line = at.theyDial(PEER)
    expect([line.held, at.dialled]).toEqual([true, [PEER]])
    at.bridge.onConnected(1, PEER, false)
    expect([line.held, at.identified.get(1)]).toEqual([false, PEER])
    shakenHands(at, line, 1)
    const { addrFrom, userAgent } = decode(baseMessages.version.codec, at.earOf(1).last('version'))
    expect([Buffer.from(addrFrom.ip).toString('hex'), addrFrom.port]).toEqual([
      '00000000000000000000ffff7f000001',
      7001,
    ])
    expect(userAgent).toBe('/theirs:1/')
    expect(at.events).toEqual([
      { type: 'peer-up', peer: 1, address: PEER, inbound: false, userAgent: '/ours:1/' },
    ])
    expect(at.bridge.peers).toEqual({ inbound: 0, outbound: 1 })
  })

  test('ends with either half, and the other half with it', () => {
    const at = stage()
    const line = at.theyDial(PEER)
    at.bridge.onConnected(1, PEER, false)
    shakenHands(at, line, 1)
    line.reader?.onClosed('connection reset')
    expect(at.closed).toEqual([1])
    expect(at.events.at(-1)).toEqual({
      ...{ type: 'peer-down', peer: 1, address: PEER, inbound: false, why: 'connection reset' },
    })
    const again = at.theyDial(PEER)
    at.bridge.onConnected(2, PEER, false)
    at.bridge.onClosed(2, 'closed by peer')
    expect(again.closed).toBe(true)
    const vain = at.theyDial(PEER)
    at.bridge.onDialFailed(PEER, 'connection refused')
    expect(vain.closed).toBe(true)
    expect(at.bridge.peers).toEqual({ inbound: 0, outbound: 0 })
  })

  test('that the program gave up before the peer was there is closed', () => {
    const at = stage()
    at.theyDial(PEER).reader?.onClosed('closed by peer')
    at.bridge.onConnected(3, PEER, false)
    expect(at.closed).toEqual([3])
  })
})

test('the first connection of a host is number 0, and as good as any', () => {
  const at = stage()
  const line = at.theyDial(PEER)
  at.bridge.onConnected(0, PEER, false)
  shakenHands(at, line, 0)
  expect(at.earOf(0).commands).toEqual(['version', 'verack', 'ping'])
  expect(at.bridge.peers).toEqual({ inbound: 0, outbound: 1 })
})

describe('a connection from outside', () => {
  test('goes by the address that the peer claims for its own host', () => {
    const at = stage()
    at.bridge.onConnected(1, '127.0.0.1:40000', true)
    at.bridge.onData(1, version({ addrFrom: { services: 9n, ip: mapped(127, 0, 0, 1), port: 7002 } }))
    const { addrFrom } = decode(baseMessages.version.codec, at.lines[0]?.ear.last('version') as Uint8Array)
    expect(addrFrom).toEqual({ ...NOWHERE, services: 9n }) // where it could be dialled past its links
    expect(at.identified.get(1)).toBe(PEER)
    at.bridge.onConnected(2, '127.0.0.1:40001', true)
    at.bridge.onData(2, version({ addrFrom: { services: 9n, ip: mapped(10, 0, 0, 1), port: 7002 } }))
    expect(at.identified.has(2)).toBe(false)
  })

  test('of whoever speaks something else is closed', () => {
    const at = stage()
    at.bridge.onConnected(1, '127.0.0.1:40000', true)
    at.bridge.onData(1, new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'))
    expect([at.closed, at.lines[0]?.closed]).toEqual([[1], true])
  })
})

describe('what goes through', () => {
  test('and is a block is told of, once for each way in which it comes', () => {
    const at = stage()
    const line = at.theyDial(PEER)
    at.bridge.onConnected(1, PEER, false)
    shakenHands(at, line, 1)
    const genesis = Buffer.from(
      `0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000`,
      'hex',
    )
    const hash = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'
    const handed = () => at.events.filter(({ type }) => type === 'block-handed')
    at.bridge.onData(1, message('cmpctblock', Buffer.concat([genesis, new Uint8Array(9)])))
    expect(handed()).toEqual([{ type: 'block-handed', hash }])
    at.bridge.onData(1, message('cmpctblock', Buffer.concat([genesis, new Uint8Array(9)])))
    at.bridge.onData(1, message('headers', genesis))
    expect(handed()).toHaveLength(1)
    at.bridge.onData(1, message('blocktxn', Buffer.from(hash, 'hex').reverse()))
    at.bridge.onData(1, message('block', Buffer.concat([genesis, Uint8Array.of(0)])))
    at.bridge.onData(1, message('block', Uint8Array.of(1)))
    expect(handed()).toEqual(Array(3).fill({ type: 'block-handed', hash }))
  })

  test('is everything but addresses that the program could dial past its links; byte for byte, however it is cut', () => {
    const at = stage()
    const line = at.theyDial(PEER)
    at.bridge.onConnected(1, PEER, false)
    shakenHands(at, line, 1)
    const said = Buffer.concat([
      message('inv', Uint8Array.of(0)),
      message('addr', Uint8Array.of(0)),
      message('addrv2', Uint8Array.of(0)),
      message('nonsense', Uint8Array.of(1, 2, 3)),
      message('ping', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0)),
    ])
    const before = line.ear.heard.length
    for (const byte of said) at.bridge.onData(1, Uint8Array.of(byte))
    expect(line.ear.heard.slice(before)).toEqual([
      { command: 'inv', payload: Uint8Array.of(0) },
      { command: 'nonsense', payload: Uint8Array.of(1, 2, 3) },
      { command: 'ping', payload: Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0) },
    ])
    line.reader?.onData(message('addr', Uint8Array.of(0)))
    expect(at.earOf(1).commands.at(-1)).toBe('addr')
  })

  test('a damaged message does not', () => {
    const at = stage()
    const line = at.theyDial(PEER)
    at.bridge.onConnected(1, PEER, false)
    shakenHands(at, line, 1)
    const bad = message('inv', Uint8Array.of(0))
    bad.set([(bad[20] as number) ^ 1], 20)
    const before = line.ear.heard.length
    at.bridge.onData(1, bad)
    at.bridge.onData(1, message('inv', Uint8Array.of(0)))
    expect(line.ear.heard.length).toBe(before + 1)
  })

  test('stops where the other side does not take it, and goes on when it does', () => {
    const at = stage()
    const line = at.theyDial(PEER)
    at.bridge.onConnected(1, PEER, false)
    shakenHands(at, line, 1)
    at.backlog.set(1, 5_000_000)
    line.reader?.onData(message('inv', Uint8Array.of(0)))
    expect(line.held).toBe(true)
    line.backlogBytes = 5_000_000
    at.bridge.onData(1, message('inv', Uint8Array.of(0)))
    expect(at.holds).toEqual([[1, true]])
    at.backlog.set(1, 0)
    line.backlogBytes = 0
    at.clock.runUntil(100)
    expect([line.held, at.holds.at(-1)]).toEqual([false, [1, false]])
  })
})

test('pings go past the program, their answers do not reach it, and its own do', () => {
  const at = stage()
  const line = at.theyDial(PEER)
  at.bridge.onConnected(1, PEER, false)
  at.bridge.links.ping() // nobody is there yet
  shakenHands(at, line, 1)
  expect(at.bridge.links.read()).toEqual([
    { id: 1, address: PEER, roundTripMs: undefined, waitMs: 0, pings: { sent: 1, answered: 0 } },
  ])
  at.bridge.links.ping()
  const nonce = at.earOf(1).last('ping')
  at.clock.runUntil(30)
  const before = line.ear.heard.length
  at.bridge.onData(1, message('pong', Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1)))
  expect(line.ear.heard.length).toBe(before + 1)
  at.bridge.onData(1, message('pong', nonce))
  expect(line.ear.heard.length).toBe(before + 1)
  expect(at.bridge.links.read()).toMatchObject([{ roundTripMs: 30, pings: { sent: 2, answered: 2 } }])
})

function mapped(...ip: number[]): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip)
}
