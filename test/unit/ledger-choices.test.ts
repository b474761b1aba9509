// Whom a ledger turns to: who is asked for headers when others are silent, who may send compact blocks unasked.

import { beforeEach, expect, test } from 'vitest'
import type { Block, Header } from '../../node/ledger/chain/types.ts'
import { makeCompact } from '../../node/ledger/compact.ts'
import { buildBlock, rewardOf, spend, testKey } from '../support/chain.ts'
import type { LedgerNetwork } from '../support/ledger-network.ts'
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
