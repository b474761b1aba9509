// A light client among honest full nodes: it has their headers, sees what it is paid, pays, follows reorganisations and goes on after
// a crash where it was.

import { expect, test } from 'vitest'
import { INV } from '../../node/ledger/messages.ts'
import { LedgerRawPeer } from '../support/ledger-network.ts'
import { createLightNetwork, type LightNetwork } from '../support/light-network.ts'

/** Mines so many blocks at a node, each heard of by all. */
function mine(net: LightNetwork, node: number, blocks: number): void {
  for (let i = 0; i < blocks; i++) {
    net.mine(node)
    net.advance(1_000)
  }
  net.advance(5_000)
}

const balanceOf = (net: LightNetwork, client = 0) => net.rpc(net.place(client), 'getbalance')

test('it has the headers of its peers, and sees what it is paid', () => {
  const net = createLightNetwork({ seed: 'paid', full: 3 })
  net.advance(5_000)
  mine(net, 0, 5)
  const client = net.client(0)
  expect(net.rpc(3, 'getbestblockhash')).toBe(net.ledger(2).chain.tip.hash)
  expect(client.parts.scan.scanned.height).toBe(5)
  const txid = net.pay(0, 0, 1.5)
  net.advance(2_000)
  expect(balanceOf(net)).toBe(0)
  mine(net, 1, 1)
  expect(net.ledger(0).mempool.size).toBe(0)
  expect(balanceOf(net)).toBe(1.5)
  expect(net.told(3, 'light-payment')).toMatchObject([{ txid, sat: 150_000_000, height: 6 }])
  expect(net.rpc(3, 'gettransaction', txid)).toMatchObject({ amount: 1.5, confirmations: 1 })
  expect(client.parts.blocks.fetched).toBeLessThan(3)
})

test('it pays, and its payment is mined though the first peer that heard of it went down', () => {
  const net = createLightNetwork({ seed: 'pays', full: 3 })
  net.advance(5_000)
  mine(net, 0, 5)
  net.pay(0, 0, 2)
  mine(net, 0, 1)
  const address = net.rpc(2, 'getnewaddress')
  const txid = net.rpc(3, 'sendtoaddress', address, 0.75)
  net.advance(2_000)
  expect(net.ledger(2).mempool.get(txid as string)?.tx.txid).toBe(txid)
  expect(net.rpc(3, 'gettransaction', txid)).toMatchObject({ confirmations: 0, amount: -0.75 })
  mine(net, 2, 1)
  expect(net.rpc(2, 'getreceivedbyaddress', address)).toBe(0.75)
  const [sent] = net.rpc(3, 'listtransactions', '*', 1) as { fee: number; confirmations: number }[]
  expect(sent).toMatchObject({ category: 'send', address, amount: -0.75, confirmations: 1 })
  expect(balanceOf(net)).toBeCloseTo(2 - 0.75 + (sent?.fee ?? 0), 8)
  // Change can be spent at once; more than there is cannot.
  net.rpc(3, 'sendtoaddress', address, 0.5)
  net.rpc(3, 'sendtoaddress', address, 0.5)
  expect(() => net.rpc(3, 'sendtoaddress', address, 0.5)).toThrow('Insufficient funds')
  net.advance(2_000)
  expect(net.ledger(0).mempool.size).toBe(2)
})

test('cut off from everybody it stands still, and then has what it missed', () => {
  const net = createLightNetwork({ seed: 'cut', full: 3 })
  net.advance(5_000)
  mine(net, 0, 4)
  const address = net.rpc(3, 'getnewaddress')
  net.partition([[3]])
  net.rpc(0, 'sendtoaddress', address, 1)
  net.advance(2_000)
  mine(net, 0, 6)
  expect(net.rpc(3, 'getblockcount')).toBe(4)
  net.heal()
  expect(net.until(() => balanceOf(net) === 1, 60_000)).toBe(true)
  expect(net.rpc(3, 'getblockcount')).toBe(10)
})

test('a payment on a branch that was left is undone, and counts again where it is mined again', () => {
  const net = createLightNetwork({ seed: 'reorg', full: 2 })
  net.advance(5_000)
  mine(net, 0, 4)
  // The client stands with the first node, whose branch is left.
  net.partition([[0, 2], [1]])
  const txid = net.pay(0, 0, 3)
  mine(net, 0, 2)
  expect(balanceOf(net)).toBe(3)
  for (let i = 0; i < 4; i++) net.mine(1)
  net.heal()
  expect(net.until(() => net.rpc(2, 'getblockcount') === 8, 60_000)).toBe(true)
  net.advance(5_000)
  expect(balanceOf(net)).toBe(0)
  expect(net.rpc(2, 'getbalances')).toMatchObject({ mine: { untrusted_pending: 3 } })
  expect(net.told(2, 'light-payment')).toMatchObject([
    { txid, height: 5 },
    { txid, height: 0 },
  ])
  expect(net.told(2, 'light-tip').map(({ depth }) => depth)).toContain(2)
  net.advance(5_000)
  mine(net, 0, 1)
  expect(balanceOf(net)).toBe(3)
})

test('after a crash it goes on where it was, with its coins, its keys and its unpaid payments', () => {
  const net = createLightNetwork({ seed: 'crash', full: 2 })
  net.advance(5_000)
  mine(net, 0, 4)
  net.pay(0, 0, 3)
  mine(net, 0, 2)
  const given = net.rpc(2, 'getnewaddress')
  net.partition([[2]])
  const txid = net.rpc(2, 'sendtoaddress', net.rpc(0, 'getnewaddress'), 1)
  net.advance(1_000)
  net.kill(2)
  net.heal()
  const before = net.client(0).parts
  net.restart(2)
  const { parts } = net.client(0)
  expect(parts.env.chain.tip.hash).toBe(before.env.chain.tip.hash)
  expect(parts.commitments.top.height).toBe(6)
  expect(parts.scan.scanned.height).toBe(6)
  expect(balanceOf(net)).toBeCloseTo(2, 4)
  expect(net.rpc(2, 'getnewaddress')).not.toBe(given)
  net.advance(10_000)
  expect(net.ledger(0).mempool.get(txid as string)).toBeDefined()
  // It looked at nothing twice.
  expect(parts.scan.counts.filters).toBe(0)
})

test('what of its store was damaged it fetches anew', () => {
  const net = createLightNetwork({ seed: 'damage', full: 2 })
  net.advance(5_000)
  mine(net, 0, 4)
  net.pay(0, 0, 3)
  mine(net, 0, 2)
  net.kill(2)
  const { store } = net.node(2)
  const flip = (prefix: string, nth: number) => {
    const [key, value] = [...store.scan(prefix)][nth] as [string, Uint8Array]
    store.commit([{ put: key, value: value.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) }])
  }
  flip('light/header/', 3)
  flip('light/filter/', 2)
  flip('light/tx/', 0)
  net.restart(2)
  expect(net.rpc(2, 'getblockcount')).toBe(3)
  expect(balanceOf(net)).toBe(0)
  net.advance(20_000)
  expect(net.rpc(2, 'getblockcount')).toBe(6)
  expect(balanceOf(net)).toBe(3)
  expect(net.told(2, 'light-liar')).toEqual([])
})

test('what a proof shows holds only for the tree that the block has', () => {
  const net = createLightNetwork({ seed: 'proof', full: 2 })
  net.advance(5_000)
  mine(net, 0, 4)
  const txid = net.pay(0, 0, 3)
  mine(net, 0, 1)
  const block = net.rpc(2, 'getbestblockhash')
  const proof = net.rpc(0, 'gettxoutproof', [txid], block) as string
  expect(net.rpc(2, 'verifytxoutproof', proof)).toEqual([txid])
  expect(net.rpc(2, 'gettxoutproof', [txid])).toBe(proof)
  // One that says that there are more transactions than there are.
  const count = Buffer.from(proof, 'hex')
  count.writeUInt32LE(3, 80)
  expect(net.rpc(2, 'verifytxoutproof', count.toString('hex'))).toEqual([])
  expect((net.rpc(2, 'getblock', block) as { tx: string[] }).tx).toContain(txid)
})

test('what it pays to itself is sent and received, and costs the fee', () => {
  const net = createLightNetwork({ seed: 'itself', full: 2 })
  net.advance(5_000)
  mine(net, 0, 4)
  net.pay(0, 0, 3)
  mine(net, 0, 1)
  const txid = net.rpc(2, 'sendtoaddress', net.rpc(2, 'getnewaddress'), 1)
  net.advance(1_000)
  mine(net, 0, 1)
  const { amount, fee, details } = net.rpc(2, 'gettransaction', txid) as Record<string, unknown>
  expect(amount).toBe(0)
  expect(details).toMatchObject([
    { category: 'send', amount: -1, fee },
    { category: 'receive', amount: 1 },
  ])
  expect(balanceOf(net)).toBeCloseTo(3 + (fee as number), 8)
})

test('a peer that asks for transactions that there are not is told so once', () => {
  const net = createLightNetwork({ seed: 'asked', full: 1 })
  net.advance(5_000)
  const peer = new LedgerRawPeer(net, '10.8.2.1:18444').meet(net, 1, 3n)
  const items = Array.from({ length: 5_000 }, (_, i) => ({
    type: INV.tx,
    hash: i.toString(16).padStart(64, '0'),
  }))
  peer.tell(net, 'getdata', items)
  expect(peer.told('notfound').map(({ length }) => length)).toEqual([1_000])
})
