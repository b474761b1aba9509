// What is known of a block from its first signs on, in whatever order nodes tell of it: who found it, when it was first seen, its
// work, and which of two tips is the better; and how the network stands meanwhile.

import { describe, expect, it } from 'vitest'
import { faultPhase } from '../../orchestrator/observe/after-faults.ts'
import type { FaultState } from '../../orchestrator/observe/state.ts'
import { summarize } from '../../orchestrator/observe/summary.ts'
import { onAged } from '../../orchestrator/systems/ledger/observe/aged.ts'
import { convergence } from '../../orchestrator/systems/ledger/observe/convergence.ts'
import { DETAIL_BLOCKS } from '../../orchestrator/systems/ledger/observe/forks.ts'
import {
  cumulative,
  EMPTY_HISTOGRAM,
  exchange,
} from '../../orchestrator/systems/ledger/observe/propagation.ts'
import { tipGroups } from '../../orchestrator/systems/ledger/observe/tips.ts'
import type { HistoryPoint } from '../../orchestrator/systems/ledger/state.ts'
import { BITS, launched, PaperNetwork, START_MS } from '../support/network-double.ts'
import { nodeWith } from '../support/partial-state.ts'

const hashOf = (n: number) => n.toString(16).padStart(64, '0')
const GENESIS = hashOf(0)

const at = (ms: number) => START_MS + ms
const seen = (paper: PaperNetwork, node: string, hash: string, ms: number, by: 'inv' | 'mined' = 'inv') =>
  paper.node(node, { type: 'block-seen', hash, by, from: undefined, fromAddress: undefined }, at(ms))
const received = (paper: PaperNetwork, node: string, hash: string, ms: number, header: object = {}) =>
  paper.node(
    node,
    {
      ...{ type: 'block-received', hash, prev: GENESIS, height: 1, headerTime: 0, bits: BITS },
      ...{ transactions: 4, bytes: 200, from: 1, ...header },
    },
    at(ms),
  )
const connected = (paper: PaperNetwork, node: string, hash: string, ms: number, height = 1) =>
  paper.node(node, { type: 'block-connected', hash, height }, at(ms))
const blockIn = (paper: PaperNetwork, hash: string) =>
  paper.observer.state().systems.ledger.blocks.find(block => block.hash === hash)

describe('a block that was heard of before anybody had it', () => {
  const hash = hashOf(5)

  it('has its finder, its first sight and its place on the chain from what was told before', () => {
    const paper = launched(3)
    seen(paper, 'miners-2', hash, 40)
    seen(paper, 'miners-2', hash, 30)
    seen(paper, 'miners-2', hash, 50)
    seen(paper, 'miners-1', hash, 10, 'mined')
    connected(paper, 'miners-3', hash, 60)
    received(paper, 'miners-3', hash, 55)
    expect(blockIn(paper, hash)).toMatchObject({
      miner: 'miners-1',
      firstSeenMs: at(10),
      seenMs: { 'miners-1': 0, 'miners-2': 20, 'miners-3': 45 },
      receivedMs: { 'miners-3': 45 },
      connected: true,
      active: true,
    })
  })

  it('was found by whoever says so, and by nobody who only saw it', () => {
    const paper = launched(3)
    seen(paper, 'miners-2', hash, 10)
    received(paper, 'miners-2', hash, 20)
    expect(blockIn(paper, hash)).toMatchObject({ miner: undefined, connected: false, active: false })
    paper.node('miners-1', { type: 'block-mined', hash, height: 1, transactions: 4 }, at(30))
    expect(blockIn(paper, hash)?.miner).toBe('miners-1')
    const other = hashOf(6)
    paper.node('miners-3', { type: 'block-mined', hash: other, height: 1, transactions: 4 }, at(30))
    received(paper, 'miners-1', other, 40)
    expect(blockIn(paper, other)?.miner).toBe('miners-3')
    const last = hashOf(7)
    received(paper, 'miners-1', last, 40)
    seen(paper, 'miners-2', last, 45, 'mined')
    expect(blockIn(paper, last)?.miner).toBe('miners-2')
  })

  it('is remembered among the last 256 such', () => {
    const paper = launched(2)
    for (let n = 1; n <= 257; n++) seen(paper, 'miners-1', hashOf(n), n)
    for (const n of [1, 2]) received(paper, 'miners-2', hashOf(n), 5000)
    expect(blockIn(paper, hashOf(1))?.firstSeenMs).toBe(at(5000))
    expect(blockIn(paper, hashOf(2))?.firstSeenMs).toBe(at(2))
  })
})

describe('a sign that comes late and is the earliest', () => {
  it('moves all times with it; one that is later than what is known moves none', () => {
    const paper = launched(3)
    const hash = hashOf(5)
    received(paper, 'miners-1', hash, 100)
    received(paper, 'miners-2', hash, 130)
    seen(paper, 'miners-3', hash, 90)
    expect(blockIn(paper, hash)).toMatchObject({
      firstSeenMs: at(90),
      seenMs: { 'miners-1': 10, 'miners-2': 40, 'miners-3': 0 },
      receivedMs: { 'miners-1': 10, 'miners-2': 40 },
    })
    received(paper, 'miners-2', hash, 150)
    seen(paper, 'miners-2', hash, 120)
    received(paper, 'miners-3', hash, 95)
    expect(blockIn(paper, hash)).toMatchObject({
      seenMs: { 'miners-1': 10, 'miners-2': 30, 'miners-3': 0 },
      receivedMs: { 'miners-1': 10, 'miners-2': 40, 'miners-3': 5 },
    })
    expect(paper.observer.state().systems.ledger.propagationHistogram).toMatchObject({ count: 3, sumMs: 55 })
    seen(paper, 'miners-1', hash, 89)
    expect(blockIn(paper, hash)).toMatchObject({
      firstSeenMs: at(89),
      seenMs: { 'miners-1': 0, 'miners-2': 31, 'miners-3': 1 },
    })
  })
})

describe('the work of a block', () => {
  const own = 2n ** 256n / (0x0fffffn * 2n ** (8n * 27n) + 1n)

  it.each([
    [1, 1n],
    [2, 2n],
    [9, 9n],
  ])('at height %i whose parent nobody reported: as if all had been as hard', (height, times) => {
    const paper = launched(1)
    received(paper, 'miners-1', hashOf(5), 10, { height, prev: hashOf(99) })
    expect(BigInt(`0x${blockIn(paper, hashOf(5))?.work}`)).toBe(times * own)
  })

  it('is added to that of its parent, whichever comes first', () => {
    const paper = launched(1)
    received(paper, 'miners-1', hashOf(7), 10, { height: 3, prev: hashOf(6) })
    received(paper, 'miners-1', hashOf(6), 20, { height: 2, prev: hashOf(5), bits: 0x207fffff })
    received(paper, 'miners-1', hashOf(5), 30)
    expect(BigInt(`0x${blockIn(paper, hashOf(7))?.work}`)).toBe(2n * own + 2n)
    expect(BigInt(`0x${blockIn(paper, hashOf(6))?.work}`)).toBe(own + 2n)
  })
})

describe('of two tips the better', () => {
  /** Both known to one node, in both orders. */
  const bestOf = (a: { n: number; ms: number; bits?: number }, b: typeof a) =>
    [
      [a, b],
      [b, a],
    ].map(blocks => {
      const paper = launched(1)
      for (const { n, ms, bits = BITS } of blocks) {
        received(paper, 'miners-1', hashOf(n), ms, { bits })
        connected(paper, 'miners-1', hashOf(n), ms)
      }
      const {
        systems: {
          ledger: { tip, blocks: all },
        },
      } = paper.observer.state()
      expect(all.filter(({ active }) => active).map(({ hash }) => hash)).toEqual([tip])
      return tip
    })

  it('has more work, were it seen later', () => {
    expect(bestOf({ n: 3, ms: 10, bits: 0x207fffff }, { n: 4, ms: 20 })).toEqual([hashOf(4), hashOf(4)])
    expect(bestOf({ n: 3, ms: 10, bits: 0x1e0fffff }, { n: 4, ms: 20, bits: 0x1e0ffffe })).toEqual([
      hashOf(4),
      hashOf(4),
    ])
  })

  it('else was seen first, else has the lesser hash', () => {
    expect(bestOf({ n: 3, ms: 20 }, { n: 4, ms: 10 })).toEqual([hashOf(4), hashOf(4)])
    expect(bestOf({ n: 3, ms: 10 }, { n: 4, ms: 10 })).toEqual([hashOf(3), hashOf(3)])
  })
})

it('payments are what blocks of the best chain hold beside their coinbase', () => {
  const paper = launched(1)
  received(paper, 'miners-1', hashOf(5), 10, { transactions: 0 })
  connected(paper, 'miners-1', hashOf(5), 10)
  received(paper, 'miners-1', hashOf(6), 20, { height: 2, prev: hashOf(5), transactions: 7 })
  connected(paper, 'miners-1', hashOf(6), 20, 2)
  received(paper, 'miners-1', hashOf(7), 30, { transactions: 9 })
  expect(paper.observer.state().systems.ledger.totals).toMatchObject({ blocks: 3, transactionsConfirmed: 6 })
})

it('blocks that lose their detail are told in the moment that they do, each once, as they were', () => {
  const paper = launched(1)
  const told: (readonly [height: number, transactions: number])[] = []
  const end = onAged(paper.observer, blocks => {
    for (const { height, transactions } of blocks) told.push([height, transactions])
  })
  for (let height = 1; height <= DETAIL_BLOCKS + 3; height++) {
    received(paper, 'miners-1', hashOf(height), height, {
      height,
      prev: hashOf(height - 1),
      transactions: height,
    })
    expect(told).toHaveLength(Math.max(0, height - DETAIL_BLOCKS))
  }
  expect(told).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
  end()
  const height = DETAIL_BLOCKS + 4
  received(paper, 'miners-1', hashOf(height), height, { height, prev: hashOf(height - 1) })
  expect(told).toHaveLength(3)
  expect(paper.observer.state().systems.ledger.blocks).toHaveLength(DETAIL_BLOCKS)
})

it('deliveries are counted exactly: one that took just a bound is within it', () => {
  const few = exchange(EMPTY_HISTOGRAM, [], [0.1, 0, 1.5, 500, 500.1, 1e6])
  const { buckets, count, sumMs } = cumulative(few)
  expect(buckets.slice(0, 2)).toEqual([
    { leMs: 1, count: 2 },
    { leMs: 2, count: 3 },
  ])
  expect(buckets.filter(({ leMs }) => [500, 1000, 60_000].includes(leMs))).toEqual([
    { leMs: 500, count: 4 },
    { leMs: 1000, count: 5 },
    { leMs: 60_000, count: 5 },
  ])
  expect([count, sumMs]).toEqual([6, 1_001_001.7])
  expect(cumulative(exchange(few, [500, 1e6], [])).buckets.at(-1)?.count).toBe(4)
})

describe('how the network stands', () => {
  const tip = (paper: PaperNetwork, node: string, hash: string, ms: number) =>
    paper.node(node, { type: 'tip', hash, height: 1, work: '1' }, at(ms))

  it('is one when every running node is on one tip that it told, and no node counts that does not run', () => {
    const paper = launched(3)
    const stands = () => {
      const {
        systems: {
          ledger: { tips, converged },
        },
      } = paper.observer.state()
      return [tips, converged]
    }
    tip(paper, 'miners-1', hashOf(5), 10)
    tip(paper, 'miners-2', hashOf(5), 10)
    tip(paper, 'miners-3', hashOf(6), 10)
    expect(stands()).toEqual([2, false])
    paper.testnet({ type: 'node-paused', node: 'miners-3' })
    expect(stands()).toEqual([1, true])
    const exit = { code: 0, signal: null, expected: true, lastLines: [] }
    for (const node of ['miners-1', 'miners-2']) paper.testnet({ type: 'node-exited', node, ...exit })
    expect(stands()).toEqual([0, false])
  })

  it('is a point of its history, of a network without blocks, too', () => {
    const paper = new PaperNetwork()
    paper.testnet({ type: 'network-ready', seconds: 1 })
    expect(paper.observer.state().systems.ledger.history).toEqual([
      { timeMs: START_MS, height: 0, tips: 0, measuredHps: 0, mempool: 0, staleBlocks: 0 },
    ])
  })

  it('has the hash rate that is asked of those that run', () => {
    const paper = launched(3)
    expect(paper.observer.state().systems.ledger.hashRate.askedHps).toBe(600_000)
    paper.testnet({ type: 'node-paused', node: 'miners-3' })
    expect(paper.observer.state().systems.ledger.hashRate.askedHps).toBe(400_000)
  })

  it('numbers tips by how many running nodes are on them, and equals by hash', () => {
    const node = (tip: string | undefined, phase = 'running') => nodeWith({ tip, phase })
    const nodes = [node('c'), node('a'), node('b'), node('b'), node('a', 'stopped'), node(undefined)]
    expect([...tipGroups(nodes)]).toEqual([
      ['b', 1],
      ['a', 2],
      ['c', 3],
    ])
  })

  it('is told in seconds at the end, and the hash rate as each miner’s average', () => {
    const paper = launched(2)
    const state = { ...paper.observer.state(), startedMs: START_MS, nowMs: at(12_345) }
    const hashing = (hashes: number, seconds: number) => ({
      ...{ hashes, seconds, last: undefined },
      ...{ idleSeconds: 0, idleSinceMs: undefined },
    })
    const [a, b] = state.nodes
    const nodes = [
      nodeWith({ ...a, askedHps: 100, hashing: hashing(900, 10) }),
      nodeWith({ ...b, askedHps: 50, hashing: hashing(0, 0) }),
    ]
    expect(summarize({ ...state, nodes }, 'runs/x')).toMatchObject({
      seconds: 12.345,
      nodes: 2,
      hashRate: { askedHps: 150, measuredHps: 90 },
      runDirectory: 'runs/x',
    })
  })
})

describe('after faults', () => {
  const fault = (toMs?: number) => ({ toMs }) as FaultState
  const point = (timeMs: number, tips: number) => ({ timeMs, tips }) as HistoryPoint

  it('the network is before, in or after them', () => {
    expect(faultPhase({ faults: [] })).toBe(0)
    expect(faultPhase({ faults: [fault(1000), fault()] })).toBe(1)
    expect(faultPhase({ faults: [fault(1000), fault(2000)] })).toBe(2)
  })

  it('it has agreed when all stand on one tip for the first time since the last of them ended', () => {
    const history = [
      point(900, 1),
      point(1500, 1),
      point(2000, 2),
      point(2500, 2),
      point(3000, 1),
      point(4000, 1),
    ]
    expect(convergence([fault(2000), fault(1000)], { history })).toBe(1000)
    expect(convergence([fault(3000)], { history })).toBe(0)
    expect(convergence([fault(4500)], { history })).toBeUndefined()
    expect(convergence([fault(1000), fault()], { history })).toBeUndefined()
    expect(convergence([], { history })).toBeUndefined()
  })
})
