// A light client among honest full nodes: it has their headers, sees what it is paid, pays, follows reorganisations and goes on after
// a crash where it was.

import { expect, test } from 'vitest'
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
