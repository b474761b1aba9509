// What a node runs: composed once from its configuration, honest or in bad company, and driven through the service's face alone.

import { describe, expect, it } from 'vitest'
import type { BitcoinConfig, LedgerConfig } from '../../node/api.ts'
import { compose } from '../../node/compose.ts'
import type { Address, AnyEvent } from '../../node/core/host.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import type { Service } from '../../node/core/service.ts'
import type { Ledger } from '../../node/ledger/ledger.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'
import { NOW_MS, secp } from '../support/chain.ts'
import { EASY_CHAIN } from '../support/node-config.ts'

const A = '10.0.0.1:18444'
const B = '10.0.0.2:18444'

function world() {
  const clock = new VirtualClock(NOW_MS)
  const random = createRandom('compose')
  const network = new VirtualNetwork({
    clock,
    random: random.fork('network'),
    conditionsOf: () => PERFECT_LINK,
  })
  const peersOf = (connect: readonly Address[]) =>
    ({ connect, mode: 'fixed', maxOutbound: 8, maxConnections: 125 }) as const
  const placed = (address: Address, config: Omit<BitcoinConfig, 'listen'>) => {
    const own = random.fork(address)
    const bitcoin = { ...config, listen: { host: '0.0.0.0', port: 0 } }
    const around = {
      version: 'test',
      random: own,
      address: () => address,
      machine: { secp: () => secp },
    }
    const [composed] = compose({ bitcoin }, around)
    const service = composed?.service as Service
    const events: AnyEvent[] = []
    const host = new VirtualHost({
      address,
      clock,
      network,
      random: own.fork('core'),
      store: new MemoryStore(),
      onEvent: event => events.push(event),
    })
    const begin = () => host.run(service.start(host))
    return { service, ledger: service.face as Ledger, events, begin }
  }
  const make = (address: Address, connect: readonly Address[], strategy?: LedgerConfig['strategy']) => {
    const mining = { mode: 'off', hashRateHps: 0, threads: 1 } as const
    const ledger = { chain: EASY_CHAIN, mining, ...(strategy && { strategy }) }
    return placed(address, { network: '', peers: peersOf(connect), ledger })
  }
  const bare = (address: Address, connect: readonly Address[], name: string) =>
    placed(address, { network: name, peers: peersOf(connect) })
  const advance = (ms: number) => clock.runUntil(clock.now() + ms)
  return { make, bare, advance }
}

it('without a ledger is a peer among peers of the same name, and of no other', () => {
  const { bare, advance } = world()
  const [a, b] = [bare(A, [], 'one'), bare(B, [A], 'one')]
  const other = bare('10.0.0.3:18444', [A], 'another')
  for (const each of [a, b, other]) each.begin()
  advance(1_000)
  expect(a.service.status()).toMatchObject({ peers: { inbound: 1, outbound: 0 } })
  expect(b.service.status()).toMatchObject({ peers: { inbound: 0, outbound: 1 } })
  expect(other.service.status()).toEqual({ peers: { inbound: 0, outbound: 0 }, receivedBytes: 0 })
  expect(a.service.bodies).toEqual([])
  expect(a.service.rpc.getblockcount).toBeUndefined()
})

const typesOf = (events: readonly AnyEvent[]) => events.map(({ type }) => type)

describe.each<[string, LedgerConfig['strategy']]>([
  ['an honest node', undefined],
  ['a selfish miner', { name: 'selfish' }],
])('%s', (_, strategy) => {
  it('says nothing of itself before it is started, and the state of each part after', () => {
    const { make, advance } = world()
    const a = make(A, [], strategy)
    expect(a.service.status()).toEqual({})
    expect(a.service.rpc).toEqual({})
    a.begin()
    const b = make(B, [A])
    b.begin()
    advance(1_000)
    expect(a.service.status()).toEqual({
      peers: { inbound: 1, outbound: 0 },
      receivedBytes: expect.any(Number),
      ledger: {
        height: 0,
        tip: a.ledger.chain.tip.hash,
        headers: 0,
        mempool: 0,
        mining: { mode: 'off', askedHps: 0, measuredHps: 0, hashes: 0 },
      },
    })
    expect(b.service.status()).toMatchObject({ peers: { inbound: 0, outbound: 1 } })
    expect(Object.keys(a.service.rpc)).toEqual(expect.arrayContaining(['getpeerinfo', 'getblockchaininfo']))
  })

  it('pads: the peer passes over the load and answers the ping behind it', () => {
    const { make, advance } = world()
    const [a, b] = [make(A, []), make(B, [A], strategy)]
    a.begin()
    b.begin()
    advance(1_000)
    const before = peerOf(b)
    b.service.pad(A, { frames: 3, bytes: 100 })
    advance(1_000)
    const after = peerOf(b)
    // Of the load (three messages of 24 + 100 bytes) it counts nothing as its own, of the ping 24 + 8; a pong came back.
    expect(after.bytessent - before.bytessent).toBe(32)
    expect(after.bytesrecv - before.bytesrecv).toBe(32)
    expect(peerOf(a).bytesrecv_per_msg['*other*']).toBe(3 * 124)
  })

  it('names what is large in its store, and says goodbye when it stops', () => {
    const { make, advance } = world()
    const [a, b] = [make(A, []), make(B, [A], strategy)]
    expect(b.service.bodies).toEqual(['ledger/block/', 'ledger/undo/'])
    a.begin()
    b.begin()
    advance(1_000)
    b.service.stop()
    advance(1_000)
    expect(typesOf(b.events)).toContain('peer-down')
    expect(typesOf(a.events)).toContain('peer-down')
  })
})

interface PeerInfo {
  readonly bytessent: number
  readonly bytesrecv: number
  readonly bytesrecv_per_msg: Readonly<Record<string, number>>
}

function peerOf({ service }: { readonly service: Service }): PeerInfo {
  const peers = service.rpc.getpeerinfo?.handle([], () => {}) as readonly PeerInfo[] | undefined
  const peer = peers?.[0]
  if (!peer) throw new Error('no peer')
  return peer
}
