// The handshake and everything that may come in its place.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Protocol } from '../../node/bitcoin/protocol.ts'
import { parseAddress } from '../../node/bitcoin/wire/address.ts'
import { empty, u32 } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame } from '../../node/bitcoin/wire/framing.ts'
import { addressOf, createHarness, type Harness, TEST_MAGIC } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

/** A protocol with one message, `count`, and one handshake command. */
class Counting implements Protocol {
  readonly name = 'counting'
  readonly messages = { count: { codec: u32, maxBytes: 4 }, wtxidrelay: { codec: empty, maxBytes: 0 } }
  readonly services = 9n
  readonly handshakeCommands = ['wtxidrelay']
  readonly rpc = {}
  readonly counted: number[] = []
  readonly calls: string[] = []
  start(): void {}
  stop(): void {
    this.calls.push('stop')
  }
  startHeight(): number {
    return 42
  }
  onPeerReady(): void {
    this.calls.push('ready')
  }
  onPeerGone(): void {
    this.calls.push('gone')
  }
  onMessage(_peer: unknown, _command: string, payload: unknown): void {
    this.counted.push(payload as number)
  }
  readMetrics() {
    return []
  }
}

function setUp() {
  const protocol = new Counting()
  const harness = createHarness({ seed: 'handshake', nodes: 1, protocols: () => [protocol] })
  const raw = new RawPeer(harness, '10.9.9.9:1')
  return { harness, protocol, raw }
}

function eventsOf(harness: Harness, type: string): readonly Readonly<Record<string, unknown>>[] {
  return harness.events.filter(({ event }) => event.type === type).map(({ event }) => event)
}

describe('an honest handshake', () => {
  test('answers version with version, the handshake commands, verack, and nothing else before the peer’s verack', () => {
    const { harness, raw } = setUp()
    raw.dial(0).send('version', raw.version())
    harness.advance(1000)
    expect(raw.commands()).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack'])
    expect(raw.payloads('version')[0]).toMatchObject({
      version: 70016,
      services: 9n,
      startHeight: 42,
      userAgent: '/netsplit:test/',
      addrFrom: parseAddress(addressOf(0)),
      addrRecv: { port: expect.any(Number) },
      relay: true,
    })
  })

  test('makes the peer known to the protocols with what it said', () => {
    const { harness, raw, protocol } = setUp()
    raw.dial(0).shakeHands({ startHeight: 7, userAgent: '/x:1/<script>' }, ['sendaddrv2'])
    const [peer] = harness.node(0).core.peers()
    expect(peer).toMatchObject({
      address: raw.address,
      inbound: true,
      services: 9n,
      protocolVersion: 70016,
      startHeight: 7,
      userAgent: '/x:1/script',
    })
    expect([...(peer?.handshakeCommands ?? [])]).toEqual(['sendaddrv2'])
    expect(protocol.calls).toEqual(['ready'])
    expect(eventsOf(harness, 'peer-up')).toHaveLength(1)
  })

  test('pings at once and measures the answer', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands()
    const [ping] = raw.payloads('ping')
    raw.send('pong', ping)
    harness.advance(1)
    expect(harness.node(0).core.peers()[0]?.minPingMs).toBeGreaterThanOrEqual(0)
    raw.send('ping', { nonce: 5n })
    harness.advance(1)
    expect(raw.payloads('pong')).toEqual([{ nonce: 5n }])
  })

  test('delivers messages of a protocol only after it', () => {
    const { harness, raw, protocol } = setUp()
    const count = (value: number) => raw.sendPayload('count', Uint8Array.of(value, 0, 0, 0))
    raw.dial(0)
    count(1)
    raw.send('version', raw.version())
    count(2)
    raw.send('verack', null)
    count(3)
    harness.advance(10)
    expect(protocol.counted).toEqual([3])
    expect(raw.closed).toBeUndefined()
  })

  test('works in one byte chunks', () => {
    const { harness, raw } = setUp()
    raw.dial(0)
    const original = raw.sendBytes.bind(raw)
    raw.sendBytes = bytes => {
      for (const byte of bytes) original(Uint8Array.of(byte))
      return raw
    }
    raw.shakeHands()
    expect(harness.node(0).core.peers()).toHaveLength(1)
  })
})

describe('a handshake that goes wrong', () => {
  test('never finished is closed after 60 s', () => {
    for (const step of ['nothing', 'version']) {
      const { harness, raw } = setUp()
      raw.dial(0)
      if (step === 'version') raw.send('version', raw.version())
      harness.advance(59_000)
      expect(raw.closed).toBeUndefined()
      harness.advance(2000)
      expect(raw.closed).toBe('closed by peer')
      expect(eventsOf(harness, 'misbehaviour')).toEqual([])
    }
  })

  test('begun with another message waits for version', () => {
    const { harness, raw } = setUp()
    raw.dial(0).send('verack', null).send('ping', { nonce: 1n }).sendPayload('addr', Uint8Array.of(9))
    harness.advance(1000)
    expect(raw.commands()).toEqual([])
    expect(eventsOf(harness, 'misbehaviour')).toEqual([])
    raw.shakeHands()
    expect(harness.node(0).core.peers()).toHaveLength(1)
  })

  test('a second version and a second verack change nothing', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands()
    raw.send('version', raw.version({ startHeight: 99 })).send('verack', null)
    harness.advance(1000)
    expect(raw.closed).toBeUndefined()
    expect(harness.node(0).core.peers()[0]?.startHeight).toBe(0)
    expect(raw.payloads('version')).toHaveLength(1)
  })

  test('a handshake command after verack closes, as in Core', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands()
    raw.sendPayload('wtxidrelay', new Uint8Array(0))
    harness.advance(10)
    expect(eventsOf(harness, 'peer-down')).toMatchObject([{ why: 'wtxidrelay after verack' }])
  })

  test('of too old a version is refused', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands({ version: 31799 })
    expect(raw.closed).toBe('closed by peer')
    expect(harness.node(0).core.peers()).toEqual([])
  })

  test('with itself is told by the nonce', () => {
    // Whether or not it says where it listens.
    for (const listenAddress of [undefined, addressOf(0)]) {
      const harness = createHarness({ seed: 'self', nodes: 1, connect: () => [0], core: { listenAddress } })
      harness.advance(5000)
      expect(harness.node(0).core.peers()).toEqual([])
      expect(eventsOf(harness, 'peer-up')).toEqual([])
    }
  })
})

describe('bad bytes', () => {
  const reasonOf = (harness: Harness) => eventsOf(harness, 'misbehaviour').map(event => event.reason)

  test('of another network close without blame', () => {
    const { harness, raw } = setUp()
    raw.dial(0).sendBytes(encodeFrame(Uint8Array.of(1, 2, 3, 4), 'version', new Uint8Array(0)))
    harness.advance(10)
    expect(raw.closed).toBe('closed by peer')
    expect(reasonOf(harness)).toEqual([])
  })

  test('with a wrong checksum are dropped, and the connection stays, as in Core', () => {
    const { harness, raw, protocol } = setUp()
    raw.dial(0).shakeHands()
    const frame = encodeFrame(TEST_MAGIC, 'count', Uint8Array.of(1, 0, 0, 0))
    frame[24] = 2
    raw.sendBytes(frame).sendPayload('count', Uint8Array.of(3, 0, 0, 0))
    harness.advance(10)
    expect(protocol.counted).toEqual([3])
    expect(raw.closed).toBeUndefined()
  })

  test.each([
    ['that end too early', 'count', new Uint8Array(3)],
    ['of an empty ping', 'ping', new Uint8Array(0)],
    ['with a count in a longer form', 'addr', Uint8Array.of(0xfd, 1, 0)],
  ])('%s are passed over and counted, as in Core', (_name, command, payload) => {
    const { harness, raw, protocol } = setUp()
    raw.dial(0).shakeHands()
    raw.sendPayload(command, payload).sendPayload('count', Uint8Array.of(3, 0, 0, 0))
    harness.advance(10)
    expect(reasonOf(harness)).toEqual([])
    expect(raw.closed).toBeUndefined()
    expect(raw.commands()).not.toContain('pong')
    expect(protocol.counted).toEqual([3])
    const unreadable = harness
      .node(0)
      .core.readMetrics()
      .find(({ name }) => name.includes('unreadable'))
    expect(unreadable?.value).toBe(1)
  })

  test('behind what their command needs are passed over', () => {
    const { harness, raw, protocol } = setUp()
    raw.dial(0).shakeHands()
    raw.sendPayload('count', new Uint8Array(50_000).fill(3, 0, 1))
    harness.advance(10)
    expect(protocol.counted).toEqual([3])
    expect(reasonOf(harness)).toEqual([])
  })

  test('that begin a handshake and are no version leave it waiting for one', () => {
    const { harness, raw } = setUp()
    raw.dial(0).sendPayload('version', new Uint8Array(3))
    harness.advance(10)
    expect(raw.closed).toBeUndefined()
    raw.shakeHands()
    expect(harness.node(0).core.peers()).toHaveLength(1)
  })

  test('of more addresses than a message may carry are an offence', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands()
    raw.sendPayload('addr', Uint8Array.of(0xfd, 0xff, 0xff))
    harness.advance(10)
    expect(reasonOf(harness)).toEqual(['too-many'])
    expect(eventsOf(harness, 'peer-down')).toMatchObject([{ why: 'misbehaviour' }])
  })

  test('of unknown commands are ignored up to the general limit', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands()
    raw.sendPayload('whatever', new Uint8Array(100_000))
    harness.advance(10)
    expect(raw.closed).toBeUndefined()
    const header = encodeFrame(TEST_MAGIC, 'whatever', new Uint8Array(0))
    new DataView(header.buffer).setUint32(16, 4_000_001, true)
    raw.sendBytes(header)
    harness.advance(10)
    expect(reasonOf(harness)).toEqual([])
    expect(eventsOf(harness, 'peer-down')).toMatchObject([{ why: 'message too long' }])
    // and it may come again
    expect(raw.dial(0).shakeHands().closed).toBeUndefined()
  })

  test('that a later version appends to a message are passed over', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands()
    raw.sendPayload('ping', new Uint8Array(12).fill(1))
    harness.advance(10)
    expect(raw.payloads('pong')).toEqual([{ nonce: 0x0101010101010101n }])
  })

  test('that stop in the middle are waited for until the idle timeout', () => {
    const { harness, raw } = setUp()
    raw.dial(0).shakeHands()
    raw.sendBytes(encodeFrame(TEST_MAGIC, 'whatever', new Uint8Array(500)).subarray(0, 300))
    harness.advance(19 * 60_000)
    expect(raw.closed).toBeUndefined()
    harness.advance(4 * 60_000)
    expect(raw.closed).toBe('closed by peer')
  })

  test('of any kind never bring the core down', () => {
    const command = fc.constantFrom(
      'version',
      'verack',
      'ping',
      'addr',
      'addrv2',
      'count',
      'sendaddrv2',
      'nonsense',
    )
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .tuple(command, fc.uint8Array({ maxLength: 60 }))
        .map(([name, payload]) => encodeFrame(TEST_MAGIC, name, payload)),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, greet) => {
        const { harness, raw } = setUp()
        raw.dial(0)
        if (greet) raw.shakeHands()
        for (const bytes of parts) raw.sendBytes(bytes)
        harness.advance(120_000)
        expect(eventsOf(harness, 'peer-up').length - eventsOf(harness, 'peer-down').length).toBe(
          harness.node(0).core.peers().length,
        )
      }),
      { numRuns: 150 },
    )
  })
})

test('tables that name a command twice are refused at construction', () => {
  expect(() =>
    createHarness({ seed: 'x', nodes: 1, protocols: () => [new Counting(), new Counting()] }),
  ).toThrow('count: two tables have this command')
})

test('stop closes every connection, tells the protocols, and leaves no task behind', () => {
  const { harness, raw, protocol } = setUp()
  raw.dial(0).shakeHands()
  harness.stop(0)
  harness.advance(1000)
  expect(protocol.calls).toEqual(['ready', 'gone', 'stop'])
  expect(raw.closed).toBe('closed by peer')
  expect(harness.clock.pending).toBe(0)
})
