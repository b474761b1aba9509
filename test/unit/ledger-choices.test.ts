// Whom a ledger turns to: who is asked for headers when others are silent, who may send compact blocks unasked.

import { beforeEach, expect, test } from 'vitest'
import type { Block, Header } from '../../node/ledger/chain/types.ts'
import { makeCompact } from '../../node/ledger/compact.ts'
import { buildBlock, rewardOf, spend, testKey } from '../support/chain.ts'
import type { LedgerNetwork, LedgerRawPeer } from '../support/ledger-network.ts'
import { Victim } from '../support/victim.ts'

let victim: Victim
let net: LedgerNetwork

beforeEach(() => {
  victim = new Victim('choices', 5)
  net = victim.net
})

test('who announced what we do not know is asked once those who were asked before it keep silent', () => {
  const peers = Array.from({ length: 5 }, () => victim.join().tell(net, 'headers', []))
  for (const peer of peers) peer.heard = []
  const asked = () => peers.filter(peer => peer.told('getheaders').length > 0).length
  const [, second] = victim.headersOn(victim.chain.tip.hash, 2) as [Header, Header]
  for (const peer of peers) peer.tell(net, 'headers', [second])
  expect(asked()).toBe(2)
  net.advance(100_000)
  expect(asked()).toBe(2)
  // An answer is late after two minutes; what is late is looked for as often.
  net.advance(145_000)
  expect(asked()).toBe(4)
})

test('of those that gave a new block first the last three may send the next unasked, whoever else goes', () => {
  const peers = Array.from({ length: 5 }, () =>
    victim.join().tell(net, 'sendcmpct', { highBandwidth: false, version: 2n }),
  )
  const give = (n: number) => peers[n]?.tell(net, 'cmpctblock', makeCompact(buildBlock(victim.chain), 1n))
  const wishes = () => peers.map(peer => peer.told('sendcmpct').map(({ highBandwidth }) => highBandwidth))
  for (const n of [0, 1, 2]) give(n)
  const [not, chosen] = [[false], [false, true]]
  expect(wishes()).toEqual([chosen, chosen, chosen, not, not])
  peers[4]?.close()
  net.advance(500)
  give(0) // again: it is the newest now
  give(3)
  expect(wishes()).toEqual([chosen, [...chosen, false], chosen, chosen, not])
  peers[2]?.close()
  net.advance(500)
  give(1)
  expect(wishes()).toEqual([chosen, [...chosen, false, true], chosen, chosen, not])
})

test('a transaction that is in the chain since an earlier life of the node counts as one that came again', () => {
  const reward = victim.submit(buildBlock(victim.chain))
  victim.mine(2)
  const tx = spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000_000, script: testKey(1).script }] })
  const block: Block = victim.submit(buildBlock(victim.chain, { txs: [tx] }))
  net.kill(0)
  net.restart(0)
  expect(net.ledger(0).chain.tip.hash).toBe(block.hash)
  const peer = victim.join().tell(net, 'tx', tx)
  const count = (name: string) =>
    net
      .ledger(0)
      .readMetrics()
      .filter(one => one.name === `netsplit_transactions_${name}_total`)
      .reduce((sum, { value }) => sum + value, 0)
  expect([count('accepted'), count('duplicate'), count('rejected')]).toEqual([0, 1, 0])
  victim.expectForgiven(peer)
})

test('one chain with little work is collected at a time, and another once that one has proved enough', () => {
  // A branch is worth storing that lacks at most the work of 144 blocks: one message of 2,000 headers does not reach it.
  victim.mine(2_195)
  const { chain } = victim
  const genesis = chain.genesis.header
  const rivals = [1, 2].map(apart => victim.headersOn(genesis.hash, 2_100, genesis.time + apart))
  const [first = [], second = []] = rivals
  const [one, other] = [victim.join(), victim.join()]
  const askedOn = (peer: LedgerRawPeer) => peer.told('getheaders').at(-1)?.hashes[0]
  const stored = (headers: readonly Header[]) => headers.filter(({ hash }) => chain.entry(hash)).length
  one.tell(net, 'headers', first.slice(0, 2_000))
  other.tell(net, 'headers', second.slice(0, 2_000))
  expect(askedOn(one)).toBe(first[1_999]?.hash)
  expect(askedOn(other)).not.toBe(second[1_999]?.hash)
  expect([stored(first), stored(second)]).toEqual([0, 0])
  // It finds another block meanwhile and says so: that is no part of the answer.
  one.tell(net, 'headers', victim.headersOn(first.at(-1)?.hash ?? '', 1))
  one.tell(net, 'headers', first.slice(2_000))
  expect([stored(first), stored(second)]).toEqual([2_100, 0])
  const third = victim.join().tell(net, 'headers', second.slice(0, 2_000))
  expect(askedOn(third)).toBe(second[1_999]?.hash)
  victim.expectForgiven(third)
})
