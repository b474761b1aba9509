// The node's own RPC methods: Bitcoin Core's names, shapes and errors.

import { describe, expect, test } from 'vitest'
import { addressOf, createHarness, type Harness } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'
import { rpcFailure } from '../support/refusal.ts'

function pair() {
  const harness = createHarness({ seed: 'rpc', nodes: 2, connect: index => (index === 0 ? [1] : []) })
  harness.advance(1000)
  return harness
}

const codeOf = (run: () => unknown) => rpcFailure(run)[0]

function addressesSeen(harness: Harness, index: number): unknown[] {
  return (harness.rpc(index, 'getpeerinfo') as { addr: string }[]).map(({ addr }) => addr)
}

test('getpeerinfo has Core’s fields', () => {
  const harness = pair()
  const [info] = harness.rpc(0, 'getpeerinfo') as [Record<string, unknown>]
  expect(info).toMatchObject({
    id: 1,
    addr: addressOf(1),
    network: 'not_publicly_routable',
    services: '0000000000000000',
    servicesnames: [],
    relaytxes: true,
    version: 70016,
    subver: '/netsplit:test/',
    inbound: false,
    startingheight: 0,
    synced_headers: -1,
    inflight: [],
    connection_type: 'manual',
    transport_protocol_type: 'v1',
    session_id: '',
  })
  const sum = (table: unknown) => Object.values(table as Record<string, number>).reduce((a, b) => a + b, 0)
  expect(sum(info.bytessent_per_msg)).toBe(info.bytessent)
  expect(sum(info.bytesrecv_per_msg)).toBe(info.bytesrecv)
  expect(info.pingtime).toBeGreaterThanOrEqual(0)
  const [other] = harness.rpc(1, 'getpeerinfo') as [Record<string, unknown>]
  expect(other).toMatchObject({ addr: addressOf(0), inbound: true, connection_type: 'inbound' })
  expect([other.bytesrecv, other.bytessent]).toEqual([info.bytessent, info.bytesrecv])
})

test('getnetworkinfo and getconnectioncount count connections by direction', () => {
  const harness = pair()
  expect(harness.rpc(0, 'getconnectioncount')).toBe(1)
  expect(harness.rpc(1, 'getnetworkinfo')).toMatchObject({
    version: 280000,
    subversion: '/netsplit:test/',
    protocolversion: 70016,
    localservices: '0000000000000000',
    connections: 1,
    connections_in: 1,
    connections_out: 0,
    localaddresses: [{ address: '10.0.0.2', port: 18444, score: 1 }],
    warnings: [],
  })
})

describe('addnode', () => {
  test('add keeps a connection, and remove stops keeping it', () => {
    const harness = createHarness({ seed: 'addnode', nodes: 2, connect: () => [] })
    expect(harness.rpc(0, 'addnode', addressOf(1), 'add')).toBeNull()
    harness.advance(1000)
    expect(addressesSeen(harness, 0)).toEqual([addressOf(1)])
    expect(codeOf(() => harness.rpc(0, 'addnode', addressOf(1), 'add'))).toBe(-23)
    harness.rpc(0, 'disconnectnode', addressOf(1))
    harness.advance(5000)
    expect(addressesSeen(harness, 0)).toEqual([addressOf(1)])
    harness.rpc(0, 'addnode', addressOf(1), 'remove')
    expect(codeOf(() => harness.rpc(0, 'addnode', addressOf(1), 'remove'))).toBe(-24)
    harness.rpc(0, 'disconnectnode', addressOf(1))
    harness.advance(120_000)
    expect(addressesSeen(harness, 0)).toEqual([])
  })

  test('onetry dials once', () => {
    const harness = createHarness({ seed: 'onetry', nodes: 2, connect: () => [] })
    harness.rpc(0, 'addnode', addressOf(1), 'onetry')
    harness.rpc(0, 'addnode', addressOf(1), 'onetry')
    harness.advance(1000)
    expect(addressesSeen(harness, 0)).toEqual([addressOf(1)])
    harness.kill(1)
    harness.advance(120_000)
    expect(harness.events.filter(({ event }) => event.type === 'dial-failed')).toEqual([])
  })

  test('refuses what is no address or no command', () => {
    const harness = pair()
    expect(codeOf(() => harness.rpc(0, 'addnode', 'nowhere', 'add'))).toBe(-8)
    expect(codeOf(() => harness.rpc(0, 'addnode', addressOf(1), 'befriend'))).toBe(-1)
    expect(codeOf(() => harness.rpc(0, 'addnode'))).toBe(-1)
  })

  test('takes addresses as they are typed: without a port, and with fewer parts', () => {
    const harness = pair()
    const added = () =>
      (harness.rpc(0, 'getaddednodeinfo') as { addednode: string }[]).map(({ addednode }) => addednode)
    harness.rpc(0, 'addnode', '127.1:4000', 'add')
    expect(codeOf(() => harness.rpc(0, 'addnode', '127.0.0.1:4000', 'add'))).toBe(-23)
    harness.rpc(0, 'addnode', '11.22.33.44', 'add')
    expect(codeOf(() => harness.rpc(0, 'addnode', '11.22.33.44:18444', 'add'))).toBe(-23)
    expect(added()).toEqual(expect.arrayContaining(['127.1:4000', '11.22.33.44']))
    harness.rpc(0, 'addnode', '11.22.8492', 'remove') // 33 × 256 + 44
    expect(added()).not.toContain('11.22.33.44')
    for (const wrong of ['1.2.3.256', '1.2.3.4.5', '1..2', '.1', '256.1', '1.16777216'])
      expect(codeOf(() => harness.rpc(0, 'addnode', wrong, 'add'))).toBe(-8)
  })
})

describe('disconnectnode', () => {
  test('finds a peer by its address, by its socket’s address, or by its id', () => {
    const harness = createHarness({ seed: 'disconnect', nodes: 1 })
    const raw = new RawPeer(harness, '10.9.9.9:1')
    for (const choose of [
      () => [raw.address],
      () => ['', (harness.rpc(0, 'getpeerinfo') as { id: number }[])[0]?.id],
    ]) {
      raw.dial(0).shakeHands()
      expect(harness.rpc(0, 'disconnectnode', ...choose())).toBeNull()
      harness.advance(10)
      expect(raw.closed).toBe('closed by peer')
    }
    expect(harness.events.at(-1)?.event).toMatchObject({ type: 'peer-down', why: 'disconnectnode' })
  })

  test('says when there is no such peer or the question is odd', () => {
    const harness = pair()
    expect(codeOf(() => harness.rpc(0, 'disconnectnode', '1.2.3.4:5'))).toBe(-29)
    expect(codeOf(() => harness.rpc(0, 'disconnectnode', '', 99))).toBe(-29)
    expect(codeOf(() => harness.rpc(0, 'disconnectnode', addressOf(1), 1))).toBe(-32602)
    expect(codeOf(() => harness.rpc(0, 'disconnectnode'))).toBe(-32602)
  })
})

test('getnodeaddresses gives as many as are asked for, of the network that is asked for', () => {
  const harness = pair()
  const all = harness.rpc(0, 'getnodeaddresses', 0) as unknown[]
  expect(all).toEqual([
    { time: expect.any(Number), services: 0, address: '10.0.0.2', port: 18444, network: 'ipv4' },
  ])
  expect(harness.rpc(0, 'getnodeaddresses')).toHaveLength(1)
  expect(harness.rpc(0, 'getnodeaddresses', 0, 'ipv6')).toEqual([])
  expect(codeOf(() => harness.rpc(0, 'getnodeaddresses', -1))).toBe(-8)
  expect(codeOf(() => harness.rpc(0, 'getnodeaddresses', 0, 'nowhere'))).toBe(-8)
})

test('ping pings everybody anew, and only the newest answer counts', () => {
  const harness = createHarness({ seed: 'ping', nodes: 1 })
  const raw = new RawPeer(harness, '10.9.9.9:1').dial(0).shakeHands()
  expect(harness.rpc(0, 'ping')).toBeNull()
  harness.advance(10)
  const pingwait = () => (harness.rpc(0, 'getpeerinfo') as { pingwait?: number }[])[0]?.pingwait
  const [first, second] = raw.payloads('ping')
  raw.send('pong', first) // of the one that was under way already
  harness.advance(10)
  expect(pingwait()).toBeCloseTo(0.02)
  raw.send('pong', second)
  harness.advance(10)
  expect(pingwait()).toBeUndefined()
})

test('metrics count what went over all connections there ever were', () => {
  const harness = pair()
  const read = () =>
    new Map(
      harness
        .node(0)
        .core.readMetrics()
        .map(one => [`${one.name} ${Object.values(one.labels ?? {})}`, one.value]),
    )
  expect(read().get('netsplit_peers outbound')).toBe(1)
  const sent = read().get('netsplit_p2p_bytes_total sent,version')
  expect(sent).toBeGreaterThan(100)
  expect(read().get('netsplit_p2p_messages_total sent,version')).toBe(1)
  expect(read().get('netsplit_p2p_messages_total received,verack')).toBe(1)
  harness.kill(1)
  harness.advance(1000)
  expect(read().get('netsplit_peers outbound')).toBe(0)
  expect(read().get('netsplit_p2p_bytes_total sent,version')).toBeGreaterThanOrEqual(sent ?? 0)
  expect(read().get('netsplit_dial_failures_total ')).toBeGreaterThan(0)
})
