// Peers that speak the encrypted transport (BIP324): with each other, with those that do not, and with those that do it wrong.

import { describe, expect, test } from 'vitest'
import type { CoreOptions } from '../../node/bitcoin/options.ts'
import { encodeFrame, HEADER_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { KEY_BYTES, MAX_GARBAGE_BYTES } from '../../node/bitcoin/wire/v2/transport.ts'
import type { LinkConditions } from '../../node/core/link.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { addressOf, createHarness, type Harness, TEST_MAGIC } from '../support/harness.ts'
import { rpcFailure } from '../support/refusal.ts'
import { seededCrypto } from '../support/v2-ends.ts'

const RAW = '10.9.9.9:1'
const P2P_V2 = 'P2P_V2'

function sealed(dialsV2: boolean, seed: string): Partial<CoreOptions> {
  return { v2: seededCrypto(seed), dialsV2 }
}

type Speech = 'v1' | 'accept-v2' | 'v2'

/** The first dials the second. */
function pair(first: Speech, second: Speech, link: Partial<LinkConditions> = {}): Harness {
  const said = [first, second]
  return createHarness({
    seed: `pair ${first} ${second}`,
    nodes: 2,
    connect: index => (index === 0 ? [1] : []),
    linkOf: () => ({ ...PERFECT_LINK, latencyMs: 10, ...link }),
    coreOf: index => (said[index] === 'v1' ? {} : sealed(said[index] === 'v2', `secrets ${index}`)),
  })
}

function alone(speech: Speech): Harness {
  return createHarness({
    seed: 'alone',
    nodes: 1,
    connect: () => [],
    ...(speech !== 'v1' && { core: sealed(speech === 'v2', 'alone') }),
  })
}

type PeerInfo = Readonly<Record<string, unknown>>
const peersOf = (harness: Harness, index = 0) => harness.rpc(index, 'getpeerinfo') as readonly PeerInfo[]
const transports = (harness: Harness, index = 0) =>
  peersOf(harness, index).map(each => each.transport_protocol_type)
const typesOf = (harness: Harness) => harness.events.map(({ event }) => event.type)

/** Whoever listens there, reads nothing, and says what a test has it say. */
class Stranger {
  readonly #connections: ReturnType<Harness['network']['attach']>
  readonly #harness: Harness
  #peer = 0
  opened = 0
  heardBytes = 0
  closed: string | undefined

  constructor(harness: Harness) {
    this.#harness = harness
    this.#connections = harness.network.attach(RAW, {
      onConnected: peer => {
        this.#peer = peer
        this.opened++
        this.closed = undefined
      },
      onDialFailed: () => {},
      onData: (_peer, bytes) => {
        this.heardBytes += bytes.length
      },
      onClosed: (_peer, why) => {
        this.closed = why
      },
    })
  }

  dial(): this {
    this.#connections.dial(addressOf(0))
    this.#harness.advance(1_000)
    return this
  }

  say(bytes: Uint8Array): this {
    this.#connections.send(this.#peer, bytes)
    this.#harness.advance(1_000)
    return this
  }
}

describe('two peers', () => {
  test.each([
    ['v2', 'v2', 'v2'],
    ['v2', 'accept-v2', 'v2'],
    ['accept-v2', 'v2', 'v1'],
    ['v1', 'v2', 'v1'],
    ['v2', 'v1', 'v1'],
  ] as const)('one of %s that dials one of %s: they speak %s', (first, second, spoken) => {
    const harness = pair(first, second)
    harness.advance(2_000)
    expect([transports(harness, 0), transports(harness, 1)]).toEqual([[spoken], [spoken]])
    expect(typesOf(harness)).toEqual(['peer-up', 'peer-up'])
    const [[ours], [theirs]] = [peersOf(harness, 0), peersOf(harness, 1)] as [[PeerInfo], [PeerInfo]]
    expect(ours.session_id).toMatch(spoken === 'v2' ? /^[0-9a-f]{64}$/ : /^$/)
    expect(theirs.session_id).toBe(ours.session_id)
    expect(ours.servicesnames).toEqual(second === 'v1' ? [] : [P2P_V2])
    expect(harness.node(0).core.links.read()).toMatchObject([{ pings: { sent: 1, answered: 1 } }])
  })

  test('count what went over the wire, and by message what messages took', () => {
    const harness = pair('v2', 'v2')
    harness.advance(2_000)
    const [[ours], [theirs]] = [peersOf(harness, 0), peersOf(harness, 1)] as [[PeerInfo], [PeerInfo]]
    expect([ours.bytessent, ours.bytesrecv]).toEqual([theirs.bytesrecv, theirs.bytessent])
    const [sent, received] = [ours.bytessent_per_msg, theirs.bytesrecv_per_msg] as Record<string, number>[]
    expect(sent).toEqual(received)
    expect(sent).toMatchObject({ verack: 3 + 1 + 13 + 16 })
    expect(sent?.ping).toBe(3 + 1 + 1 + 8 + 16)
    const messages = Object.values(sent ?? {}).reduce((sum, bytes) => sum + bytes, 0)
    expect((ours.bytessent as number) - messages).toBeGreaterThanOrEqual(KEY_BYTES + 16 + 20)
    expect(harness.rpc(0, 'getnettotals')).toMatchObject({
      totalbytessent: ours.bytessent,
      totalbytesrecv: ours.bytesrecv,
    })
  })

  test('say what they are', () => {
    for (const [speech, names] of [
      ['v1', []],
      ['accept-v2', [P2P_V2]],
      ['v2', [P2P_V2]],
    ] as const)
      expect(alone(speech).rpc(0, 'getnetworkinfo')).toMatchObject({ localservicesnames: names })
  })

  test('carry a load that is passed over, each frame sealed', () => {
    const harness = pair('v2', 'v2')
    harness.advance(2_000)
    const frame = encodeFrame(TEST_MAGIC, 'padding', new Uint8Array(1_000))
    harness.node(0).core.pad(addressOf(1), frame, 3)
    harness.node(0).core.ping(addressOf(1))
    harness.advance(1_000)
    const [theirs] = peersOf(harness, 1) as [PeerInfo]
    expect(theirs.bytesrecv_per_msg).toMatchObject({ '*other*': 3 * (3 + 1 + 13 + 1_000 + 16) })
    expect(harness.node(0).core.links.read()).toMatchObject([{ pings: { answered: 2 } }])
  })
})

describe('who is hung up on unheard', () => {
  test('dials once more in v1, at once, as what it was', () => {
    const harness = pair('v2', 'v1')
    expect(harness.until(() => typesOf(harness).includes('peer-up'), 1_000)).toBe(true)
    // Two connections over links of 10 ms, with nothing between them.
    expect(harness.elapsedMs()).toBeLessThan(200)
    expect(peersOf(harness)).toMatchObject([{ connection_type: 'manual', transport_protocol_type: 'v1' }])
  })

  test('tries v2 first again when that connection is gone', () => {
    const harness = pair('v2', 'v1')
    harness.advance(2_000)
    const before = harness.rpc(1, 'getnettotals') as { totalbytesrecv: number }
    harness.stop(1)
    harness.advance(1_000)
    harness.restart(1)
    expect(harness.until(() => peersOf(harness)[0]?.transport_protocol_type === 'detecting', 60_000)).toBe(
      true,
    )
    expect(harness.until(() => peersOf(harness)[0]?.transport_protocol_type === 'v1', 10_000)).toBe(true)
    expect(before.totalbytesrecv).toBeGreaterThan(0)
  })

  test('does so after a handshake that came to nothing, too', () => {
    const harness = alone('v2')
    const mute = new Stranger(harness)
    harness.rpc(0, 'addnode', RAW, 'onetry')
    harness.advance(59_000)
    expect([mute.opened, transports(harness)]).toEqual([1, ['detecting']])
    harness.advance(2_000)
    expect([mute.opened, transports(harness)]).toEqual([2, ['v1']])
    harness.advance(61_000)
    expect([mute.opened, typesOf(harness)]).toEqual([2, ['dial-failed']])
  })

  test('does not where it was answered, or hung up itself', () => {
    const harness = alone('v2')
    const peer = new Stranger(harness)
    harness.rpc(0, 'addnode', RAW, 'onetry')
    expect(harness.until(() => transports(harness)[0] === 'detecting', 1_000)).toBe(true)
    harness.rpc(0, 'setnetworkactive', false)
    harness.advance(1_000)
    harness.rpc(0, 'setnetworkactive', true)
    harness.advance(1_000)
    expect([transports(harness), typesOf(harness)]).toEqual([[], ['dial-failed']])
    expect(peer.opened).toBe(1)
    const answered = alone('v2')
    const other = new Stranger(answered)
    answered.rpc(0, 'addnode', RAW, 'onetry')
    answered.advance(1_000)
    other.say(Uint8Array.of(1))
    answered.advance(61_000)
    expect([other.opened, typesOf(answered)]).toEqual([1, ['dial-failed']])
  })
})

describe('RPC', () => {
  test('addnode dials as it is told, else as the node does', () => {
    for (const [speech, said, spoken] of [
      ['v2', undefined, 'v2'],
      ['v2', false, 'v1'],
      ['accept-v2', undefined, 'v1'],
      ['accept-v2', true, 'v2'],
    ] as const)
      for (const command of ['add', 'onetry']) {
        const harness = createHarness({
          seed: `addnode ${speech} ${said} ${command}`,
          nodes: 2,
          connect: () => [],
          coreOf: index => sealed(index === 0 && speech === 'v2', `secrets ${index}`),
        })
        harness.rpc(0, 'addnode', addressOf(1), command, ...(said === undefined ? [] : [said]))
        harness.advance(2_000)
        expect(transports(harness), `${speech} ${said} ${command}`).toEqual([spoken])
      }
  })

  test('what this node does not speak it does not dial, and says so', () => {
    const harness = alone('v1')
    expect(rpcFailure(() => harness.rpc(0, 'addnode', RAW, 'add', true))[0]).toBe(-8)
    expect(rpcFailure(() => harness.rpc(0, 'addconnection', RAW, 'feeler', true))[0]).toBe(-8)
    expect(rpcFailure(() => harness.rpc(0, 'addnode', RAW, 'add', 'yes'))[0]).toBe(-3)
    expect(harness.rpc(0, 'addnode', RAW, 'add', false)).toBeNull()
    expect(rpcFailure(() => alone('v2').rpc(0, 'addconnection', RAW, 'feeler', 1))[0]).toBe(-3)
  })

  test('addconnection opens a connection of either transport', () => {
    for (const v2 of [true, false]) {
      const harness = createHarness({
        seed: `addconnection ${v2}`,
        nodes: 2,
        connect: () => [],
        coreOf: index => sealed(true, `secrets ${index}`),
      })
      harness.rpc(0, 'addconnection', addressOf(1), 'outbound-full-relay', v2)
      harness.advance(2_000)
      expect(peersOf(harness)).toMatchObject([
        { connection_type: 'outbound-full-relay', transport_protocol_type: v2 ? 'v2' : 'v1' },
      ])
    }
  })
})

describe('a stranger', () => {
  test('that drips bytes is closed when a handshake is to be over', () => {
    const harness = alone('accept-v2')
    const peer = new Stranger(harness).dial().say(new Uint8Array(KEY_BYTES).fill(7))
    for (let second = 2; second < 59; second++) peer.say(Uint8Array.of(second))
    expect([peer.closed, transports(harness)]).toEqual([undefined, ['detecting']])
    harness.advance(2_000)
    expect([peer.closed, peersOf(harness)]).toEqual(['closed by peer', []])
  })

  test.each([
    ['sends garbage without an end', new Uint8Array(KEY_BYTES + MAX_GARBAGE_BYTES + 16)],
    ['speaks v1 of another network', encodeFrame(Uint8Array.of(1, 2, 3, 4), 'version', new Uint8Array(90))],
  ])('that %s is closed at once, and held against nobody', (_, bytes) => {
    const harness = alone('accept-v2')
    const peer = new Stranger(harness)
    for (let time = 0; time < 2; time++) expect(peer.dial().say(bytes).closed).toBe('closed by peer')
    expect(harness.rpc(0, 'listbanned')).toEqual([])
    expect([peer.dial().closed, peer.opened, typesOf(harness)]).toEqual([undefined, 3, []])
  })

  test('that says nothing hears nothing', () => {
    const harness = alone('accept-v2')
    const peer = new Stranger(harness).dial().say(TEST_MAGIC)
    const [info] = peersOf(harness) as [PeerInfo]
    expect([info.bytessent, info.bytesrecv, info.transport_protocol_type]).toEqual([0, 4, 'detecting'])
    expect(peer.heardBytes).toBe(0)
  })
})

test('v1 takes what a frame takes', () => {
  const harness = pair('accept-v2', 'accept-v2')
  harness.advance(2_000)
  expect(peersOf(harness)[0]?.bytessent_per_msg).toMatchObject({
    verack: HEADER_BYTES,
    ping: HEADER_BYTES + 8,
  })
})
