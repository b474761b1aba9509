// What a protocol is told of its peers by the core, and what the core counts of them.

import { describe, expect, it } from 'vitest'
import { ENOUGH_BYTES } from '../../node/bitcoin/backlog.ts'
import { makeContext } from '../../node/bitcoin/context.ts'
import type { Host } from '../../node/bitcoin/frames.ts'
import type { Peers } from '../../node/bitcoin/peers.ts'
import type { Protocol } from '../../node/bitcoin/protocol.ts'
import type { Connections } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { addressOf, createHarness, type Harness } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

describe('a peer has enough', () => {
  const context = (connections: Partial<Connections>) =>
    makeContext({ name: 'test' } as Protocol, hostWith(connections), {} as Peers, () => {})
  const hostWith = (connections: Partial<Connections>) =>
    ({ random: createRandom('context'), connections }) as unknown as Host

  it.each([
    [0, false],
    [0.99, false],
    [1, true],
    [1.5, true],
  ])('when as much waits for it as should, by the host’s measure: %f', (fill, enough) => {
    expect(context({ fill: () => fill }).hasEnough(1)).toBe(enough)
  })

  it.each([
    [ENOUGH_BYTES - 1, false],
    [ENOUGH_BYTES, true],
  ])('by the bytes that wait, where the host has no measure: %i', (bytes, enough) => {
    expect(context({ backlogBytes: () => bytes }).hasEnough(1)).toBe(enough)
  })
})

describe('the core counts', () => {
  const count = (harness: Harness, name: string) =>
    harness
      .node(0)
      .core.readMetrics()
      .find(one => one.name === name)?.value

  it('each hostile peer, from none on', () => {
    const harness = createHarness({ seed: 'offences', nodes: 1 })
    expect(count(harness, 'netsplit_peer_offences_total')).toBe(0)
    for (const [i, host] of ['10.9.9.1', '10.9.9.2'].entries()) {
      new RawPeer(harness, `${host}:1`)
        .dial(0)
        .shakeHands()
        .sendPayload('addr', Uint8Array.of(0xfd, 0xff, 0xff))
      harness.advance(1000)
      expect(count(harness, 'netsplit_peer_offences_total')).toBe(i + 1)
    }
  })

  it('each dial in vain, from none on', () => {
    const harness = createHarness({ seed: 'dials', nodes: 2, connect: () => [] })
    harness.kill(1)
    for (let i = 0; i < 3; i++) {
      expect(count(harness, 'netsplit_dial_failures_total')).toBe(i)
      harness.rpc(0, 'addnode', addressOf(1), 'onetry')
      harness.advance(1000)
    }
    expect(count(harness, 'netsplit_dial_failures_total')).toBe(3)
  })
})
