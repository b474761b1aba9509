// Transactions between a node and its peers, as Bitcoin Core 28.1 does it: whom it asks and when, what it gives to whom, and what
// becomes of a transaction whose parents are missing. At Core's block interval, so with Core's times.

import { describe, expect, test } from 'vitest'
import type { Permission } from '../../node/bitcoin/permissions.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { INV } from '../../node/ledger/messages.ts'
import { p2shScript } from '../../node/ledger/script/kinds.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { buildBlock, outputOf, rewardOf, spend, testKey } from '../support/chain.ts'
import type { LedgerRawPeer } from '../support/ledger-network.ts'
import { Victim } from '../support/victim.ts'

const SOON_MS = 100
const DELAY_MS = 2_000
/** Nobody waits for so many announcements in turn. */
const LONG_MS = 120_000

/** A node with coins of ours that are old enough. */
function withCoins(seed: string, permissions: readonly Permission[] = []) {
  const grants = [{ subnet: '0.0.0.0/0', permissions, direction: 'in' as const }]
  const core = permissions.length > 0 ? { grants } : {}
  const victim = new Victim(seed, 0, {}, { core, ledger: { tellsNewcomers: false } })
  const blocks = Array.from({ length: 8 }, () => victim.submit(buildBlock(victim.chain)))
  const coins = blocks.map(rewardOf)
  const pay = (script = testKey(0).script): Tx => {
    const coin = coins.shift()
    if (!coin) throw new Error('no coins are left')
    return spend([coin], { outputs: [{ valueSat: coin.valueSat - 10_000, script }] })
  }
  return { victim, pay }
}

const childOf = (...parents: Tx[]) => {
  const coins = parents.map(tx => outputOf(tx))
  const valueSat = coins.reduce((sum, coin) => sum + coin.valueSat, 0) - 10_000
  return spend(coins, { outputs: [{ valueSat, script: testKey(0).script }] })
}

const asked = (peer: LedgerRawPeer): string[] =>
  peer.told('getdata').flatMap(items => [...items].map(({ hash }) => hash))
const given = (peer: LedgerRawPeer): string[] => peer.told('tx').map(({ txid }) => txid)
const lacked = (peer: LedgerRawPeer): string[] =>
  peer.told('notfound').flatMap(items => [...items].map(({ hash }) => hash))
const named = ({ wtxid }: Tx) => [{ type: INV.wtx, hash: wtxid }]

describe('a transaction that was not announced to a peer yet', () => {
  test('is not to be had of it, and once its turn has come it is', () => {
    const { victim, pay } = withCoins('leak')
    const [maker, spy] = [victim.join(), victim.join()]
    const tx = pay()
    maker.tell(victim.net, 'tx', tx, SOON_MS)
    expect(victim.net.rpc(0, 'getrawmempool')).toEqual([tx.txid])
    expect(spy.told('inv')).toEqual([])
    spy.tell(victim.net, 'getdata', named(tx), SOON_MS)
    expect([given(spy), lacked(spy)]).toEqual([[], [tx.wtxid]])
    victim.net.advance(LONG_MS)
    expect(spy.told('inv').flatMap(items => [...items])).toEqual(named(tx))
    spy.tell(victim.net, 'getdata', named(tx), SOON_MS)
    expect(given(spy)).toEqual([tx.txid])
  })

  test('nor does it help to announce it oneself', () => {
    const { victim, pay } = withCoins('claim')
    const [maker, spy] = [victim.join(), victim.join()]
    const tx = pay()
    spy.tell(victim.net, 'inv', named(tx), SOON_MS)
    maker.tell(victim.net, 'tx', tx, SOON_MS)
    for (let i = 0; i < 20; i++) spy.tell(victim.net, 'getdata', named(tx), 1)
    expect(lacked(spy)).toHaveLength(20)
    victim.net.advance(LONG_MS)
    spy.tell(victim.net, 'getdata', named(tx), SOON_MS)
    expect(given(spy)).toEqual([tx.txid])
  })

  test('is to be had at once where it was here before the peer came', () => {
    const { victim, pay } = withCoins('before')
    const tx = pay()
    victim.join().tell(victim.net, 'tx', tx)
    const peer = victim.join()
    peer.tell(victim.net, 'getdata', named(tx), SOON_MS)
    expect(given(peer)).toEqual([tx.txid])
  })

  test('is to be had of the newest block, and of no older one', () => {
    const { victim, pay } = withCoins('newest')
    const peer = victim.join()
    const tx = pay()
    victim.submit(buildBlock(victim.chain, { txs: [tx] }))
    peer.tell(victim.net, 'getdata', [{ type: INV.witnessTx, hash: tx.txid }, ...named(tx)])
    expect(given(peer)).toEqual([tx.txid, tx.txid])
    victim.mine(1)
    peer.tell(victim.net, 'getdata', named(tx))
    expect(lacked(peer)).toEqual([tx.wtxid])
  })

  test('is to be had when it comes back from a block that was taken off, though not what came meanwhile', () => {
    const { victim, pay } = withCoins('reorg')
    const { chain } = victim
    const peer = victim.join()
    const [before, confirmed] = [pay(), pay()]
    const { hash } = victim.submit(buildBlock(chain, { txs: [confirmed] }))
    victim.join().tell(victim.net, 'tx', before, 1)
    victim.net.rpc(0, 'invalidateblock', hash)
    expect(victim.net.rpc(0, 'getrawmempool')).toEqual([confirmed.txid, before.txid])
    peer.tell(victim.net, 'getdata', [...named(before), ...named(confirmed)], 1)
    expect([given(peer), lacked(peer)]).toEqual([[confirmed.txid], [before.wtxid]])
  })
})

describe('what an inbound peer announced', () => {
  test('is asked of it two seconds later; by txid two more, while others name theirs by wtxid', () => {
    const { victim, pay } = withCoins('delays')
    const peer = victim.join()
    const [tx, other] = [pay(), pay()]
    peer.tell(victim.net, 'inv', named(tx), DELAY_MS - SOON_MS)
    expect(asked(peer)).toEqual([])
    victim.net.advance(2 * SOON_MS)
    expect(asked(peer)).toEqual([tx.wtxid])
    const child = childOf(other)
    peer.tell(victim.net, 'tx', child, 2 * DELAY_MS - SOON_MS)
    expect(asked(peer)).toEqual([tx.wtxid])
    victim.net.advance(2 * SOON_MS)
    expect(asked(peer)).toEqual([tx.wtxid, other.txid])
  })

  test('is asked at once of one that is never shut out', () => {
    const { victim, pay } = withCoins('noban', ['noban'])
    const peer = victim.join()
    const tx = pay()
    peer.tell(victim.net, 'inv', named(tx), SOON_MS)
    expect(asked(peer)).toEqual([tx.wtxid])
  })

  test('is not asked at all when it has come another way', () => {
    const { victim, pay } = withCoins('came')
    const [peer, other] = [victim.join(), victim.join()]
    const tx = pay()
    peer.tell(victim.net, 'inv', named(tx), SOON_MS)
    other.tell(victim.net, 'tx', tx, 2 * DELAY_MS)
    expect(asked(peer)).toEqual([])
  })

  test('is asked of the next when what came by that name was false', () => {
    const { victim, pay } = withCoins('malleated')
    const [liar, honest] = [victim.join(), victim.join()]
    const parent = pay()
    const child = childOf(parent)
    // Both are asked for the parent by its txid, which covers no witness.
    liar.tell(victim.net, 'tx', child, SOON_MS)
    honest.tell(victim.net, 'tx', childOf(parent, pay()), 2 * DELAY_MS)
    expect([asked(liar), asked(honest).includes(parent.txid)]).toEqual([[parent.txid], false])
    const inputs = parent.inputs.map(input => ({ ...input, witness: [Uint8Array.of(1)] }))
    liar.tell(victim.net, 'tx', makeTx({ ...parent, inputs }))
    expect(asked(honest)).toContain(parent.txid)
  })
})

describe('a transaction whose parents are missing', () => {
  test('has them asked for, but for those that wait here for parents of their own', () => {
    const { victim, pay } = withCoins('orphans')
    const peer = victim.join()
    const grandparent = pay()
    const stripped = makeTx({
      version: 2,
      inputs: [{ ...inputOn(grandparent), witness: [] }],
      outputs: [payee()],
      lockTime: 0,
    })
    expect(stripped.txid).toBe(stripped.wtxid)
    const missing = pay()
    peer.tell(victim.net, 'tx', stripped, 3 * DELAY_MS)
    expect(asked(peer)).toEqual([grandparent.txid])
    peer.tell(victim.net, 'tx', childOf(stripped, missing), 3 * DELAY_MS)
    expect(asked(peer)).toEqual([grandparent.txid, missing.txid])
  })

  test('has one asked for that was refused for what it pays, if by a name that covers all of it', () => {
    const { victim, pay } = withCoins('poor')
    const peer = victim.join()
    const open = p2shScript(hash160(Uint8Array.of(OP.one)))
    const reward = pay(open)
    // Spent without a witness: its txid is its wtxid. It pays less than what it would replace.
    const inputs = [{ ...inputOn(reward), scriptSig: Uint8Array.of(1, OP.one), witness: [] }]
    const spent = (feeSat: number) => {
      const outputs = [{ valueSat: (reward.outputs[0]?.valueSat ?? 0) - feeSat, script: testKey(0).script }]
      return makeTx({ version: 2, inputs, outputs, lockTime: 0 })
    }
    const [rival, parent] = [spent(20_000), spent(1_000)]
    for (const tx of [reward, rival, parent]) peer.tell(victim.net, 'tx', tx)
    expect(victim.net.rpc(0, 'getrawmempool')).toEqual([reward.txid, rival.txid])
    peer.tell(victim.net, 'tx', childOf(parent), 3 * DELAY_MS)
    expect(asked(peer)).toEqual([parent.txid])
  })

  test('has one asked for that a block had before blocks were taken off: its coin is not looked for', () => {
    const { victim, pay } = withCoins('old')
    const peer = victim.join()
    const [old, missing] = [pay(), pay()]
    victim.submit(buildBlock(victim.chain, { txs: [old] }))
    const orphan = childOf(old, missing)
    victim.mine(1)
    const { hash } = victim.chain.tip
    victim.net.rpc(0, 'invalidateblock', hash)
    victim.net.rpc(0, 'reconsiderblock', hash)
    peer.tell(victim.net, 'tx', orphan, 3 * DELAY_MS)
    expect(asked(peer).sort()).toEqual([missing.txid, old.txid].sort())
    peer.tell(victim.net, 'tx', missing)
    expect(victim.net.rpc(0, 'getrawmempool')).toContain(orphan.txid)
  })
})

test('who has it passed on in any case has it passed on, though it is known here', () => {
  const { victim, pay } = withCoins('force', ['forcerelay'])
  const gateway = victim.join()
  const tx = pay()
  gateway.tell(victim.net, 'tx', tx)
  const newcomer = victim.join()
  victim.net.advance(LONG_MS)
  expect(newcomer.told('inv')).toEqual([])
  gateway.tell(victim.net, 'tx', tx, LONG_MS)
  expect(newcomer.told('inv').flatMap(items => [...items])).toEqual(named(tx))
})

test('while the chain is downloaded none need be announced, in the largest of the steps that Core rounds to', () => {
  const victim = new Victim('filter', 0, { genesisTime: 1_296_688_602 })
  const peer = victim.join()
  expect(peer.told('feefilter')).toEqual([9_170_997n])
  victim.submit(buildBlock(victim.chain, { time: Math.floor(victim.net.clock.now() / 1000) }))
  victim.net.advance(SOON_MS)
  expect(peer.told('feefilter')).toEqual([9_170_997n, 1_000n])
})

const payee = () => ({ valueSat: 1_000_000, script: testKey(0).script })
const inputOn = (tx: Tx) => ({
  previous: outputOf(tx).point,
  scriptSig: Uint8Array.of(0),
  sequence: 0xffffffff,
})
