// What the observer makes of blocks: the fork tree and propagation, in bounded memory.

import { describe, expect, it } from 'vitest'
import { DETAIL_BLOCKS, workOfBits } from '../../orchestrator/systems/ledger/observe/forks.ts'
import { nearestRank, reachOf } from '../../orchestrator/systems/ledger/observe/propagation.ts'
import { BITS, launched } from '../support/network-double.ts'

describe('the fork tree', () => {
  it('follows the most work, not the first block', () => {
    const paper = launched()
    const west = ['miners-1', 'miners-2']
    const east = ['miners-3', 'miners-4', 'miners-5']
    const first = paper.block({ miner: 'miners-1' })
    const lost = [
      paper.block({ miner: 'miners-1', reach: west }),
      paper.block({ miner: 'miners-2', reach: west }),
    ]
    const won = [1, 2, 3].map(() => paper.block({ miner: 'miners-3', reach: east }))
    const split = paper.observer.state()
    expect(split.systems.ledger).toMatchObject({ height: 4, tips: 2, converged: false })

    const last = paper.block({ miner: 'miners-3', delayMs: 50 })
    const state = paper.observer.state()
    expect(state.systems.ledger).toMatchObject({ height: 5, tip: last, tips: 1, converged: true })
    const active = state.systems.ledger.blocks.filter(block => block.active).map(block => block.hash)
    expect(active).toEqual([first, ...won, last])
    expect(state.systems.ledger.totals).toMatchObject({
      blocks: 7,
      staleBlocks: lost.length,
      reorgMaxDepth: 2,
      reorgs: 2,
    })
  })

  it('keeps the tip seen first when two have the same work', () => {
    const paper = launched()
    const first = paper.block({ miner: 'miners-1', reach: [] })
    paper.pass(5)
    const second = paper.block({ miner: 'miners-2', reach: [] })
    const { blocks, ...ledger } = paper.observer.state().systems.ledger
    expect(ledger).toMatchObject({ tip: first, tips: 3 })
    // By height, then arrival.
    expect(blocks.map(({ hash }) => hash)).toEqual([first, second])
  })

  it('never takes a block for the tip that no node has connected', () => {
    const paper = launched()
    const good = paper.block({ miner: 'miners-1' })
    const bad = 'f'.repeat(64)
    const header = { hash: bad, prev: good, height: 2, headerTime: 0, bits: 0x1d00ffff }
    paper.node('miners-2', { type: 'block-received', ...header, transactions: 1, bytes: 200, from: 1 })
    paper.node('miners-2', { type: 'block-rejected', hash: bad, reason: 'bad-cb-amount' })
    const state = paper.observer.state()
    expect(state.systems.ledger.tip).toBe(good)
    expect(state.systems.ledger.totals.staleBlocks).toBe(0)
    expect(state.systems.ledger.blocks.find(block => block.hash === bad)?.rejected).toBe('bad-cb-amount')
    expect(state.log.at(-1)?.text).toContain('bad-cb-amount')
  })

  it.each([
    [0x1d00ffff, 0x100010001n],
    [0x207fffff, 2n],
    [0x01003456, 0n],
    [0x04923456, 0n],
    [0, 0n],
    [0xff123456, 0n],
  ])('knows the work of compact target %d', (bits, work) => {
    expect(workOfBits(bits)).toBe(work)
  })

  it('folds old blocks into totals and forgets nothing that it counted', () => {
    const paper = launched(2)
    const blocks = DETAIL_BLOCKS + 50
    for (let i = 0; i < blocks; i++) paper.block({ miner: i % 2 ? 'miners-1' : 'miners-2' })
    const state = paper.observer.state()
    expect(state.systems.ledger.blocks).toHaveLength(DETAIL_BLOCKS)
    expect(state.systems.ledger.totals.blocks).toBe(blocks)
    expect(state.systems.ledger.totals.staleBlocks).toBe(0)
    expect(state.systems.ledger.height).toBe(blocks)
    expect(state.systems.ledger.propagationHistogram.count).toBe(blocks)
    expect(state.log.length).toBeLessThanOrEqual(500)
  })

  it('does not count again what a late node fetches', () => {
    const paper = launched(2)
    for (let i = 0; i < DETAIL_BLOCKS + 5; i++) paper.block({ miner: 'miners-1' })
    const before = paper.observer.state()
    paper.testnet({ type: 'node-added', node: 'full-1', group: 'full', askedHps: 0 })
    paper.up('full-1', 2)
    const folded = { hash: 'e'.repeat(64), prev: 'd'.repeat(64), height: 3, headerTime: 0, bits: BITS }
    for (const block of [folded, ...before.systems.ledger.blocks])
      paper.node('full-1', {
        ...{ type: 'block-received', from: 1, transactions: 1, bytes: 1 },
        ...{ hash: block.hash, prev: block.prev, height: block.height },
        ...{ headerTime: block.headerTime, bits: block.bits },
      })
    const after = paper.observer.state()
    expect(after.systems.ledger.totals).toEqual(before.systems.ledger.totals)
    expect(after.systems.ledger.propagation).toEqual(before.systems.ledger.propagation)
  })
})

describe('propagation', () => {
  it('counts from the first sign to the whole block, at every node but the miner', () => {
    const paper = launched()
    const hash = paper.block({ miner: 'miners-2', delayMs: 40 })
    const block = paper.observer.state().systems.ledger.blocks.find(block => block.hash === hash)
    if (!block) throw new Error('the block is missing')
    expect(block.miner).toBe('miners-2')
    expect(block.receivedMs['miners-2']).toBe(0)
    expect(Object.keys(block.receivedMs)).toHaveLength(5)
    expect(block.receivedMs['miners-1']).toBe(41)
    const times = Object.values(block.receivedMs).sort((a, b) => a - b)
    expect(reachOf(block)).toEqual({
      ...{ running: 5, reached: 5, had: 5 },
      ...{ p50Ms: times[2], p90Ms: times[4], p99Ms: times[4], allMs: times[4] },
    })
    const {
      systems: {
        ledger: { propagation, propagationHistogram },
      },
    } = paper.observer.state()
    expect(propagationHistogram.count).toBe(4)
    expect(propagation).toEqual({
      ...{ p50Ms: times[2], p90Ms: times[4], p99Ms: times[4], allMs: times[4] },
      ...{ blocks: 1, short: 0 },
    })
  })

  it('leaves out nodes that were not there when the block was found', () => {
    const paper = launched()
    paper.testnet({
      type: 'node-exited',
      node: 'miners-5',
      code: 0,
      signal: null,
      expected: true,
      lastLines: [],
    })
    const hash = paper.block({ miner: 'miners-1', reach: ['miners-2'] })
    paper.pass(5000)
    paper.up('miners-5')
    const known = paper.observer.state().systems.ledger.blocks[0]
    if (!known) throw new Error('the block is missing')
    const { prev, height, headerTime, bits, transactions, bytes } = known
    const header = { hash, prev, height, headerTime, bits, transactions, bytes }
    paper.node('miners-5', { type: 'block-received', ...header, from: 1 })
    expect(paper.observer.state().systems.ledger.blocks[0]?.receivedMs).not.toHaveProperty('miners-5')
    expect(paper.observer.state().systems.ledger.propagationHistogram.count).toBe(1)
  })

  it('takes quantiles by nearest rank', () => {
    const five = [50, 15, 40, 20, 35]
    expect([0.05, 0.3, 0.4, 0.5, 1].map(share => nearestRank(five, share))).toEqual([15, 20, 20, 35, 50])
    expect(nearestRank([], 0.5)).toBeUndefined()
  })
})
