// A parent that pays too little for itself, and its child that pays for both, as they come from peers: in either order, from one
// or two of them, among false children, and across a network.

import { beforeEach, describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { blockCodec } from '../../node/ledger/chain/block.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, OutPoint, Tx } from '../../node/ledger/chain/types.ts'
import { INV } from '../../node/ledger/messages.ts'
import { buildBlock, EASY_SPEC, outputOf as output, rewardOf } from '../support/chain.ts'
import { START_MS } from '../support/harness.ts'
import {
  createLedgerNetwork,
  type LedgerNetwork,
  LedgerRawPeer,
  simulatedSpec,
} from '../support/ledger-network.ts'
import { ANCHOR, HOME, type Output, payment, truc } from '../support/mempool.ts'
import { ASKED_MS, Victim } from '../support/victim.ts'

describe('one node', () => {
  let victim: Victim
  let net: LedgerNetwork
  let coin: Output
  let parent: Tx
  let child: Tx

  beforeEach(() => {
    victim = new Victim('pairs', 5)
    net = victim.net
    coin = rewardOf(victim.submit(buildBlock(victim.chain)))
    victim.mine(2)
    parent = truc([coin], 0, { ways: 2 })
    child = truc([output(parent)], 2_000)
  })

  const pool = () => Array.from(net.ledger(0).mempool.entries(), ({ tx }) => tx.txid)
  const asked = (peer: LedgerRawPeer) => peer.told('getdata').flat()

  test('takes both when the child is here first: its parent is asked for, and comes', () => {
    const peer = victim.join().tell(net, 'tx', child, ASKED_MS)
    expect(asked(peer)).toEqual([{ type: INV.witnessTx, hash: parent.txid }])
    peer.tell(net, 'tx', parent)
    expect(pool()).toEqual([parent.txid, child.txid])
    expect(net.ledger(0).parts.transactions.orphans).toBe(0)
    victim.expectForgiven(peer)
  })

  test('takes both when the parent was refused before: it is asked for once more, for the child’s sake', () => {
    const peer = victim.join().tell(net, 'tx', parent)
    expect(pool()).toEqual([])
    peer.tell(net, 'inv', [{ type: INV.wtx, hash: parent.wtxid }], ASKED_MS) // not again alone
    expect(asked(peer)).toEqual([])
    peer.tell(net, 'tx', child, ASKED_MS)
    expect(asked(peer)).toEqual([{ type: INV.witnessTx, hash: parent.txid }])
    peer.tell(net, 'tx', parent)
    expect(pool()).toEqual([parent.txid, child.txid])
  })

  test('takes a child from one peer and its parent from another', () => {
    const [first, second] = [victim.join(), victim.join()]
    first.tell(net, 'tx', child)
    second.tell(net, 'tx', parent)
    expect(pool()).toEqual([parent.txid, child.txid])
  })

  test('prefers the child of who sends the parent, and tries no pair twice', () => {
    const [liar, honest] = [victim.join(), victim.join()]
    const poor = truc([output(parent, 1)], 0)
    liar.tell(net, 'tx', poor)
    honest.tell(net, 'tx', child)
    honest.tell(net, 'tx', parent)
    expect(pool()).toEqual([parent.txid, child.txid])
  })

  test('finds the child that pays among those that do not, one a try', () => {
    const peer = victim.join()
    peer.tell(net, 'tx', child)
    peer.tell(net, 'tx', truc([output(parent, 1)], 10)) // the newest is tried first
    peer.tell(net, 'tx', parent)
    expect(pool()).toEqual([])
    peer.tell(net, 'tx', parent)
    expect(pool()).toEqual([parent.txid, child.txid])
  })

  test('keeps no child of two parents that were refused for what they pay', () => {
    const anchors = payment([coin], 1_000, {
      outputs: [0, 1].map(() => ({ valueSat: 10_000, script: ANCHOR })),
    })
    victim.submit(buildBlock(victim.chain, { txs: [anchors] }))
    // without a witness, so that its one name is remembered
    const [one, two] = [0, 1].map(index => unsigned([{ txid: anchors.txid, index }], 10_000)) as [Tx, Tx]
    const heir = payment([output(one), output(two)], 9_000)
    const peer = victim.join()
    for (const tx of [one, two, heir]) peer.tell(net, 'tx', tx, ASKED_MS)
    expect(net.ledger(0).parts.transactions.orphans).toBe(0)
    expect(asked(peer)).toEqual([])
    peer.tell(net, 'tx', truc([output(two)], 5_000), ASKED_MS)
    expect(asked(peer)).toEqual([{ type: INV.witnessTx, hash: two.txid }])
  })
})

test('a pair that one node was given travels to all', () => {
  const net = createLedgerNetwork({
    seed: 'pair',
    nodes: 4,
    chain: simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 }),
    connect: index => (index < 3 ? [index + 1] : []),
  })
  net.advance(2_000)
  const { wallet } = net.ledger(0)
  net.mine(0, 4)
  net.advance(20_000)
  const address = net.rpc(0, 'getnewaddress')
  expect(wallet.balance().trustedSat).toBeGreaterThan(0)
  const made = net.rpc(
    0,
    'createrawtransaction',
    [firstCoin(net)],
    [{ [String(address)]: 49.9999 }],
  ) as string
  const parent = signed(net, made.replace(/^02/, '03'), [])
  const txid = (net.rpc(0, 'decoderawtransaction', parent) as { txid: string }).txid
  const { scriptPubKey } = (
    net.rpc(0, 'decoderawtransaction', parent) as { vout: { scriptPubKey: { hex: string } }[] }
  ).vout[0] as { scriptPubKey: { hex: string } }
  const spent = { txid, vout: 0, scriptPubKey: scriptPubKey.hex, amount: 49.9999 }
  const next = net.rpc(
    0,
    'createrawtransaction',
    [{ txid, vout: 0 }],
    [{ [String(address)]: 49.999 }],
  ) as string
  const child = signed(net, next.replace(/^02/, '03'), [spent])
  expect(net.rpc(0, 'submitpackage', [parent, child], 0)).toMatchObject({ package_msg: 'success' })
  net.advance(120_000)
  for (let i = 0; i < 4; i++) expect(net.ledger(i).mempool.size).toBe(2)
})

function firstCoin(net: LedgerNetwork): { txid: string; vout: number } {
  const [{ txid, vout }] = net.rpc(0, 'listunspent') as [{ txid: string; vout: number }]
  return { txid, vout }
}

function signed(net: LedgerNetwork, hex: string, spent: readonly unknown[]): string {
  const answer = net.rpc(0, 'signrawtransactionwithwallet', hex, spent) as { hex: string; complete: boolean }
  expect(answer.complete).toBe(true)
  return answer.hex
}

/** Of version 3, and needs no signature: what it spends anyone may. */
function unsigned(coins: readonly OutPoint[], valueSat: number): Tx {
  const inputs = coins.map(previous => ({
    previous,
    scriptSig: new Uint8Array(),
    sequence: 0xffffffff,
    witness: [],
  }))
  return makeTx({ version: 3, inputs, outputs: [{ valueSat, script: HOME }], lockTime: 0 })
}

test('what no peer has asked for is announced to those who came later, too', () => {
  const chain = { ...EASY_SPEC, genesisTime: START_MS / 1000 - 3_600 }
  const net = createLedgerNetwork({ seed: 'unbroadcast', nodes: 1, chain, ledger: { tellsNewcomers: false } })
  const ledger = net.ledger(0)
  const blocks = Array.from({ length: 8 }, () => {
    const block = buildBlock(ledger.chain)
    net.rpc(0, 'submitblock', toHex(encode(blockCodec, block)))
    return block
  })
  const tx = payment([rewardOf(blocks[0] as Block)], 2_000)
  net.rpc(0, 'sendrawtransaction', toHex(tx.bytes))
  const peer = new LedgerRawPeer(net, '10.9.1.1:18444').meet(net, 0, 1n)
  const announced = () =>
    peer
      .told('inv')
      .flatMap(items => [...items])
      .filter(({ hash }) => hash === tx.wtxid)
  net.advance(9 * 60_000)
  expect(announced()).toEqual([])
  expect(net.rpc(0, 'getmempoolentry', tx.txid)).toMatchObject({ unbroadcast: true })
  net.advance(5 * 60_000)
  expect(announced()).toHaveLength(1)
  peer.tell(net, 'getdata', [{ type: INV.wtx, hash: tx.wtxid }])
  expect(net.rpc(0, 'getmempoolinfo')).toMatchObject({ size: 1, unbroadcastcount: 0 })
  expect(net.rpc(0, 'getmempoolentry', tx.txid)).toMatchObject({ unbroadcast: false })
})
