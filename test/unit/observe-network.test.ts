// What the observer tells of the network between its nodes: who is connected, what stands between them, how it came to
// be so, and what of it is no propagation.

import { describe, expect, it } from 'vitest'
import { sidesOf } from '../../orchestrator/chaos/sides.ts'
import { MAX_POINTS } from '../../orchestrator/observe/series.ts'
import { DETAIL_BLOCKS } from '../../orchestrator/systems/ledger/observe/forks.ts'
import { launched, PaperNetwork, paperPlan } from '../support/network-double.ts'

const WEST = ['miners-1', 'miners-2']
const EAST = ['miners-3', 'miners-4', 'miners-5']

function partition(paper: PaperNetwork, id: string, sides: readonly (readonly string[])[]) {
  const target = sides.map(side => side.join(' ')).join(' | ')
  paper.testnet({ type: 'fault-started', id, kind: 'partition', target, detail: '', sides })
}

const sidesIn = (paper: PaperNetwork) => paper.observer.state().nodes.map(node => node.side)

describe('connections', () => {
  const peer = (
    paper: PaperNetwork,
    node: string,
    type: 'peer-up' | 'peer-down',
    peer: number,
    port: number,
  ) => {
    const bare = { peer, address: `127.0.0.1:${port}`, inbound: false }
    if (type === 'peer-up') paper.node(node, { type, ...bare, userAgent: '/netsplit/' })
    else paper.node(node, { type, ...bare, why: 'closed by peer' })
  }
  const namesOf = (paper: PaperNetwork, i: number) => paper.observer.state().nodes[i]?.peerNames
  const strangersOf = (paper: PaperNetwork, i: number) => paper.observer.state().nodes[i]?.strangers

  it('go by the names of the nodes, in their order, and end', () => {
    const paper = launched()
    peer(paper, 'miners-1', 'peer-up', 1, 20_004)
    peer(paper, 'miners-1', 'peer-up', 2, 20_001)
    peer(paper, 'miners-1', 'peer-up', 3, 9) // nobody of this network
    expect(namesOf(paper, 0)).toEqual(['miners-2', 'miners-5'])
    expect(strangersOf(paper, 0)).toEqual(['127.0.0.1:9'])
    peer(paper, 'miners-1', 'peer-down', 1, 20_004)
    expect(namesOf(paper, 0)).toEqual(['miners-2'])
    const exit = { code: 0, signal: null, expected: true, lastLines: [] }
    paper.testnet({ type: 'node-exited', node: 'miners-1', ...exit })
    expect([namesOf(paper, 0), strangersOf(paper, 0)]).toEqual([[], []])
  })

  it('are told of peers that say where they listen only later', () => {
    const paper = new PaperNetwork(paperPlan(2))
    paper.up('miners-1', 0)
    peer(paper, 'miners-1', 'peer-up', 1, 20_001)
    expect([namesOf(paper, 0), strangersOf(paper, 0)]).toEqual([[], ['127.0.0.1:20001']])
    paper.up('miners-2', 1)
    expect([namesOf(paper, 0), strangersOf(paper, 0)]).toEqual([['miners-2'], []])
  })

  it('that were told before their node was ready stay', () => {
    const paper = new PaperNetwork(paperPlan(3))
    for (const i of [1, 2]) paper.up(`miners-${i + 1}`, i)
    peer(paper, 'miners-1', 'peer-up', 1, 20_001)
    paper.up('miners-1', 0)
    expect(namesOf(paper, 0)).toEqual(['miners-2'])
    peer(paper, 'miners-1', 'peer-up', 2, 20_002)
    expect(namesOf(paper, 0)).toEqual(['miners-2', 'miners-3'])
  })

  it('say which node sent a block', () => {
    const paper = launched(2)
    const hash = 'c'.repeat(64)
    const header = { hash, prev: 'b'.repeat(64), height: 1, headerTime: 0, bits: 0x1e0fffff }
    paper.node('miners-1', {
      ...{ type: 'block-received', ...header, transactions: 1, bytes: 1 },
      from: undefined,
    })
    paper.node('miners-2', {
      ...{ type: 'block-received', ...header, transactions: 1, bytes: 1 },
      ...{ from: 3, fromAddress: '127.0.0.1:20000' },
    })
    expect(paper.observer.state().systems.ledger.blocks[0]?.sources).toEqual({ 'miners-2': 'miners-1' })
  })
})

describe('links', () => {
  it('are listed while they are not as planned, and share their list while nothing changes', () => {
    const paper = launched()
    const planned = paper.plan.defaultLink
    const change = (link: typeof planned) =>
      paper.testnet({ type: 'link-changed', from: 'miners-1', to: 'miners-2', link })
    expect(paper.observer.state().links).toEqual([])
    change({ ...planned, blocked: true })
    const { links } = paper.observer.state()
    const cut = { from: 'miners-1', to: 'miners-2', conditions: { ...planned, blocked: true }, blocked: true }
    expect(links).toEqual([cut])
    paper.block({ miner: 'miners-1' })
    expect(paper.observer.state().links).toBe(links)
    change({ ...planned, latencyMs: 300 })
    expect(paper.observer.state().links).toMatchObject([{ blocked: false, conditions: { latencyMs: 300 } }])
    change(planned)
    expect(paper.observer.state().links).toEqual([])
    expect(links).toEqual([cut])
  })
})

describe('sides', () => {
  it('are those of the partition in force', () => {
    const paper = launched()
    expect(sidesIn(paper)).toEqual(Array(5).fill(undefined))
    partition(paper, 'cut', [WEST, EAST])
    expect(sidesIn(paper)).toEqual([0, 0, 1, 1, 1])
    partition(paper, 'again', [
      ['miners-1', 'miners-3'],
      ['miners-2', 'miners-4', 'miners-5'],
    ])
    expect(sidesIn(paper)).toEqual([0, 1, 2, 3, 3])
    paper.testnet({ type: 'fault-ended', id: 'cut' })
    expect(sidesIn(paper)).toEqual([0, 1, 0, 1, 1])
    paper.testnet({ type: 'fault-ended', id: 'again' })
    expect(sidesIn(paper)).toEqual(Array(5).fill(undefined))
  })

  it('are what cuts leave together, and none where a way round is left', () => {
    const nodes = ['a', 'b', 'c', 'd']
    const between = (from: string[], to: string[]) => from.flatMap(a => to.map(b => ({ from: a, to: b })))
    expect(sidesOf(nodes, between(['a', 'b'], ['c', 'd']))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    expect(sidesOf(nodes, between(['a'], ['b', 'c', 'd']))).toEqual([['a'], ['b', 'c', 'd']])
    expect(sidesOf(nodes, between(['a', 'b'], ['c']))).toBeUndefined() // over d
    expect(sidesOf(nodes, [])).toBeUndefined()
  })
})

describe('arrivals after a cut', () => {
  it('are no propagation, and are counted apart', () => {
    const paper = launched()
    paper.block({ miner: 'miners-1' })
    expect(paper.observer.state().systems.ledger).toMatchObject({
      propagationHistogram: { count: 4 },
      apartArrivals: 0,
    })
    partition(paper, 'cut', [WEST, EAST])
    paper.pass(10)
    const hash = paper.block({ miner: 'miners-1', reach: WEST })
    paper.pass(60_000)
    paper.testnet({ type: 'fault-ended', id: 'cut' })
    for (const node of EAST) paper.receive(node, hash)
    const {
      systems: {
        ledger: { propagation, propagationHistogram, apartArrivals, blocks },
      },
    } = paper.observer.state()
    expect(propagationHistogram.count).toBe(5)
    expect(apartArrivals).toBe(3)
    expect(propagation.allMs).toBeLessThan(1000)
    expect(propagation).toMatchObject({ blocks: 1, short: 1 })
    expect(Object.keys(blocks.at(-1)?.apart ?? {})).toEqual(EAST)
    paper.pass(10)
    paper.block({ miner: 'miners-3' })
    expect(paper.observer.state().systems.ledger.propagationHistogram.count).toBe(9)
  })

  it('are those that a pause held up, too', () => {
    const paper = launched(2)
    const hash = paper.block({ miner: 'miners-1', reach: [] })
    paper.testnet({ type: 'node-paused', node: 'miners-2' })
    paper.pass(5000)
    paper.testnet({ type: 'node-resumed', node: 'miners-2' })
    paper.pass(5)
    paper.receive('miners-2', hash)
    expect(paper.observer.state().systems.ledger).toMatchObject({
      propagationHistogram: { count: 0 },
      apartArrivals: 1,
    })
    paper.block({ miner: 'miners-1' })
    expect(paper.observer.state().systems.ledger).toMatchObject({
      propagationHistogram: { count: 1 },
      apartArrivals: 1,
    })
  })

  it('are those of a block that was found while its receiver was paused, had before it is told that the pause is over', () => {
    const paper = launched(2)
    paper.testnet({ type: 'node-paused', node: 'miners-2' })
    paper.pass(1000)
    const hash = paper.block({ miner: 'miners-1', reach: [] })
    paper.pass(1000)
    paper.receive('miners-2', hash)
    paper.pass(5)
    paper.testnet({ type: 'node-resumed', node: 'miners-2' })
    expect(paper.observer.state().systems.ledger).toMatchObject({
      propagationHistogram: { count: 0 },
      apartArrivals: 1,
    })
  })
})

describe('the history', () => {
  it('has a point a second, and fewer as the run grows', () => {
    const paper = launched(2)
    const short = 100
    for (let i = 0; i < short; i++) {
      paper.pass(1000)
      paper.sample()
    }
    const {
      systems: {
        ledger: { history },
      },
    } = paper.observer.state()
    expect(history.length).toBe(short + 1)
    expect(history.at(-1)).toMatchObject({ height: 0, tips: 1, staleBlocks: 0 })
    expect(history.at(-1)?.measuredHps).toBeGreaterThan(300_000)
    for (let i = 0; i < 5 * MAX_POINTS; i++) {
      paper.pass(1000)
      paper.sample()
    }
    const long = paper.observer.state().systems.ledger.history
    expect(long.length).toBeLessThanOrEqual(MAX_POINTS)
    expect(long.length).toBeGreaterThan(MAX_POINTS / 2)
    expect(long[0]?.timeMs).toBe(history[0]?.timeMs)
    // 3,100 s in at most 600 points: the step has doubled three times.
    const [before, last] = long.slice(-2).map(({ timeMs }) => timeMs)
    expect((last ?? 0) - (before ?? 0)).toBe(8000)
    expect(long.every((point, i) => i === 0 || point.timeMs > (long[i - 1]?.timeMs ?? 0))).toBe(true)
  })
})

describe('what is kept of a ledger', () => {
  it('counts payments that were sent, and those that could not be', () => {
    const paper = launched(2)
    paper.testnet({ type: 'load-sent', node: 'miners-1', txid: 'aa' })
    paper.testnet({ type: 'load-failed', node: 'miners-2', detail: 'no coins' })
    paper.testnet({ type: 'load-failed', node: 'miners-2', detail: 'no coins' })
    const { transactionsSent, transactionsFailed } = paper.observer.state().systems.ledger.totals
    expect([transactionsSent, transactionsFailed]).toEqual([1, 2])
  })

  it('is nothing where a node has no ledger to tell of', () => {
    const paper = new PaperNetwork()
    paper.up('miners-1')
    paper.testnet({
      ...{ type: 'node-sampled', node: 'miners-1', height: 0, tip: '', peers: 2, mempool: 3 },
      ...{ measuredHps: 4, hashes: 5, rssBytes: 6 },
    })
    const node = paper.observer.state().nodes.find(({ name }) => name === 'miners-1')
    expect(node).toMatchObject({ peers: 2, rssBytes: 6 })
    expect(node?.systems.ledger).toMatchObject({ tip: undefined, tipSinceMs: undefined, mempool: 0 })
    expect(paper.observer.state().systems.ledger.tips).toBe(0)
  })

  it('has the fullest mempool in its history', () => {
    const paper = launched(2)
    const sampled = (node: string, mempool: number) =>
      paper.testnet({
        ...{ type: 'node-sampled', node, height: 0, tip: 'aa', peers: 1, mempool },
        ...{ measuredHps: 0, hashes: 0, rssBytes: 1 },
      })
    paper.pass(1000)
    sampled('miners-1', 31)
    sampled('miners-2', 7)
    paper.pass(1000)
    paper.testnet({ type: 'note', level: 'info', message: 'a second later' })
    expect(paper.observer.state().systems.ledger.history.at(-1)?.mempool).toBe(31)
  })

  it('lists the last hundred reorganisations, and counts all', () => {
    const paper = launched(2)
    for (let depth = 1; depth <= 120; depth++)
      paper.node('miners-1', { type: 'reorg', depth, from: 'a', to: 'b', fork: 'c', height: depth })
    const { reorgs, totals } = paper.observer.state().systems.ledger
    expect(reorgs.map(({ depth }) => depth)).toEqual(Array.from({ length: 100 }, (_, i) => i + 21))
    expect(totals).toMatchObject({ reorgs: 120, reorgMaxDepth: 120 })
  })
})

describe('block intervals', () => {
  it('are those of the best chain, over detail and what is folded', () => {
    const paper = launched(2, { blockIntervalMs: 1000 })
    const blocks = DETAIL_BLOCKS + 100
    for (let i = 0; i < blocks; i++) {
      paper.block({ miner: 'miners-1', delayMs: 0 })
      paper.pass(i % 2 ? 499 : 1299)
    }
    const {
      systems: {
        ledger: { intervals },
      },
    } = paper.observer.state()
    expect(intervals.count).toBe(blocks - 1)
    expect(intervals.sumMs / intervals.count).toBeCloseTo(900, -1)
    expect(intervals.counts.reduce((sum, count) => sum + count)).toBe(intervals.count)
    expect(intervals.counts[Math.floor(500 / intervals.binMs)] ?? 0).toBeGreaterThan(blocks / 2 - 3)
  })
})

describe('reorganisations', () => {
  it('are kept with who, how deep and from what to what', () => {
    const paper = launched(3)
    const old = paper.block({ miner: 'miners-1', reach: ['miners-2'] })
    const base = paper.block({ miner: 'miners-3', reach: [] })
    const best = paper.block({ miner: 'miners-3', prev: base })
    const {
      systems: {
        ledger: { reorgs },
      },
    } = paper.observer.state()
    expect(reorgs.map(reorg => reorg.node)).toEqual(['miners-1', 'miners-2'])
    expect(reorgs[0]).toMatchObject({ depth: 1, from: old, to: best, height: 2 })
  })

  it('deeper than the detail still move the totals', () => {
    const paper = launched(2, { blockIntervalMs: 1000 })
    const first = paper.block({ miner: 'miners-1' })
    partition(paper, 'cut', [['miners-1'], ['miners-2']])
    const depth = DETAIL_BLOCKS // two blocks a height: half of them are folded
    for (let i = 0; i < depth; i++) {
      paper.block({ miner: 'miners-1', reach: [] })
      paper.block({ miner: 'miners-2', reach: [] })
    }
    const lost = paper.observer.state()
    expect(lost.systems.ledger.totals).toMatchObject({ blocks: 1 + 2 * depth, staleBlocks: depth })
    const west = lost.systems.ledger.tip === paper.tipOf('miners-1')
    const winner = west ? 'miners-2' : 'miners-1' // the side that is behind by first sight
    const folded = lost.systems.ledger.blocks.length < lost.systems.ledger.totals.blocks
    expect(folded).toBe(true)
    paper.testnet({ type: 'fault-ended', id: 'cut' })
    paper.block({ miner: winner })
    const {
      systems: {
        ledger: { totals, height, blocks, tip },
      },
    } = paper.observer.state()
    expect(height).toBe(depth + 2)
    expect(tip).toBe(paper.tipOf(winner))
    expect(totals).toMatchObject({ blocks: 2 + 2 * depth, staleBlocks: depth })
    expect(totals.transactionsConfirmed).toBe(paper.paymentsOn(paper.tipOf(winner)))
    expect(blocks.some(block => block.hash === first)).toBe(false)
  })
})
