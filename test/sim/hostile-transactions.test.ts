// Hostile and unlucky peers: what becomes of broken transactions, of floods of announcements, and of messages out of all measure.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block } from '../../node/ledger/chain/types.ts'
import { INV } from '../../node/ledger/messages.ts'
import { buildBlock, outputOf, rewardOf, spend, testKey } from '../support/chain.ts'
import type { LedgerNetwork } from '../support/ledger-network.ts'
import { countOperations } from '../support/operations.ts'
import { ASKED_MS, Victim } from '../support/victim.ts'

const HASH = 'ab'.repeat(32)

let victim: Victim
let net: LedgerNetwork
let chain: Chain

beforeEach(() => {
  victim = new Victim('hostile', 5)
  net = victim.net
  chain = victim.chain
})

describe('transactions', () => {
  let reward: Block
  const pay = (n: number, valueSat = 1_000_000) =>
    spend([rewardOf(reward)], { outputs: [{ valueSat, script: testKey(n).script }] })
  const rejections = () =>
    net.events.filter(({ event }) => event.type === 'tx-rejected').map(({ event }) => event.reason)

  beforeEach(() => {
    reward = victim.submit(buildBlock(chain))
    victim.mine(2)
  })

  test('a transaction spending nothing cannot be read: it looks like the form with witnesses', () => {
    const nothing = makeTx({
      version: 2,
      inputs: [],
      outputs: [{ valueSat: 1, script: new Uint8Array(22) }],
      lockTime: 0,
    })
    const peer = victim.join().sendPayload('tx', nothing.bytes)
    net.advance(500)
    victim.expectForgiven(peer)
    expect(net.ledger(0).mempool.size).toBe(0)
  })

  test('a double spend of what is in the mempool is refused, and forgiven', () => {
    const peer = victim.join().tell(net, 'tx', pay(1)).tell(net, 'tx', pay(2))
    victim.expectForgiven(peer)
    expect(rejections()).toEqual(['insufficient fee'])
    expect([...net.ledger(0).mempool.entries()].map(({ tx }) => tx.txid)).toEqual([pay(1).txid])
  })

  test('one that pays for it takes its place', () => {
    const peer = victim.join().tell(net, 'tx', pay(1)).tell(net, 'tx', pay(2, 900_000))
    victim.expectForgiven(peer)
    expect(rejections()).toEqual([])
    expect([...net.ledger(0).mempool.entries()].map(({ tx }) => tx.txid)).toEqual([pay(2, 900_000).txid])
  })

  test('a witness that somebody took off is no offence, and does not stand in the whole one’s way', () => {
    const tx = pay(0)
    const stripped = makeTx({ ...tx, inputs: tx.inputs.map(input => ({ ...input, witness: [] })) })
    const peer = victim.join().tell(net, 'tx', stripped)
    victim.expectForgiven(peer)
    expect(rejections()).toEqual(['mandatory-script-verify-flag-failed'])
    const child = spend([outputOf(tx)], { outputs: [{ valueSat: 900_000, script: testKey(1).script }] })
    peer.tell(net, 'tx', child, ASKED_MS)
    expect(peer.told('getdata').flat()).toEqual([{ type: INV.witnessTx, hash: tx.txid }])
  })

  test('a false signature is an offence', () => {
    const tx = pay(1)
    const [input] = tx.inputs
    const [signature = new Uint8Array(), key = new Uint8Array()] = input?.witness ?? []
    const forged = signature.slice()
    forged[40] = (forged[40] ?? 0) ^ 1
    const inputs = tx.inputs.map(one => ({ ...one, witness: [forged, key] }))
    const peer = victim.join().tell(net, 'tx', makeTx({ ...tx, inputs }))
    victim.expectOffence(peer, 'mandatory-script-verify-flag-failed')
  })

  test('more out than in is an offence', () => {
    const reward0 = rewardOf(reward)
    const peer = victim.join().tell(net, 'tx', pay(1, reward0.valueSat + 1))
    victim.expectOffence(peer, 'bad-txns-in-belowout')
  })

  test('an orphan waits for its parent, which is asked for', () => {
    const parent = spend([rewardOf(reward)], {
      outputs: [{ valueSat: 1_000_000, script: testKey(0).script }],
    })
    const child = spend([outputOf(parent)], { outputs: [{ valueSat: 900_000, script: testKey(1).script }] })
    const peer = victim.join().tell(net, 'tx', child, ASKED_MS)
    victim.expectForgiven(peer)
    expect(peer.told('getdata').flat()).toEqual([{ type: INV.witnessTx, hash: parent.txid }])
    expect(net.ledger(0).mempool.size).toBe(0)
    peer.tell(net, 'tx', parent)
    expect([...net.ledger(0).mempool.entries()].map(({ tx }) => tx.txid)).toEqual([parent.txid, child.txid])
  })

  test('of a flood of announcements 5,000 are heard; of who does not answer more are asked for later than of others', () => {
    const items = Array.from({ length: 20_000 }, (_, i) => ({
      type: INV.wtx,
      hash: i.toString(16).padStart(64, '0'),
    }))
    const peer = victim.join().tell(net, 'inv', items, 2_000)
    victim.expectForgiven(peer)
    expect(peer.told('getdata').map(({ length }) => length)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000])
    peer.tell(net, 'notfound', items.slice(0, 10))
    peer.tell(net, 'inv', items.slice(5_000, 6_000), 3_000)
    expect(peer.told('getdata')).toHaveLength(5)
    net.advance(1_000)
    expect(
      peer
        .told('getdata')
        .map(({ length }) => length)
        .slice(5),
    ).toEqual([10])
  })

  test('an announcement costs the same, whatever others have announced and however many they are', () => {
    const items = (from: number) =>
      Array.from({ length: 500 }, (_, i) => ({
        ...{ type: INV.wtx, hash: (from * 1_000 + i).toString(16).padStart(64, '0') },
      }))
    const alone = victim.join()
    const stepsAlone = countOperations(() => alone.tell(net, 'inv', items(1), 1))
    for (let peer = 2; peer < 30; peer++) victim.join().tell(net, 'inv', items(peer), 1)
    const late = victim.join()
    const stepsLate = countOperations(() => late.tell(net, 'inv', items(99), 1))
    expect(stepsLate / stepsAlone).toBeLessThan(1.5)
  })

  test('the whole mempool is walked through once in a while, however often it is asked for', () => {
    const grants = [{ subnet: '0.0.0.0/0', permissions: ['mempool'] as const, direction: 'in' as const }]
    const asked = new Victim('asked', 5, {}, { core: { grants } })
    const asking = asked.join()
    const { mempool } = asked.net.ledger(0)
    const entries = mempool.entries.bind(mempool)
    let walks = 0
    mempool.entries = () => {
      walks++
      return entries()
    }
    for (let i = 0; i < 20; i++) asking.tell(asked.net, 'mempool', null, 10)
    expect(walks).toBe(1)
    asked.net.advance(10_000)
    asking.tell(asked.net, 'mempool', null, 10)
    expect(walks).toBe(2)
  })

  test('who never answers is not asked again, the next one is', () => {
    const item = { type: INV.wtx, hash: HASH }
    const silent = victim.join().tell(net, 'inv', [item])
    const other = victim.join().tell(net, 'inv', [item])
    expect(silent.told('getdata').flat()).toEqual([item])
    expect(other.told('getdata').flat()).toEqual([])
    net.advance(61_000)
    expect(other.told('getdata').flat()).toEqual([item])
    expect(silent.told('getdata').flat()).toEqual([item])
  })
})

test('a message larger than its command needs is read as far as that, and no offence', () => {
  const peer = victim.join().sendPayload('sendheaders', new Uint8Array(10_000))
  net.advance(500)
  victim.expectForgiven(peer)
  expect(net.rpc(0, 'getpeerinfo')).toHaveLength(1)
})

test('a transaction that is none is no offence', () => {
  const peer = victim.join().sendPayload('tx', new Uint8Array(60).fill(7))
  net.advance(500)
  victim.expectForgiven(peer)
})

test('who lists too many blocks of its own is left without blame', () => {
  const payload = new Uint8Array(4 + 1 + 32 * 102 + 32)
  payload[4] = 102
  const peer = victim.join().sendPayload('getheaders', payload)
  net.advance(500)
  expect(net.count('misbehaviour')).toBe(0)
  expect(peer.closed).toBeDefined()
})

test('an inventory of too many entries is an offence', () => {
  const payload = new Uint8Array(3 + 36 * 50_000)
  payload.set([0xfd, 0xff, 0xff])
  const peer = victim.join().sendPayload('inv', payload)
  net.advance(5_000)
  victim.expectOffence(peer, 'too-many')
})
