// Fifty real nodes mine a thousand blocks in virtual time, over links with latency and loss.

import { expect, test } from 'vitest'
import type { Random } from '../../node/core/host.ts'
import type { LinkConditions } from '../../node/core/link.ts'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'

const NODES = 50
const HOUR_MS = 3_600_000

/** Around the world: 20 to 150 ms one way, some jitter, a lost segment now and then. */
function worldwide(_from: number, _to: number, random: Random): LinkConditions {
  return {
    latencyMs: 20 + random.float() * 130,
    jitterMs: 5,
    bandwidthBps: 10_000_000,
    loss: 0.01,
    blocked: false,
  }
}

function mineTo(height: number, seed: string): LedgerNetwork {
  const net = createLedgerNetwork({ seed, nodes: NODES, linkOf: worldwide, mines: () => true })
  expect(net.until(() => net.ledger(0).chain.tip.height >= height, 100 * HOUR_MS)).toBe(true)
  return net
}

test('fifty nodes mine a thousand blocks, fork, agree again, and on each of them the supply adds up', () => {
  const net = mineTo(1_000, 'first light')
  const hours = net.elapsedMs() / HOUR_MS
  net.settle()

  expect(net.converged()).toBe(true)
  const { height } = net.ledger(0).chain.tip
  expect(height).toBeGreaterThanOrEqual(1_000)
  expect(net.count('reorg')).toBeGreaterThan(0)
  expect(net.count('block-mined')).toBeGreaterThan(height)
  expect(net.count('block-rejected')).toBe(0)
  expect(net.count('misbehaviour')).toBe(0)
  expect(net.count('peer-down')).toBe(0)
  // The difficulty rule holds the block interval: 10 s each, give or take what a thousand draws allow.
  expect(hours * 360).toBeGreaterThan(850)
  expect(hours * 360).toBeLessThan(1_150)

  for (const ledger of net.ledgers()) {
    let createdSat = 0
    for (let at = 1; at <= height; at++) createdSat += ledger.chain.subsidySat(at)
    expect(ledger.chain.utxoStats().totalSat).toBe(createdSat)
    expect(ledger.chain.utxoStats().hash).toBe(net.ledger(0).chain.utxoStats().hash)
  }
})

test('one seed gives one run, to the byte; another seed gives another', () => {
  const log = mineTo(60, 'replay').log()
  expect(log.length).toBeGreaterThan(100_000)
  expect(mineTo(60, 'replay').log() === log).toBe(true)
  expect(mineTo(60, 'replayed').log() === log).toBe(false)
})

test('a block reaches everybody in a few seconds, and is told once on each node', () => {
  const net = mineTo(30, 'spread')
  net.settle()
  const seen = new Map<string, Map<number, number>>()
  for (const { event, node, timeMs } of net.events) {
    if (event.type !== 'block-seen') continue
    const nodes = seen.get(String(event.hash)) ?? new Map<number, number>()
    expect(nodes.has(node)).toBe(false)
    seen.set(String(event.hash), nodes.set(node, timeMs))
  }
  for (const nodes of seen.values()) {
    const times = [...nodes.values()]
    expect(nodes.size).toBe(NODES)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(10_000)
  }
})
