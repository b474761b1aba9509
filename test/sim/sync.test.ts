// Catching up: a long chain from several peers at once, slow and silent peers, restarts, older clients, low-work chains.

import { describe, expect, test } from 'vitest'
import { INV, NO_HASH } from '../../node/ledger/messages.ts'
import {
  createLedgerNetwork,
  type LedgerNetwork,
  LedgerRawPeer,
  simulatedSpec,
} from '../support/ledger-network.ts'

const MINUTE_MS = 60_000
/** Difficulty stays, so that thousands of blocks can be made at once. */
const FIXED = simulatedSpec(1, { difficulty: { rule: 'fixed' } })
const LINK = { latencyMs: 40, jitterMs: 0, bandwidthBps: 10_000_000, loss: 0, blocked: false }

/** Node `nodes − 1` is down while the others, each connected to it and the next, come to a chain of `height`. */
function createWithLateNode(seed: string, nodes: number, height: number): LedgerNetwork {
  const late = nodes - 1
  const net = createLedgerNetwork({
    seed,
    nodes,
    chain: FIXED,
    linkOf: () => LINK,
    connect: index => (index === late ? others(late) : index + 1 < late ? [index + 1] : []),
  })
  net.advance(2_000)
  net.kill(late)
  for (let made = 0; made < height; made += 500) {
    net.mine(0, Math.min(500, height - made))
    net.advance(20_000)
  }
  expect(net.until(() => net.converged(others(late)), 10 * MINUTE_MS)).toBe(true)
  return net
}

const others = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Blocks that a node received, by the peer that sent them. */
function blocksBySender(net: LedgerNetwork, node: number, since: number): Map<unknown, number> {
  const counts = new Map<unknown, number>()
  for (const { event, node: at } of net.events.slice(since))
    if (at === node && event.type === 'block-received')
      counts.set(event.from, (counts.get(event.from) ?? 0) + 1)
  return counts
}

describe('a late node', () => {
  test('fetches a chain of 3,000 blocks from all of its peers in parallel', () => {
    const net = createWithLateNode('late', 5, 3_000)
    const since = net.events.length
    net.restart(4)
    const startedMs = net.elapsedMs()
    expect(net.until(() => net.converged(), 10 * MINUTE_MS)).toBe(true)
    const senders = blocksBySender(net, 4, since)
    expect(senders.size).toBe(4)
    for (const count of senders.values()) expect(count).toBeGreaterThan(300)
    // One at a time over 80 ms round trips would take four minutes.
    expect(net.elapsedMs() - startedMs).toBeLessThan(30_000)
    expect(
      net.events.slice(since).filter(({ event }) => event.type === 'sync-progress').length,
    ).toBeGreaterThan(0)
    expect(
      net.count('peer-down') - net.events.slice(0, since).filter(e => e.event.type === 'peer-down').length,
    ).toBe(0)
  })

  test('drops a peer that stalls the window, and finishes with the others', () => {
    const net = createWithLateNode('stall', 4, 3_000)
    net.restart(3)
    net.until(() => net.ledger(3).chain.tip.height > 200, MINUTE_MS)
    // Node 0 falls silent with 16 blocks owed; its connection stays open.
    const since = net.events.length
    net.setLink(0, 3, { blocked: true })
    expect(net.until(() => net.converged(), 10 * MINUTE_MS)).toBe(true)
    const dropped = net.events
      .slice(since)
      .filter(({ event, node }) => node === 3 && event.type === 'peer-down' && event.why === 'stalling')
    expect(dropped).toHaveLength(1)
    expect(net.count('misbehaviour')).toBe(0)
  })

  test('goes on where it was when it is restarted half way', () => {
    const net = createWithLateNode('restart', 4, 2_000)
    net.restart(3)
    expect(net.until(() => net.ledger(3).chain.tip.height > 500, 10 * MINUTE_MS)).toBe(true)
    net.kill(3)
    const stoodAt = net.ledger(3).chain.tip.height
    const since = net.events.length
    net.restart(3)
    net.until(() => net.ledger(3).chain.tip.height > 0, 1_000)
    expect(net.ledger(3).chain.tip.height).toBeGreaterThanOrEqual(stoodAt)
    expect(net.until(() => net.converged(), 10 * MINUTE_MS)).toBe(true)
    const received = [...blocksBySender(net, 3, since).values()].reduce((sum, count) => sum + count, 0)
    expect(received).toBeLessThanOrEqual(2_000 - stoodAt)
  })

  test('finishes although its peers vanish one after the other', () => {
    const net = createWithLateNode('vanish', 5, 2_000)
    net.restart(4)
    net.until(() => net.ledger(4).chain.tip.height > 200, MINUTE_MS)
    net.kill(0)
    net.until(() => net.ledger(4).chain.tip.height > 600, MINUTE_MS)
    net.kill(1)
    net.kill(2)
    expect(net.until(() => net.converged([3, 4]), 10 * MINUTE_MS)).toBe(true)
  })
})

describe('an older client', () => {
  test('walks the whole chain with getblocks, inv and getdata', () => {
    const net = createLedgerNetwork({ seed: 'old', nodes: 1, chain: FIXED })
    const hashes = net.mine(0, 1_200)
    const peer = new LedgerRawPeer(net, '10.9.9.9:18444').dial(0).shakeHands({ version: 70001, services: 1n })
    const fetched: string[] = []
    let last = net.ledger(0).chain.genesis.hash
    peer.tell(net, 'getblocks', { version: 70001, hashes: [last], stop: NO_HASH })
    for (let round = 0; round < 3; round++) {
      const items = peer
        .told('inv')
        .flatMap(items => [...items])
        .filter(({ type }) => type === INV.block)
      peer.heard = []
      peer.tell(net, 'getdata', items, 2_000)
      const blocks = peer.told('block')
      fetched.push(...blocks.map(block => block.hash))
      last = fetched.at(-1) ?? last
      // The block that ended the answer brought our tip along: the sign that there is more.
      peer.heard = peer.heard.filter(({ command }) => command !== 'inv')
      peer.tell(net, 'getblocks', { version: 70001, hashes: [last], stop: NO_HASH })
    }
    expect(fetched).toEqual(hashes)
  })

  test('gets blocks without witnesses when it asks without the witness flag', () => {
    const net = createLedgerNetwork({ seed: 'old', nodes: 1, chain: FIXED })
    const [hash = ''] = net.mine(0)
    const peer = new LedgerRawPeer(net, '10.9.9.9:18444').dial(0).shakeHands()
    peer.tell(net, 'getdata', [{ type: INV.block, hash }])
    peer.tell(net, 'getdata', [{ type: INV.witnessBlock, hash }])
    const [plain, whole] = peer.told('block')
    expect(plain?.hash).toBe(hash)
    expect(plain?.transactions[0]?.hasWitness).toBe(false)
    expect(whole?.transactions[0]?.hasWitness).toBe(true)
  })
})
