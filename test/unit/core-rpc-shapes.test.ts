// The node's RPC and metrics to the letter: names of parameters and fields, units, kinds. Tools of others depend on each.

import { describe, expect, test } from 'vitest'
import { addressOf, createHarness } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

type Json = Record<string, unknown>

function withPeer(services = 9n) {
  const harness = createHarness({ seed: 'shapes', nodes: 1 })
  const raw = new RawPeer(harness, '10.9.9.9:1').dial(0).shakeHands({ services })
  const info = () => (harness.rpc(0, 'getpeerinfo') as Json[])[0] as Json
  return { harness, raw, info }
}

describe('getpeerinfo', () => {
  test('gives points in time in whole seconds, and times of pings in parts of them', () => {
    const { harness, raw, info } = withPeer()
    const connected = Math.floor(harness.clock.now() / 1000) - 1
    harness.advance(70_000)
    const [ping] = raw.payloads('ping')
    raw.send('pong', ping)
    harness.advance(1_500)
    const answered = connected + 71
    expect(info()).toMatchObject({
      conntime: connected,
      lastrecv: answered,
      lastsend: connected,
      last_block: 0,
      last_transaction: 0,
      pingtime: 71,
      minping: 71,
      timeoffset: 0,
    })
    expect(info()).not.toHaveProperty('pingwait')
  })

  test('of a core without a ledger knows nothing of chains', () => {
    expect(withPeer().info()).toMatchObject({
      bip152_hb_to: false,
      bip152_hb_from: false,
      presynced_headers: -1,
      synced_headers: -1,
      synced_blocks: -1,
      inflight: [],
      minfeefilter: 0,
      permissions: [],
      addr_relay_enabled: false,
    })
  })

  test.each([
    [0n, []],
    [1n, ['NETWORK']],
    [9n, ['NETWORK', 'WITNESS']],
    [0xc4cn, ['BLOOM', 'WITNESS', 'COMPACT_FILTERS', 'NETWORK_LIMITED', 'P2P_V2']],
    [2n | (1n << 63n), ['UNKNOWN[2^1]', 'UNKNOWN[2^63]']],
  ])('names services %i', (services, names) => {
    expect(withPeer(services).info()).toMatchObject({
      services: services.toString(16).padStart(16, '0'),
      servicesnames: names,
    })
  })

  test('names the network of an address, and how a connection came about', () => {
    const harness = createHarness({ seed: 'kinds', nodes: 1 })
    const raw = new RawPeer(harness, '[2001:db8::5]:1')
    harness.rpc(0, 'addnode', raw.address, 'onetry')
    harness.advance(100)
    raw.shakeHands()
    expect(harness.rpc(0, 'getpeerinfo')).toMatchObject([
      { addr: raw.address, network: 'ipv6', connection_type: 'manual', inbound: false },
    ])
    expect(harness.rpc(0, 'getnodeaddresses', 0)).toMatchObject([
      { address: '2001:db8::5', port: 1, network: 'ipv6', services: 9 },
    ])
  })
})

test('getnetworkinfo names Core’s networks, of which two can be reached, and its own address', () => {
  const { harness } = withPeer()
  const network = { limited: false, reachable: true, proxy: '', proxy_randomize_credentials: false }
  expect(harness.rpc(0, 'getnetworkinfo')).toMatchObject({
    localrelay: true,
    networkactive: true,
    timeoffset: 0,
    relayfee: 0,
    incrementalfee: 0,
    networks: [
      { name: 'ipv4', ...network },
      { name: 'ipv6', ...network },
      ...['onion', 'i2p', 'cjdns'].map(name => ({ name, ...network, limited: true, reachable: false })),
    ],
    localaddresses: [{ address: '10.0.0.1', port: 18444, score: 1 }],
  })
})

test('of a peer that has said nothing yet there is nothing to tell (Bitcoin Core 28.1)', () => {
  const harness = createHarness({ seed: 'mute', nodes: 1 })
  new RawPeer(harness, '10.9.9.9:1').dial(0)
  harness.advance(100)
  const [info] = harness.rpc(0, 'getpeerinfo') as Record<string, unknown>[]
  expect(info).toMatchObject({
    version: 0,
    subver: '',
    startingheight: -1,
    relaytxes: false,
    servicesnames: [],
  })
  expect(Object.keys(info ?? {}).filter(name => name.startsWith('ping'))).toEqual([])
})

test('metrics have the names, kinds and labels that the dashboards ask for', () => {
  const harness = createHarness({ seed: 'metrics', nodes: 2, connect: index => (index === 0 ? [1] : []) })
  harness.advance(1_000)
  const shapes = harness
    .node(0)
    .core.readMetrics()
    .map(({ name, kind, labels }) => `${kind} ${name} ${Object.keys(labels ?? {}).join()}`)
  expect([...new Set(shapes)]).toEqual([
    'gauge netsplit_peers direction',
    'counter netsplit_p2p_bytes_total direction,message',
    'counter netsplit_p2p_messages_total direction,message',
    'gauge netsplit_known_addresses table',
    'counter netsplit_peer_offences_total ',
    'counter netsplit_unreadable_messages_total ',
    'counter netsplit_dial_failures_total ',
  ])
  const value = (name: string, label: string) =>
    harness
      .node(0)
      .core.readMetrics()
      .find(one => one.name === name && Object.values(one.labels ?? {}).join() === label)?.value
  expect(value('netsplit_peers', 'inbound')).toBe(0)
  expect(value('netsplit_peers', 'outbound')).toBe(1)
  expect(value('netsplit_known_addresses', 'tried')).toBe(1)
  expect(value('netsplit_known_addresses', 'new')).toBe(0)
  expect(harness.rpc(0, 'getpeerinfo')).toMatchObject([{ addr: addressOf(1) }])
})
