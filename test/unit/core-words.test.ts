// Words and numbers by which others know what a node says: codes of errors, what counts as a message, times of pings.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Protocol } from '../../node/bitcoin/protocol.ts'
import { BitcoinService } from '../../node/bitcoin/service.ts'
import { SharedFrames } from '../../node/bitcoin/shared-frames.ts'
import { type Codec, varstring } from '../../node/bitcoin/wire/codec.ts'
import { PingTimes } from '../../node/core/ping-times.ts'
import { createRandom, xoshiro128pp } from '../../node/core/random.ts'
import { RPC } from '../../node/core/service.ts'
import { createHarness, TEST_MAGIC } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

test('codes of RPC errors are those of Bitcoin Core and of JSON-RPC', () => {
  expect(RPC).toEqual({
    misc: -1,
    typeError: -3,
    wallet: -4,
    invalidAddressOrKey: -5,
    walletInsufficientFunds: -6,
    invalidParameter: -8,
    walletInvalidLabel: -11,
    walletKeypoolRanOut: -12,
    walletUnlockNeeded: -13,
    walletPassphraseIncorrect: -14,
    walletWrongEncryptionState: -15,
    walletEncryptionFailed: -16,
    walletAlreadyUnlocked: -17,
    walletNotFound: -18,
    walletNotSpecified: -19,
    walletAlreadyLoaded: -35,
    walletAlreadyExists: -36,
    clientNodeAlreadyAdded: -23,
    clientNodeNotAdded: -24,
    clientNodeNotConnected: -29,
    clientInvalidIpOrSubnet: -30,
    clientNodeCapacityReached: -34,
    methodDeprecated: -32,
    deserialization: -22,
    verify: -25,
    verifyRejected: -26,
    verifyAlreadyInChain: -27,
    inWarmup: -28,
    invalidRequest: -32600,
    methodNotFound: -32601,
    invalidParams: -32602,
    internal: -32603,
  })
})

test('a generator’s state is the first half of the hash of its seed, in little-endian words', () => {
  const hash = createHash('sha256').update('seed').digest()
  const next = xoshiro128pp([0, 4, 8, 12].map(at => hash.readUInt32LE(at)))
  const random = createRandom('seed')
  expect([...random.bytes(8)]).toEqual(Array.from({ length: 8 }, () => next() >>> 24))
  expect(random.u64()).toBe((BigInt(next()) << 32n) | BigInt(next()))
  const [high, low] = [next(), next()]
  expect(random.float()).toBe((Math.floor(high / 32) * 2 ** 26 + Math.floor(low / 64)) / 2 ** 53)
})

describe('pings', () => {
  test('tell how long each answer took, and the least of all', () => {
    const ping = new PingTimes()
    expect([ping.pending, ping.lastMs, ping.minMs, ping.waitMs(5)]).toEqual([
      false,
      undefined,
      undefined,
      undefined,
    ])
    for (const [nonce, sentMs, answeredMs] of [
      [1n, 1_000, 1_070],
      [2n, 2_000, 2_030],
      [3n, 3_000, 3_050],
    ] as const) {
      ping.sent(nonce, sentMs)
      expect(ping.waitMs(sentMs + 5)).toBe(5)
      ping.answered(nonce, answeredMs)
    }
    expect([ping.lastMs, ping.minMs, ping.sentCount, ping.answeredUpTo, ping.pending]).toEqual([
      50,
      30,
      3,
      3,
      false,
    ])
  })

  test('are awaited to sixty-four at a time, the newest', () => {
    const ping = new PingTimes()
    for (let n = 1; n <= 65; n++) ping.sent(BigInt(n), n)
    ping.answered(1n, 100)
    expect(ping.answeredUpTo).toBe(0)
    ping.answered(2n, 102)
    expect([ping.answeredUpTo, ping.lastMs, ping.pending]).toEqual([2, 100, true])
    ping.answered(2n, 200) // answered already
    expect(ping.lastMs).toBe(100)
  })
})

test('how far a peer’s clock is off is told in seconds', () => {
  const harness = createHarness({ seed: 'offset', nodes: 1 })
  const raw = new RawPeer(harness, '10.9.9.9:1').dial(0)
  raw.shakeHands({ time: BigInt(Math.floor(harness.clock.now() / 1000) - 42) })
  expect(harness.rpc(0, 'getpeerinfo')).toMatchObject([{ timeoffset: -42, version: 70016 }])
})

test('messages that no table has are counted together, as others', () => {
  const harness = createHarness({ seed: 'others', nodes: 1 })
  const raw = new RawPeer(harness, '10.9.9.9:1').dial(0).shakeHands()
  raw.sendPayload('nonsense', new Uint8Array(10)).sendPayload('prattle', new Uint8Array(20))
  harness.advance(100)
  const count = (name: string) =>
    harness
      .node(0)
      .core.readMetrics()
      .find(one => one.name === name && Object.values(one.labels ?? {}).join() === 'received,*other*')?.value
  expect(count('netsplit_p2p_messages_total')).toBe(2)
  expect(count('netsplit_p2p_bytes_total')).toBe(2 * 24 + 30)
  expect(harness.rpc(0, 'getpeerinfo')).toMatchObject([{ bytesrecv_per_msg: { '*other*': 78 } }])
})

test('frames of peers that say the same are shared up to 128 bytes', () => {
  const shared = new SharedFrames()
  const codec = varstring(1_000) as Codec<unknown>
  const made = (bytes: number) => shared.made(TEST_MAGIC, 'say', 'x'.repeat(bytes - 1), codec)
  expect(made(128)).toBe(made(128))
  expect(made(129)).not.toBe(made(129))
})

describe('the service', () => {
  const options = {
    magic: TEST_MAGIC,
    userAgent: '/test/',
    listenAddress: undefined,
    connect: [],
    mode: 'fixed' as const,
    maxOutbound: 8,
    maxConnections: 125,
  }
  const silent = { messages: {}, services: 0n, handshakeCommands: [], rpc: {}, start() {}, stop() {} }
  const protocol = (name: string, more: Partial<Protocol>): Protocol => ({
    ...silent,
    ...{
      name,
      startHeight: () => 0,
      onPeerReady() {},
      onPeerGone() {},
      onMessage() {},
      readMetrics: () => [],
    },
    ...more,
  })

  test('tells of its peers and of each protocol that has something to tell, once it was started', () => {
    const { host } = createHarness({ seed: 'service', nodes: 1, connect: () => [] }).node(0)
    const service = new BitcoinService(options, [
      protocol('quiet', { bodies: ['quiet/body/'] }),
      protocol('talker', { status: () => ({ height: 7 }), bodies: ['talker/body/'] }),
    ])
    expect([service.status(), service.rpc, service.readMetrics()]).toEqual([{}, {}, []])
    expect(service.bodies).toEqual(['quiet/body/', 'talker/body/'])
    service.start(host)
    expect(service.status()).toEqual({
      peers: { inbound: 0, outbound: 0 },
      receivedBytes: 0,
      talker: { height: 7 },
    })
    expect(Object.keys(service.rpc)).toContain('getpeerinfo')
    expect(service.readMetrics().length).toBeGreaterThan(0)
    service.stop()
  })
})
