// A network cut in two forks its chain; healed, it stands on one tip, and nothing is lost that the reorganisation did not touch.

import { expect, test } from 'vitest'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'

const NODES = 12
const MINUTE_MS = 60_000
const all = Array.from({ length: NODES }, (_, index) => index)
const left = all.slice(0, 5)
const right = all.slice(5)

function createMiners(seed: string): LedgerNetwork {
  return createLedgerNetwork({
    seed,
    nodes: NODES,
    mines: () => true,
    linkOf: (_from, _to, random) => ({
      latencyMs: 10 + random.float() * 90,
      jitterMs: 2,
      bandwidthBps: 10_000_000,
      loss: 0.005,
      blocked: false,
    }),
  })
}

const heightOf = (net: LedgerNetwork, index: number) => net.ledger(index).chain.tip.height

/** Pays from one node to another once the payer has mature coins; the transaction's id. */
function pay(net: LedgerNetwork, from: number, to: number): string {
  net.until(() => net.ledger(from).wallet.balance().trustedSat > 200_000_000, 60 * MINUTE_MS)
  return String(net.rpc(from, 'sendtoaddress', net.rpc(to, 'getnewaddress'), 1))
}

/** Height at which the node's active chain has the transaction; undefined if it has it not. */
function heightWith(net: LedgerNetwork, index: number, txid: string): number | undefined {
  const { chain } = net.ledger(index)
  for (let height = 1; height <= chain.tip.height; height++) {
    const block = chain.block(chain.at(height)?.hash ?? '')
    if (block?.transactions.some(tx => tx.txid === txid)) return height
  }
  return undefined
}

test('a partition forks the chain and heals to one tip; what was confirmed before it stays confirmed', () => {
  const net = createMiners('split')
  net.until(() => heightOf(net, 0) >= 30, 60 * MINUTE_MS)
  const before = [pay(net, 0, 7), pay(net, 7, 0)]
  expect(net.until(() => before.every(txid => heightWith(net, 3, txid)), 20 * MINUTE_MS)).toBe(true)
  net.advance(2 * MINUTE_MS)

  net.partition([left, right])
  const cutAt = Math.min(heightOf(net, 0), heightOf(net, 7))
  const eventsBefore = net.events.length
  const onLeft = pay(net, 0, 1)
  const onRight = pay(net, 7, 8)
  net.advance(10 * MINUTE_MS)
  expect(net.converged(left)).toBe(true)
  expect(net.ledger(0).chain.tip.hash).not.toBe(net.ledger(7).chain.tip.hash)
  expect(heightWith(net, 0, onLeft)).toBeGreaterThan(0)
  expect(heightWith(net, 0, onRight)).toBeUndefined()
  expect(heightWith(net, 7, onRight)).toBeGreaterThan(0)
  const loser = net.ledger(0).chain.tip.work < net.ledger(7).chain.tip.work ? 0 : 7
  const lostBlocks = heightOf(net, loser) - cutAt

  net.heal()
  expect(net.until(() => net.converged(), 5 * MINUTE_MS)).toBe(true)
  net.advance(5 * MINUTE_MS)
  net.settle()
  expect(net.converged()).toBe(true)

  // Nothing was taken off below the cut, but for a block or two that were on their way when it came.
  const reorgs = net.events.slice(eventsBefore).filter(({ event }) => event.type === 'reorg')
  const deepest = Math.max(...reorgs.map(({ event }) => Number(event.depth)))
  expect(deepest).toBeGreaterThan(3)
  expect(deepest).toBeLessThanOrEqual(lostBlocks + 3)
  for (const index of all) {
    for (const txid of before) expect(heightWith(net, index, txid)).toBeLessThanOrEqual(cutAt)
    // What the losing side had confirmed came back through its mempools and was confirmed again.
    expect(heightWith(net, index, onLeft)).toBeGreaterThan(cutAt)
    expect(heightWith(net, index, onRight)).toBeGreaterThan(cutAt)
  }
  expect(net.count('misbehaviour')).toBe(0)
})

test('coins spent twice, once on either side of a partition, are spent once after it', () => {
  const net = createMiners('double spend')
  net.until(() => net.ledger(0).wallet.balance().trustedSat > 0 && heightOf(net, 0) >= 30, 60 * MINUTE_MS)
  // Node 1 becomes a twin of node 0's purse by being given the same signed rival payment over RPC.
  const purse = net.ledger(0).wallet
  const amountSat = purse.balance().trustedSat - 100_000
  const first = purse.send(String(net.rpc(2, 'getnewaddress')), amountSat)
  const second = purse.send(String(net.rpc(8, 'getnewaddress')), amountSat)
  expect(first.txid).not.toBe(second.txid)

  net.partition([left, right])
  net.rpc(1, 'sendrawtransaction', Buffer.from(first.bytes).toString('hex'))
  net.rpc(9, 'sendrawtransaction', Buffer.from(second.bytes).toString('hex'))
  net.advance(10 * MINUTE_MS)
  expect(heightWith(net, 2, first.txid)).toBeGreaterThan(0)
  expect(heightWith(net, 8, second.txid)).toBeGreaterThan(0)

  net.heal()
  net.advance(5 * MINUTE_MS)
  net.settle()
  expect(net.converged()).toBe(true)
  for (const index of all) {
    const confirmed = [first, second].filter(tx => heightWith(net, index, tx.txid) !== undefined)
    expect(confirmed).toHaveLength(1)
    expect(net.ledger(index).mempool.size).toBe(0)
  }
  expect(net.count('misbehaviour')).toBe(0)
})
