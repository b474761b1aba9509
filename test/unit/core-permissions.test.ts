// What the operator allows some peers beyond others (Core's -whitelist), and the kinds of connections that are opened by hand.

import { describe, expect, test } from 'vitest'
import type { CoreOptions } from '../../node/bitcoin/options.ts'
import { type Grant, type Permission, permissionsOf } from '../../node/bitcoin/permissions.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

const grant = (
  permissions: readonly Permission[],
  subnet = '10.9.0.0/16',
  direction: Grant['direction'] = 'in',
): Grant => ({ subnet, permissions, direction })

const RAW = '10.9.9.9:1'

function alone(core: Partial<CoreOptions> = {}): Harness {
  return createHarness({ seed: 'permissions', nodes: 1, connect: () => [], core })
}

/** An address message of the longest kind and one more: an offence. */
const TOO_MANY = Uint8Array.of(0xfd, 0xe9, 0x03, ...new Uint8Array(30 * 1001))

const peersOf = (harness: Harness) => harness.rpc(0, 'getpeerinfo') as Record<string, unknown>[]

describe('permissions', () => {
  test('are those of all subnets that an address is in, with what follows from them, in Core’s order', () => {
    const all = [
      grant(['mempool', 'forcerelay']),
      grant(['noban'], '10.9.9.9'),
      grant(['addr'], '10.8.0.0/16'),
    ]
    expect([...permissionsOf(all, RAW, true)]).toEqual([
      'noban',
      'forcerelay',
      'relay',
      'mempool',
      'download',
    ])
    expect([...permissionsOf(all, '10.9.9.8:1', true)]).toEqual(['forcerelay', 'relay', 'mempool'])
    expect([...permissionsOf(all, '10.7.9.8:1', true)]).toEqual([])
  })

  test('are of connections that come, that are opened, or both', () => {
    const ways = (direction: Grant['direction']) =>
      [true, false].map(
        inbound => permissionsOf([grant(['addr'], RAW.split(':')[0], direction)], RAW, inbound).size,
      )
    expect(['in', 'out', 'both'].map(each => ways(each as Grant['direction']))).toEqual([
      [1, 0],
      [0, 1],
      [1, 1],
    ])
  })

  test.each([
    [[], 'closed by peer', 0],
    [['noban'] as const, undefined, 1],
  ])('with %j an offender is %s', (permissions, closed, left) => {
    const harness = alone({ grants: [grant(permissions)] })
    const peer = new RawPeer(harness, RAW).dial(0).shakeHands()
    peer.sendPayload('addr', TOO_MANY)
    harness.advance(1000)
    expect(peer.closed).toBe(closed)
    expect(harness.events.filter(({ event }) => event.type === 'misbehaviour')).toHaveLength(1)
    expect(peersOf(harness)).toHaveLength(left)
    if (left > 0) expect(peersOf(harness)[0]).toMatchObject({ permissions: ['noban', 'download'] })
  })

  test('keep the slot of who may not be closed when there are no more', () => {
    const harness = alone({ grants: [grant(['noban'], RAW.split(':')[0])], maxConnections: 2 })
    const kept = new RawPeer(harness, RAW).dial(0).shakeHands()
    const others = Array.from({ length: 5 }, (_, i) => new RawPeer(harness, `10.9.8.${i}:1`).dial(0))
    harness.advance(1000)
    expect(kept.closed).toBeUndefined()
    expect(others.filter(({ closed }) => closed === undefined)).toHaveLength(1)
  })
})

describe('a node that wants no transactions', () => {
  test.each([
    [[], false],
    [['relay'] as const, true],
  ])('says so in its version but to those with %j', (permissions, relay) => {
    const harness = alone({ blocksOnly: true, grants: [grant(permissions)] })
    const peer = new RawPeer(harness, RAW).dial(0).shakeHands()
    expect(peer.payloads('version')).toMatchObject([{ relay }])
    expect(harness.rpc(0, 'getnetworkinfo')).toMatchObject({ localrelay: false })
  })
})

describe('addconnection', () => {
  const open = (harness: Harness, type: string, address = RAW) => {
    const peer = new RawPeer(harness, address)
    const opened = harness.rpc(0, 'addconnection', address, type, false)
    expect(opened).toEqual({ address, connection_type: type })
    harness.advance(1000)
    return peer
  }

  test.each([
    ['outbound-full-relay', true, true],
    ['block-relay-only', false, false],
    ['addr-fetch', true, true],
  ])('opens a connection of the type %s', (type, relay, addresses) => {
    const harness = alone({ mode: 'discovered', maxOutbound: 0 })
    const peer = open(harness, type).shakeHands()
    expect(peer.payloads('version')).toMatchObject([{ relay }])
    expect(peersOf(harness)).toMatchObject([{ connection_type: type, addr_relay_enabled: addresses }])
    expect(peer.commands().includes('getaddr')).toBe(addresses)
  })

  test('lets a feeler go once it has answered', () => {
    const peer = open(alone(), 'feeler')
    peer.shakeHands()
    expect(peer.closed).toBe('closed by peer')
  })

  test('who was asked for addresses may speak of itself, and goes with its answer or after five minutes', () => {
    const harness = alone({ mode: 'discovered', maxOutbound: 0 })
    const time = Math.floor(harness.clock.now() / 1000)
    const entry = (last: number) => ({
      ...{ services: 9n, time, port: 18_444 },
      ip: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 9, 8, last),
    })
    const first = open(harness, 'addr-fetch').shakeHands()
    first.send('addr', [entry(1)])
    harness.advance(1000)
    expect(first.closed).toBeUndefined()
    first.send('addr', [entry(2), entry(3)])
    harness.advance(1000)
    expect(first.closed).toBe('closed by peer')

    const second = open(harness, 'addr-fetch', '10.9.9.8:1').shakeHands()
    harness.advance(5 * 60_000 - 5_000)
    expect(second.closed).toBeUndefined()
    harness.advance(10_000)
    expect(second.closed).toBe('closed by peer')
  })

  test('refuses other types, another transport, and more than two for blocks alone', () => {
    const harness = alone()
    const refusal = (...params: unknown[]) => {
      try {
        return harness.rpc(0, 'addconnection', ...params)
      } catch (error) {
        return (error as { code: number }).code
      }
    }
    expect(refusal(RAW, 'inbound', false)).toBe(-8)
    expect(refusal(RAW, 'feeler', true)).toBe(-8)
    expect(refusal(1, 'feeler', false)).toBe(-3)
    for (const host of [1, 2]) {
      new RawPeer(harness, `10.9.7.${host}:1`)
      harness.rpc(0, 'addconnection', `10.9.7.${host}:1`, 'block-relay-only', false)
      harness.advance(1000)
    }
    expect(refusal('10.9.7.3:1', 'block-relay-only', false)).toBe(-34)
  })
})

test('sendmsgtopeer sends bytes as they are, and says what it cannot send', () => {
  const harness = alone()
  const peer = new RawPeer(harness, RAW).dial(0).shakeHands()
  const [{ id }] = peersOf(harness) as [{ id: number }]
  expect(harness.rpc(0, 'sendmsgtopeer', id, 'anything', '0aff')).toEqual({})
  harness.advance(1000)
  expect(peer.heard.at(-1)).toEqual({ command: 'anything', payload: Uint8Array.of(0x0a, 0xff) })
  for (const [params, code] of [
    [[id + 1, 'anything', ''], -1],
    [[id, 'thirteenbytes', ''], -8],
    [[id, 'anything', '0'], -8],
  ] as const)
    expect(() => harness.rpc(0, 'sendmsgtopeer', ...params)).toThrow(expect.objectContaining({ code }))
})

describe('pongs', () => {
  const waits = (payload: Uint8Array) => {
    const harness = alone()
    const peer = new RawPeer(harness, RAW).dial(0).shakeHands()
    peer.sendPayload('pong', payload)
    harness.advance(1000)
    return peersOf(harness)[0]
  }

  test('without a nonce, or with none that counts, answer what is out and tell no time', () => {
    for (const payload of [new Uint8Array(), new Uint8Array(8)]) {
      const info = waits(payload)
      expect(info).not.toHaveProperty('pingwait')
      expect(info).not.toHaveProperty('pingtime')
    }
  })

  test('with another nonce answer nothing', () => {
    expect(waits(new Uint8Array(8).fill(7))).toHaveProperty('pingwait')
  })
})

test('bytes count when they come, be they a message or the half of one', () => {
  const harness = alone()
  const peer = new RawPeer(harness, RAW).dial(0).shakeHands()
  const received = () => (harness.rpc(0, 'getnettotals') as { totalbytesrecv: number }).totalbytesrecv
  const before = received()
  peer.sendBytes(Uint8Array.of(0x6e, 0x73, 0x74))
  harness.advance(1000)
  expect(received() - before).toBe(3)
  expect(peersOf(harness)[0]).toMatchObject({ bytesrecv: received() })
})

test('who connects and has not said a word is in getpeerinfo, with version 0', () => {
  const harness = alone()
  new RawPeer(harness, RAW).dial(0)
  harness.advance(1000)
  expect(peersOf(harness)).toMatchObject([{ version: 0, subver: '', inbound: true }])
  expect(harness.rpc(0, 'getconnectioncount')).toBe(1)
})
