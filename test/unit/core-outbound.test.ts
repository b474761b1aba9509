// The outbound slots of a node that finds its peers itself.

import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../node/bitcoin/wire/address.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

/** A node with a peer that it asked for addresses and that now tells it some. */
function setUp(told: readonly string[], maxOutbound = 8): { harness: Harness; dialled: () => string[] } {
  const harness = createHarness({ seed: 'outbound', nodes: 1, core: { mode: 'discovered', maxOutbound } })
  const teller = new RawPeer(harness, '10.7.0.1:1')
  harness.rpc(0, 'addnode', teller.address, 'onetry')
  harness.advance(100)
  teller.shakeHands()
  const time = Math.floor(harness.clock.now() / 1000)
  const entries = told.flatMap(address => {
    const endpoint = parseAddress(address)
    return endpoint ? [{ ...endpoint, services: 9n, time }] : []
  })
  teller.send('addr', entries)
  return {
    harness,
    dialled: () =>
      harness
        .node(0)
        .core.peers()
        .filter(peer => !peer.inbound)
        .map(peer => peer.address)
        .slice(1),
  }
}

/** Peers that greet whoever dials them. */
function listen(harness: Harness, addresses: readonly string[]): RawPeer[] {
  return addresses.map(address => new RawPeer(harness, address))
}

function greetAll(harness: Harness, peers: readonly RawPeer[], ms: number): void {
  for (let i = 0; i < ms / 1000; i++) {
    for (const peer of peers)
      if (peer.commands().length === 1) peer.send('version', peer.version()).send('verack', null)
    harness.advance(1000)
  }
}

describe('outbound slots', () => {
  test('are filled to their number and no further', () => {
    const addresses = Array.from({ length: 30 }, (_, i) => `44.${i}.0.1:8333`)
    const { harness, dialled } = setUp(addresses)
    const peers = listen(harness, addresses)
    greetAll(harness, peers, 60_000)
    expect(dialled()).toHaveLength(8)
  })

  test('go to network groups of their own', () => {
    const crowd = Array.from({ length: 20 }, (_, i) => `44.1.${i}.1:8333`)
    const others = ['45.1.0.1:1', '46.1.0.1:1']
    const { harness, dialled } = setUp([...crowd, ...others])
    const peers = listen(harness, [...crowd, ...others])
    greetAll(harness, peers, 60_000)
    expect(dialled()).toHaveLength(3)
    expect(dialled().filter(address => address.startsWith('44.1.'))).toHaveLength(1)
  })

  test('are filled again when a peer leaves', () => {
    const addresses = Array.from({ length: 12 }, (_, i) => `44.${i}.0.1:8333`)
    const { harness, dialled } = setUp(addresses, 3)
    const peers = listen(harness, addresses)
    greetAll(harness, peers, 30_000)
    const [first] = dialled()
    peers.find(peer => peer.address === first)?.close()
    greetAll(harness, peers, 60_000)
    expect(dialled()).toHaveLength(3)
  })

  test('let an address that does not answer rest, longer with each failure', () => {
    const { harness } = setUp(['44.1.0.1:8333'])
    harness.advance(2 * 60 * 60_000)
    const times = harness.events
      .filter(({ event }) => event.type === 'dial-failed' && event.address === '44.1.0.1:8333')
      .map(({ timeMs }) => timeMs)
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    expect(gaps.length).toBeGreaterThan(10)
    for (const [i, gap] of gaps.entries()) {
      const rest = Math.min(600_000, 2000 * 2 ** i)
      expect(gap).toBeGreaterThanOrEqual(rest * 0.75)
      expect(gap).toBeLessThanOrEqual(rest * 1.25 + 10_000) // and until the slots are looked at again
    }
  })

  test('are left alone by a fixed node', () => {
    const harness = createHarness({ seed: 'fixed', nodes: 1 })
    const teller = new RawPeer(harness, '10.7.0.1:1')
    const other = new RawPeer(harness, '44.1.0.1:1')
    harness.rpc(0, 'addnode', teller.address, 'onetry')
    harness.advance(100)
    const endpoint = parseAddress(other.address)
    teller
      .shakeHands()
      .send('addr', [{ ...endpoint, services: 9n, time: Math.floor(harness.clock.now() / 1000) }])
    harness.advance(60 * 60_000)
    expect(other.heard).toEqual([])
    expect(harness.rpc(0, 'getnodeaddresses', 0)).toHaveLength(2)
  })
})
