// What a protocol is told of its peers by the core, and what the core counts of them.

import { describe, expect, it } from 'vitest'
import { ENOUGH_BYTES } from '../../node/bitcoin/backlog.ts'
import { makeContext } from '../../node/bitcoin/context.ts'
import type { Host } from '../../node/bitcoin/frames.ts'
import type { Peers } from '../../node/bitcoin/peers.ts'
import type { Protocol } from '../../node/bitcoin/protocol.ts'
import { encode, u32 } from '../../node/bitcoin/wire/codec.ts'
import type { Connections } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { ConsensusError } from '../../node/errors.ts'
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

describe('an error while a message is handled', () => {
  const handling = (error: Error) => {
    const protocol: Protocol = {
      ...{
        name: 'test',
        messages: { work: { codec: u32, maxBytes: 4 } },
        services: 0n,
        handshakeCommands: [],
      },
      ...{ rpc: {}, start() {}, stop() {}, startHeight: () => 0, onPeerReady() {}, onPeerGone() {} },
      readMetrics: () => [],
      onMessage() {
        throw error
      },
    }
    const harness = createHarness({ seed: 'errors', nodes: 1, protocols: () => [protocol] })
    const raw = new RawPeer(harness, '10.9.9.9:1').dial(0).shakeHands()
    raw.sendPayload('work', encode(u32, 1))
    harness.advance(100)
    return harness.events.map(({ event }) => event).filter(({ type }) => type === 'misbehaviour')
  }

  it('is the peer’s fault where a rule is broken, by the name of the rule', () => {
    expect(handling(new ConsensusError('bad-blk-length'))).toMatchObject([{ reason: 'bad-blk-length' }])
  })

  it('is a bug of ours where it is any other', () => {
    expect(() => handling(new Error('a bug'))).toThrow('a bug')
  })
})

it('a ping that was asked for goes to the one that it was asked for', () => {
  const harness = createHarness({ seed: 'pings', nodes: 1 })
  const [one, other] = ['10.9.9.1:1', '10.9.9.2:1'].map(address =>
    new RawPeer(harness, address).dial(0).shakeHands(),
  )
  harness.node(0).core.ping('10.9.9.1:1')
  harness.advance(100)
  expect([one, other].map(raw => raw?.payloads('ping').length)).toEqual([2, 1])
})
