// The virtual network: connections open, carry and end as TCP's do, in virtual time.

import { describe, expect, test } from 'vitest'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'

const A = '10.0.0.1:1'
const B = '10.0.0.2:1'

/** Two places whose reports are kept as text: `<ms> <who> <what>`. */
function setUp(latencyMs = 10) {
  const clock = new VirtualClock(0)
  let conditions: Partial<LinkConditions> = { latencyMs }
  const network = new VirtualNetwork({
    clock,
    random: createRandom('network'),
    conditionsOf: () => ({ ...PERFECT_LINK, ...conditions }),
  })
  const log: string[] = []
  const attach = (address: string, name: string) => {
    const note = (text: string) => void log.push(`${clock.now()} ${name} ${text}`)
    return network.attach(address, {
      onConnected: (peer, other, inbound) =>
        note(`connected ${peer} ${other.replace(/:\d{5}$/, ':*')} ${inbound ? 'in' : 'out'}`),
      onDialFailed: (other, why) => note(`failed ${other} ${why}`),
      onData: (peer, bytes) => note(`data ${peer} ${bytes.join()}`),
      onClosed: (peer, why) => note(`closed ${peer} ${why}`),
    })
  }
  const change = (next: Partial<LinkConditions>) => {
    conditions = next
    network.refresh()
  }
  return { clock, network, log, attach, change, a: attach(A, 'A') }
}

describe('a virtual connection', () => {
  test('opens after a round trip, and at the other end with the first news after that', () => {
    const { clock, log, attach, a } = setUp()
    const b = attach(B, 'B')
    a.dial(B)
    clock.runUntil(25)
    a.send(1, Uint8Array.of(1))
    clock.runUntil(50)
    b.send(1, Uint8Array.of(2))
    clock.runUntil(100)
    expect(log).toEqual([
      '20 A connected 1 10.0.0.2:1 out',
      '30 B connected 1 10.0.0.1:* in',
      '35 B data 1 1',
      '60 A data 1 2',
    ])
  })

  test('carries each frame once and in order, however often its conditions change meanwhile', () => {
    const { clock, log, attach, change, a } = setUp()
    attach(B, 'B')
    a.dial(B)
    clock.runUntil(40)
    a.send(1, Uint8Array.of(1))
    a.send(1, Uint8Array.of(2))
    clock.runUntil(45)
    change({ latencyMs: 20 })
    clock.runUntil(60)
    change({ latencyMs: 50 })
    a.send(1, Uint8Array.of(3))
    clock.runUntil(105)
    change({ latencyMs: 1 })
    clock.runUntil(200)
    expect(log.filter(line => line.includes('data'))).toEqual([1, 2, 3].map(n => `106 B data 1 ${n}`))
    a.send(1, Uint8Array.of(4))
    clock.runUntil(300)
    expect(log.at(-1)).toBe('201 B data 1 4')
  })

  test('closed by one end delivers what was sent before, then tells the other', () => {
    const { clock, log, attach, a } = setUp()
    const b = attach(B, 'B')
    a.dial(B)
    clock.runUntil(30)
    log.length = 0
    a.send(1, Uint8Array.of(1))
    a.close(1)
    a.close(1)
    a.send(1, Uint8Array.of(9))
    b.send(1, Uint8Array.of(2))
    clock.runUntil(100)
    expect(log).toEqual(['30 A closed 1 closed here', '40 B data 1 1', '40 B closed 1 closed by peer'])
    expect(clock.pending).toBe(0)
  })

  test('to nobody is refused, and over a cut link times out', () => {
    const { clock, log, a, change } = setUp()
    a.dial(B)
    clock.runUntil(1000)
    change({ blocked: true })
    a.dial(B)
    clock.runUntil(10_000)
    expect(log).toEqual(['20 A failed 10.0.0.2:1 connection refused', '6000 A failed 10.0.0.2:1 timeout'])
    change({})
    clock.runUntil(20_000)
    expect(log).toHaveLength(2)
  })

  test('is numbered by each end from 1, in the order of opening', () => {
    const { clock, log, attach, a } = setUp()
    attach(B, 'B')
    attach('10.0.0.3:1', 'C')
    a.dial('10.0.0.3:1')
    a.dial(B)
    a.dial(B)
    clock.runUntil(100)
    expect(log.filter(line => line.includes('A connected')).map(line => line.split(' ')[3])).toEqual([
      '1',
      '2',
      '3',
    ])
    expect(log.filter(line => line.includes('B connected')).map(line => line.split(' ')[3])).toEqual([
      '1',
      '2',
    ])
  })

  test('to a node that lost its power is reset', () => {
    const { clock, log, attach, a, network } = setUp()
    attach(B, 'B')
    a.dial(B)
    clock.runUntil(100)
    network.detach(B)
    a.send(1, Uint8Array.of(1))
    clock.runUntil(200)
    expect(log.slice(2)).toEqual(['110 A closed 1 connection reset'])
    // Whoever takes its place knows nothing of old connections.
    attach(B, 'B2')
    clock.runUntil(300)
    expect(log).toHaveLength(3)
  })

  test('to a node that lost its power while it was opening is reset', () => {
    const { clock, log, attach, a, network } = setUp()
    attach(B, 'B')
    a.dial(B)
    clock.runUntil(25)
    network.detach(B)
    clock.runUntil(100)
    expect(log).toEqual(['20 A connected 1 10.0.0.2:1 out', '40 A closed 1 connection reset'])
  })

  test('over a cut link stands until TCP gives it up', () => {
    const { clock, log, attach, a, change } = setUp()
    const b = attach(B, 'B')
    a.dial(B)
    clock.runUntil(100)
    change({ blocked: true })
    a.send(1, Uint8Array.of(1))
    expect([a.backlogBytes(1), b.backlogBytes(1)]).toEqual([1, 0])
    clock.runUntil(900_000)
    expect(log).toHaveLength(2)
    clock.runUntil(1_000_000)
    expect(log.slice(2)).toEqual([
      '924700 A closed 1 connection timed out',
      '924700 B closed 1 connection timed out',
    ])
  })

  test('refuses a second node at one address', () => {
    const { attach } = setUp()
    expect(() => attach(A, 'twin')).toThrow('10.0.0.1:1 is taken')
  })
})

test('a virtual host that is off runs no task, emits nothing and sends nothing', () => {
  const { clock, network } = setUp()
  const seen: string[] = []
  const host = new VirtualHost({
    address: B,
    clock,
    network,
    random: createRandom('host'),
    store: new MemoryStore(),
    onEvent: event => seen.push(event.type),
  })
  host.clock.after(10, () => host.emit({ type: 'early' }))
  host.clock.after(30, () => host.emit({ type: 'late' }))
  clock.runUntil(20)
  host.off()
  host.off()
  host.emit({ type: 'posthumous' })
  host.connections.dial(A)
  clock.runUntil(10_000)
  expect(seen).toEqual(['early'])
})

test('a memory store scans in key order and applies its batches in order', () => {
  const store = new MemoryStore()
  store.commit([
    { put: 'b:2', value: Uint8Array.of(1) },
    { put: 'b:1', value: Uint8Array.of(2) },
    { put: 'a:1', value: Uint8Array.of(3) },
    { put: 'b:2', value: Uint8Array.of(4) },
    { del: 'a:1' },
  ])
  expect([...store.scan('b:')]).toEqual([
    ['b:1', Uint8Array.of(2)],
    ['b:2', Uint8Array.of(4)],
  ])
  expect(store.get('a:1')).toBeUndefined()
})
