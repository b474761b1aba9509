// A light client among liars: with one honest peer it has the truth, the liars are banned by name, and nobody honest is blamed.

import { describe, expect, test } from 'vitest'
import type { Protocol } from '../../node/bitcoin/protocol.ts'
import { basicFilter } from '../../node/ledger/filters/basic-filter.ts'
import type { Ledger } from '../../node/ledger/ledger.ts'
import type { LightAnswer, LightQuestion } from '../../node/strategy/api.ts'
import { Eavesdropper } from '../../node/strategy/eavesdropper.ts'
import { type ForgeFilter, Forger } from '../../node/strategy/forger.ts'
import { addressOf } from '../support/harness.ts'
import { createLightNetwork, type LightNetwork, type LightNetworkOptions } from '../support/light-network.ts'

type Lies = (question: LightQuestion) => LightAnswer

/** The ledger of a node that answers light clients like this. */
function lying(ledger: Ledger, lies: Lies, forge?: ForgeFilter): Protocol {
  let forger: Forger | undefined
  return new Eavesdropper(ledger, {
    started: () => {
      forger = new Forger(ledger, forge)
    },
    heard: () => {},
    answering: task => task(),
    lies: (peer, command, payload) => {
      const question = forger?.question(peer, command, payload)
      return question !== undefined && (forger?.answer(lies(question), peer, command, payload) ?? false)
    },
  })
}

/** Node 0 is honest, the others lie; the client dials all of them, liars first. */
function among(lies: Lies, options: Partial<LightNetworkOptions> = {}, forge?: ForgeFilter): LightNetwork {
  const full = options.full ?? 3
  return createLightNetwork({
    seed: 'liars',
    full,
    disguise: (index, ledger) => (index === 0 ? ledger : lying(ledger, lies, forge)),
    connect: index =>
      index < full ? (index + 1 < full ? [index + 1] : []) : [...Array(full).keys()].reverse(),
    ...options,
  })
}

function mine(net: LightNetwork, node: number, blocks: number): void {
  for (let i = 0; i < blocks; i++) {
    net.mine(node)
    net.advance(1_000)
  }
  net.advance(10_000)
}

const liarsOf = (net: LightNetwork, node: number) =>
  [...new Set(net.told(node, 'light-liar').map(({ address }) => address))].sort()

const lieAbout =
  (about: LightQuestion['about'], answer: LightAnswer = 'forgery'): Lies =>
  question =>
    question.about === about ? answer : 'truth'

describe.each([
  ['filters that leave out what they look for', 'filters'],
  ['headers that never were', 'headers'],
] as const)('two liars with %s, and one honest peer', (_, about) => {
  const net = among(lieAbout(about))
  net.advance(5_000)
  mine(net, 0, 5)
  const txid = net.pay(0, 0, 2)
  net.advance(2_000)
  mine(net, 0, 3)

  test('it sees what it is paid, on the true chain', () => {
    expect(net.rpc(3, 'getbestblockhash')).toBe(net.ledger(0).chain.tip.hash)
    expect(net.rpc(3, 'getbalance')).toBe(2)
    expect(net.rpc(3, 'gettransaction', txid)).toMatchObject({ confirmations: 3 })
  })

  test('the liars are named and banned, and nobody else is', () => {
    expect(liarsOf(net, 3)).toEqual([addressOf(1), addressOf(2)])
    expect((net.rpc(3, 'getpeerinfo') as { addr: string }[]).map(({ addr }) => addr)).toEqual([addressOf(0)])
    const [misled] = net.told(3, 'misbehaviour')
    expect(misled?.address).not.toBe(addressOf(0))
  })
})

test('who gives other blocks than it was asked for is banned, and the block is had from another', () => {
  const net = among(lieAbout('blocks'))
  net.advance(5_000)
  mine(net, 0, 4)
  for (let i = 0; i < 4; i++) {
    net.pay(0, 0, 1)
    mine(net, 0, 1)
  }
  expect(net.rpc(3, 'getbalance')).toBe(4)
  expect(liarsOf(net, 3).length).toBeGreaterThan(0)
  expect(liarsOf(net, 3)).not.toContain(addressOf(0))
  expect(net.told(3, 'light-liar')[0]).toMatchObject({ lie: 'block' })
})

test.each(['headers', 'filters', 'blocks'] as const)(
  'who is silent about %s holds up nobody, and is not blamed',
  about => {
    const net = among(lieAbout(about, 'silence'))
    net.advance(5_000)
    mine(net, 0, 4)
    net.pay(0, 0, 2)
    mine(net, 0, 1)
    expect(net.until(() => net.rpc(3, 'getbalance') === 2, 120_000)).toBe(true)
    expect(liarsOf(net, 3)).toEqual([])
  },
)

test('it was told false filters as long as liars alone were there: who comes later puts it right', () => {
  const net = among(lieAbout('filters'), {
    connect: index => (index < 2 ? [index + 1] : index === 3 ? [1, 2] : []),
  })
  net.advance(5_000)
  mine(net, 0, 4)
  const address = net.rpc(3, 'getnewaddress')
  net.rpc(0, 'sendtoaddress', address, 2)
  net.advance(2_000)
  mine(net, 0, 4)
  net.rpc(0, 'sendtoaddress', address, 1)
  net.advance(2_000)
  mine(net, 0, 2)
  // Nobody honest is there, and nothing can tell: this is the limit.
  expect(net.rpc(3, 'getbalance')).toBe(0)
  net.rpc(3, 'addnode', addressOf(0), 'add')
  expect(net.until(() => net.rpc(3, 'getbalance') === 3, 60_000)).toBe(true)
  net.advance(20_000)
  expect(liarsOf(net, 3)).toEqual([addressOf(1), addressOf(2)])
})

test.each<[string, ForgeFilter]>([
  ['leave out nothing but the coins that are spent', block => basicFilter(block, [])],
  ['have a script more than there is', block => basicFilter(block, [Uint8Array.of(1, 2, 3)])],
])('filters that %s are told by looking for what was spent', (_, forge) => {
  const net = among(lieAbout('filters'), {}, forge)
  net.advance(5_000)
  mine(net, 0, 4)
  net.pay(0, 0, 2)
  mine(net, 0, 2)
  const sent = net.rpc(3, 'sendtoaddress', net.rpc(0, 'getnewaddress'), 1)
  net.advance(2_000)
  mine(net, 0, 2)
  expect(net.rpc(3, 'gettransaction', sent)).toMatchObject({ confirmations: 2 })
  expect(liarsOf(net, 3)).toEqual([addressOf(1), addressOf(2)])
})

test('liars who do not agree with each other either are found one by one', () => {
  let n = 0
  const net = among(lieAbout('filters'), {}, block =>
    basicFilter(block, [Uint8Array.of(1, ++n & 0xff, n >> 8)]),
  )
  net.advance(5_000)
  mine(net, 0, 6)
  net.pay(0, 0, 2)
  mine(net, 0, 2)
  expect(net.rpc(3, 'getbalance')).toBe(2)
  expect(liarsOf(net, 3)).toEqual([addressOf(1), addressOf(2)])
})

test('the late answer to an earlier question about the same block is no contradiction', () => {
  const net = createLightNetwork({ seed: 'late', full: 2 })
  net.advance(5_000)
  mine(net, 0, 6)
  const { env, filterHeaders, commitments } = net.client(0).parts
  const [peer] = env.peers.values()
  const { tip } = env.chain
  if (!peer) throw new Error('no peer')
  const at = (height: number) => {
    const entry = env.chain.at(height)
    return (entry && commitments.get(entry)) as NonNullable<ReturnType<typeof commitments.get>>
  }
  // Three blocks were asked about, in vain; then the last of them alone.
  peer.filterQuestion = { start: 6, stop: tip, askedMs: net.clock.now() }
  const filterHashes = [4, 5, 6].map(height => at(height).hash)
  filterHeaders.onAnswer(peer, { type: 0, stop: tip.hash, previousHeader: at(3).header, filterHashes })
  expect(net.told(2, 'light-liar')).toEqual([])
  expect(peer.filterQuestion).toBeDefined()
  filterHeaders.onAnswer(peer, {
    ...{ type: 0, stop: tip.hash },
    previousHeader: at(5).header,
    filterHashes: filterHashes.slice(-1),
  })
  expect(peer.filterQuestion).toBeUndefined()
  expect(peer.confirmed).toBe(tip)
})

test('what a leader said goes with it: nobody is asked to answer for it', () => {
  const net = among(lieAbout('filters'), {
    disguise: (index, ledger) => (index === 1 ? lying(ledger, lieAbout('filters')) : ledger),
    // The liar is asked first.
    connect: index => (index < 2 ? [index + 1] : index === 3 ? [1, 0, 2] : []),
  })
  net.advance(5_000)
  mine(net, 0, 4)
  net.pay(0, 0, 1)
  net.advance(2_000)
  // While the third is waited for, the first has spoken and goes.
  net.partition([[2], [0, 1, 3]])
  net.mine(1)
  net.advance(1_500)
  net.kill(1)
  net.advance(20_000)
  expect(net.rpc(3, 'getbalance')).toBe(1)
  expect(net.told(3, 'light-dispute')).toEqual([])
  net.heal()
  net.advance(30_000)
  expect(net.told(3, 'light-liar')).toEqual([])
})
