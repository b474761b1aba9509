// Which headers a light client believes: those of most work, by all rules that a header can break; who sends others is banned.

import { expect, test } from 'vitest'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import type { Header } from '../../node/ledger/chain/types.ts'
import { bitsForExpectedHashes } from '../../node/ledger/consensus/target.ts'
import { BLOCK_INTERVAL_MS, LedgerRawPeer, simulatedSpec } from '../support/ledger-network.ts'
import { createLightNetwork, type LightNetwork, QUICK } from '../support/light-network.ts'

/** A header on another, like it but for what is changed. */
function on(parent: Header, change: Partial<Header> = {}): Header {
  return makeHeader({ ...parent, prev: parent.hash, time: parent.time + 1, ...change })
}

/** One whose hash does or does not prove its work. */
function drawn(parent: Header, proves: boolean): Header {
  for (let nonce = 0; ; nonce++) {
    const header = on(parent, { nonce })
    if (header.provesWork === proves) return header
  }
}

const WORKING = simulatedSpec(1, {
  difficulty: { rule: 'fixed' },
  initialBits: bitsForExpectedHashes(4),
  checkProofOfWork: true,
})

/** A client that knows an honest node, and a peer that says what a test tells it to. */
function setUp(net: LightNetwork): {
  net: LightNetwork
  tell: (headers: readonly Header[]) => LedgerRawPeer
} {
  net.advance(5_000)
  const peer = new LedgerRawPeer(net, '10.8.1.1:18444').meet(net, 1, 7n)
  return { net, tell: headers => peer.tell(net, 'headers', headers) }
}

const genesisOf = (net: LightNetwork) => net.ledger(0).chain.genesis.header

test('a header that proves its work counts, and one that does not is a lie', () => {
  const { net, tell } = setUp(createLightNetwork({ seed: 'work', full: 1, chain: WORKING }))
  const first = drawn(genesisOf(net), true)
  tell([first])
  expect(net.rpc(1, 'getbestblockhash')).toBe(first.hash)
  const peer = tell([drawn(first, true), drawn(first, false)])
  expect(peer.closed).toBeDefined()
  expect(net.told(1, 'light-liar')).toMatchObject([{ lie: 'headers', address: '10.8.1.1:18444' }])
  expect(net.rpc(1, 'getblockcount')).toBe(1)
})

test.each<[string, (genesis: Header) => readonly Header[], string]>([
  ['that are easier than the rule says', g => [on(g, { bits: bitsForExpectedHashes(1) })], 'bad-diffbits'],
  ['that are older than those before them', g => [on(g, { time: g.time - 1 })], 'time-too-old'],
  ['of a version long gone', g => [on(g, { version: 1 })], 'bad-version'],
  ['that do not follow each other', g => [on(g), on(g, { nonce: 7 })], 'non-continuous-headers'],
])('headers %s are a lie', (_, make, detail) => {
  const { net, tell } = setUp(createLightNetwork({ seed: 'rules', full: 1, chain: QUICK }))
  tell(make(genesisOf(net)))
  expect(net.told(1, 'light-liar')).toMatchObject([{ lie: 'headers' }])
  expect(net.told(1, 'misbehaviour')).toMatchObject([{ detail }])
})

test('a header from the future, or on one that nobody knows, is no lie and does not count', () => {
  const { net, tell } = setUp(createLightNetwork({ seed: 'future', full: 1, chain: QUICK }))
  const genesis = genesisOf(net)
  const peer = tell([on(genesis, { time: Math.floor(net.clock.now() / 1000) + 3 * 3600 })])
  tell([on(on(genesis), { nonce: 9 })])
  expect(peer.closed).toBeUndefined()
  expect(peer.commands()).toContain('getheaders')
  expect(net.told(1, 'light-liar')).toEqual([])
  expect(net.rpc(1, 'getblockcount')).toBe(0)
})

test('a chain that is longer and has less work is not followed', () => {
  const chain = simulatedSpec(1, {
    difficulty: { rule: 'asert', halfLifeMs: 2 * BLOCK_INTERVAL_MS },
    coinbaseMaturity: 2,
  })
  const net = createLightNetwork({ seed: 'less work', full: 2, chain })
  net.advance(5_000)
  // The client stands with the second node, whose blocks are many and easy.
  net.partition([[0], [1, 2]])
  for (let i = 0; i < 12; i++) {
    net.advance(1_000)
    net.mine(0)
  }
  for (let i = 0; i < 14; i++) {
    net.advance(60_000)
    net.mine(1)
  }
  net.advance(20_000)
  const [hard, easy] = [net.ledger(0).chain.tip, net.ledger(1).chain.tip]
  expect(hard.work > easy.work && hard.height < easy.height).toBe(true)
  expect(net.rpc(2, 'getbestblockhash')).toBe(easy.hash)
  net.heal()
  expect(net.until(() => net.rpc(2, 'getbestblockhash') === hard.hash, 120_000)).toBe(true)
  expect(net.told(2, 'light-tip').map(({ depth }) => depth)).toContain(14)
})

test('whoever says that it keeps no blocks is let go, and one that keeps no filters gives headers', () => {
  const net = createLightNetwork({ seed: 'services', full: 2, filters: index => index === 0 })
  net.advance(5_000)
  for (let i = 0; i < 3; i++) net.mine(1)
  net.advance(10_000)
  expect(net.rpc(2, 'getblockchaininfo')).toMatchObject({ headers: 3, filters: 3, blocks: 3 })
  const other = new LedgerRawPeer(net, '10.8.1.2:18444')
  other
    .dial(2)
    .send('version', other.version({ services: 0n, nonce: 5n }))
    .send('verack', null)
  net.advance(1_000)
  expect(other.closed).toBeDefined()
  expect(net.told(2, 'peer-down').at(-1)).toMatchObject({ why: 'serves no blocks' })
})
