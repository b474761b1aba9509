// RPC that keeps others out, switches the network off, and tells of addresses and bytes: Core's shapes and codes.

import { describe, expect, test } from 'vitest'
import { BanList, parseSubnet } from '../../node/bitcoin/bans.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { addressOf, createHarness, type Harness } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'
import { createLedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

const peersOf = (harness: Harness, index: number) =>
  (harness.rpc(index, 'getpeerinfo') as { addr: string }[]).map(({ addr }) => addr)

describe('a subnet', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4/32'],
    ['1.2.3.4/24', '1.2.3.0/24'],
    ['1.2.3.4/255.255.255.0', '1.2.3.0/24'],
    ['10.255.0.1/9', '10.128.0.0/9'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::5', '2001:db8::5/128'],
    ['2001:db8:ffff::5/33', '2001:db8:8000::/33'],
  ])('%s is %s', (said, text) => {
    expect(parseSubnet(said)?.text).toBe(text)
  })

  test.each(['', 'host', '1.2.3', '1.2.3.4/33', '1.2.3.4/255.0.255.0', '::1/129', '1.2.3.4/8/8'])(
    '%j is none',
    said => {
      expect(parseSubnet(said)).toBeUndefined()
    },
  )

  test('covers what is in it, until its time is up, in the next life too', () => {
    const store = new MemoryStore()
    let nowMs = 1_000_000
    const clock = { now: () => nowMs, after: () => () => {} }
    new BanList(store, clock).add(parseSubnet('10.1.0.0/16') ?? expect.fail(), 1_060)
    const bans = new BanList(store, clock)
    expect([bans.covers('10.1.255.9:5'), bans.covers('10.2.0.1:5'), bans.covers('[::1]:5')]).toEqual([
      true,
      false,
      false,
    ])
    nowMs += 60_000
    expect(bans.covers('10.1.255.9:5')).toBe(false)
    expect(bans.list()).toEqual([])
  })
})

test('setban closes, keeps out and lets in again; listbanned and clearbanned', () => {
  const harness = createHarness({ seed: 'ban', nodes: 1 })
  const raw = new RawPeer(harness, '10.9.9.9:1').dial(0).shakeHands()
  expect(harness.rpc(0, 'setban', '10.9.9.0/24', 'add', 100)).toBeNull()
  harness.advance(100)
  expect(raw.closed).toBe('closed by peer')
  const now = Math.floor(harness.clock.now() / 1000)
  expect(harness.rpc(0, 'listbanned')).toEqual([
    {
      address: '10.9.9.0/24',
      ban_created: now,
      banned_until: now + 100,
      ban_duration: 100,
      time_remaining: 100,
    },
  ])
  const again = new RawPeer(harness, '10.9.9.8:1').dial(0)
  harness.advance(1_000)
  expect(again.closed).toBe('closed by peer')
  expect(rpcFailure(() => harness.rpc(0, 'setban', '10.9.9.0/24', 'add'))).toEqual([
    -23,
    'Error: IP/Subnet already banned',
  ])
  expect(rpcFailure(() => harness.rpc(0, 'setban', 'nonsense', 'add'))).toEqual([
    -30,
    'Error: Invalid IP/Subnet',
  ])
  expect(rpcFailure(() => harness.rpc(0, 'setban', '10.9.8.0/24', 'remove'))[0]).toBe(-30)
  expect(rpcFailure(() => harness.rpc(0, 'setban', '10.9.8.0/24', 'add', 5, true))[0]).toBe(-8)
  harness.rpc(0, 'setban', '10.9.9.0/24', 'remove')
  harness.rpc(0, 'setban', '10.7.0.1', 'add')
  harness.rpc(0, 'clearbanned')
  expect(harness.rpc(0, 'listbanned')).toEqual([])
  expect(new RawPeer(harness, '10.9.9.7:1').dial(0).shakeHands().closed).toBeUndefined()
})

test('setnetworkactive takes the node off the network and brings it back', () => {
  const harness = createHarness({ seed: 'active', nodes: 2, connect: index => (index === 0 ? [1] : []) })
  harness.advance(1_000)
  expect(harness.rpc(0, 'setnetworkactive', false)).toBe(false)
  harness.advance(120_000)
  expect(peersOf(harness, 0)).toEqual([])
  expect(harness.rpc(0, 'getnetworkinfo')).toMatchObject({ networkactive: false, connections: 0 })
  expect(harness.rpc(0, 'getaddednodeinfo')).toEqual([
    { addednode: addressOf(1), connected: false, addresses: [] },
  ])
  expect(harness.rpc(0, 'setnetworkactive', true)).toBe(true)
  harness.advance(120_000)
  expect(peersOf(harness, 0)).toEqual([addressOf(1)])
  expect(harness.rpc(0, 'getaddednodeinfo', addressOf(1))).toEqual([
    {
      addednode: addressOf(1),
      connected: true,
      addresses: [{ address: addressOf(1), connected: 'outbound' }],
    },
  ])
  expect(rpcFailure(() => harness.rpc(0, 'getaddednodeinfo', '1.2.3.4:5'))[0]).toBe(-24)
})

test('getnettotals adds up what getpeerinfo tells of each', () => {
  const harness = createHarness({ seed: 'totals', nodes: 2, connect: index => (index === 0 ? [1] : []) })
  harness.advance(1_000)
  const [peer] = harness.rpc(0, 'getpeerinfo') as { bytessent: number; bytesrecv: number }[]
  expect(harness.rpc(0, 'getnettotals')).toMatchObject({
    totalbytessent: peer?.bytessent,
    totalbytesrecv: peer?.bytesrecv,
    timemillis: Math.floor(harness.clock.now()),
    uploadtarget: { target: 0 },
  })
})

test('addpeeraddress tells the address manager, and it tells in which table', () => {
  const harness = createHarness({ seed: 'addrman', nodes: 1 })
  expect(harness.rpc(0, 'addpeeraddress', '10.5.0.1', 8333)).toEqual({ success: true })
  expect(harness.rpc(0, 'addpeeraddress', '2001:db8::1', 8333, true)).toEqual({ success: true })
  expect(harness.rpc(0, 'addpeeraddress', '10.5.0.1', 8333)).toMatchObject({ success: false })
  expect(harness.rpc(0, 'getaddrmaninfo')).toMatchObject({
    ipv4: { new: 1, tried: 0, total: 1 },
    ipv6: { new: 0, tried: 1, total: 1 },
    all_networks: { new: 1, tried: 1, total: 2 },
  })
  const raw = harness.rpc(0, 'getrawaddrman') as { new: object; tried: object }
  expect(Object.keys(raw.new)[0]).toMatch(/^\d+\/\d+$/)
  expect(Object.values(raw.tried)).toMatchObject([{ address: '2001:db8::1', port: 8333, network: 'ipv6' }])
  expect(harness.rpc(0, 'addpeeraddress', 'nonsense', 1)).toEqual({ success: false })
  for (const port of [-1, 65_536])
    expect(rpcFailure(() => harness.rpc(0, 'addpeeraddress', '10.5.0.2', port))).toEqual([
      -1,
      'JSON integer out of range',
    ])
  expect(rpcFailure(() => harness.rpc(0, 'addpeeraddress', '10.5.0.2', 1, 'True'))[0]).toBe(-3)
})

test('the ledger tells of its peers what Core tells: headers, blocks, compact relay, fees', () => {
  const net = createLedgerNetwork({ seed: 'peers', nodes: 2, connect: index => (index === 0 ? [1] : []) })
  net.advance(5_000)
  net.mine(1, 3)
  net.advance(5_000)
  const [peer] = net.rpc(0, 'getpeerinfo') as Record<string, unknown>[]
  expect(peer).toMatchObject({ synced_headers: 3, synced_blocks: 3, inflight: [], minfeefilter: 0.00001 })
  const [other] = net.rpc(1, 'getpeerinfo') as Record<string, unknown>[]
  expect(peer?.bip152_hb_to).toBe(other?.bip152_hb_from)
  expect(net.rpc(0, 'getnetworkinfo')).toMatchObject({ relayfee: 0.00001, incrementalfee: 0.00001 })
})
