// Fee estimation against streams of transactions whose waiting is known: what is enough for a target, and what was learnt of whom.

import { describe, expect, it } from 'vitest'
import { FeeEstimator } from '../../node/ledger/fee-estimator.ts'
import { bucketOf } from '../../node/ledger/fee-stats.ts'
import { buildBlock, outputOf } from '../support/chain.ts'
import { funded, payment, truc, vsizeOf } from '../support/mempool.ts'

/** Transactions of one rate that come with every block, and after how many they are confirmed. */
interface Stream {
  readonly satPerKvb: number
  readonly count: number
  /** Infinite: never. */
  readonly blocks: number
}

/** Blocks in a row, with what each brings and confirms. */
class World {
  readonly estimator = new FeeEstimator()
  height = 100
  #made = 0
  readonly #due = new Map<number, { txid: string; satPerKvb: number; height: number }[]>()

  constructor() {
    this.estimator.onBlock(this.height, [])
  }

  run(blocks: number, streams: readonly Stream[]): this {
    for (let i = 0; i < blocks; i++) {
      for (const { satPerKvb, count, blocks } of streams)
        for (let k = 0; k < count; k++) {
          const tx = { txid: `${this.#made++}`, satPerKvb, height: this.height }
          this.estimator.entered(tx)
          const due = this.#due.get(this.height + blocks) ?? []
          this.#due.set(this.height + blocks, [...due, tx])
        }
      this.height++
      this.estimator.onBlock(this.height, this.#due.get(this.height) ?? [])
    }
    return this
  }

  rate(target: number, conservative = false): number | undefined {
    return this.estimator.estimate(target, conservative).satPerKvb
  }
}

/** Blocks are full: who pays ten is in the next, who pays less never. */
const FULL: readonly Stream[] = [
  { satPerKvb: 30_000, count: 3, blocks: 1 },
  { satPerKvb: 10_000, count: 3, blocks: 1 },
  { satPerKvb: 5_000, count: 3, blocks: Number.POSITIVE_INFINITY },
]
const STAIRS: readonly Stream[] = [
  { satPerKvb: 50_000, count: 2, blocks: 1 },
  { satPerKvb: 20_000, count: 2, blocks: 5 },
  { satPerKvb: 5_000, count: 2, blocks: 20 },
]

describe('an estimate', () => {
  it('is none before anything was confirmed, and for half of the blocks that were watched at most', () => {
    const world = new World()
    expect(world.estimator.estimate(6, false)).toEqual({ satPerKvb: undefined, blocks: 0 })
    world.run(5, FULL) // the first to confirm is the one with which the watch begins
    expect(world.estimator.estimate(6, false)).toEqual({ satPerKvb: 10_000, blocks: 2 })
    world.run(40, FULL)
    expect(world.estimator.estimate(6, false)).toEqual({ satPerKvb: 10_000, blocks: 6 })
    expect(world.estimator.estimate(1_008, false).blocks).toBe(22)
  })

  it('is what full blocks ask, whatever the target', () => {
    const world = new World().run(200, FULL)
    for (const target of [1, 2, 6, 24, 100])
      for (const conservative of [false, true]) expect(world.rate(target, conservative)).toBe(10_000)
  })

  it('is less for who can wait longer', () => {
    const world = new World().run(400, STAIRS)
    // half of them must be in within half of the target
    expect([2, 4, 5, 9].map(target => world.rate(target))).toEqual([50_000, 50_000, 50_000, 50_000])
    expect([10, 12, 30].map(target => world.rate(target))).toEqual([20_000, 20_000, 20_000])
    expect([48, 100].map(target => world.rate(target))).toEqual([5_000, 5_000])
  })

  it('is the mean of the bucket in the middle of those that passed', () => {
    const world = new World().run(100, [
      { satPerKvb: 10_000, count: 2, blocks: 1 },
      { satPerKvb: 10_050, count: 2, blocks: 1 },
    ])
    expect(bucketOf(10_000)).toBe(bucketOf(10_050))
    expect(world.rate(6)).toBe(10_025)
  })

  it('follows what is asked of late, and more slowly where it is to be conservative', () => {
    const dear = { satPerKvb: 50_000, count: 4, blocks: 1 }
    const world = new World().run(300, [dear, { satPerKvb: 2_000, count: 4, blocks: 30 }])
    expect([world.rate(4), world.rate(4, true)]).toEqual([50_000, 50_000])
    const cheap = [dear, { satPerKvb: 2_000, count: 4, blocks: 1 }]
    world.run(120, cheap)
    expect([world.rate(4), world.rate(4, true)]).toEqual([2_000, 50_000])
    world.run(5_000, cheap)
    expect(world.rate(4, true)).toBe(2_000)
  })

  it('takes those that wait, or were given up after they had waited, for failures', () => {
    const [good, bad] = [10_000, 4_000]
    const mixed = (given: boolean) => {
      const world = new World().run(60, [
        { satPerKvb: good, count: 2, blocks: 1 },
        { satPerKvb: bad, count: 2, blocks: 1 },
      ])
      expect(world.rate(4)).toBe(bad)
      for (let i = 0; i < 20; i++)
        world.estimator.entered({ txid: `bad ${i}`, satPerKvb: bad, height: world.height })
      world.run(5, [{ satPerKvb: good, count: 2, blocks: 1 }])
      if (given) for (let i = 0; i < 20; i++) world.estimator.left(`bad ${i}`)
      return world.rate(4)
    }
    expect(mixed(false)).toBe(good)
    expect(mixed(true)).toBe(good)
  })

  it('knows nothing of those that were given up at once', () => {
    const world = new World().run(60, FULL.slice(0, 2))
    for (let i = 0; i < 50; i++) {
      world.estimator.entered({ txid: `gone ${i}`, satPerKvb: 10_000, height: world.height })
      world.estimator.left(`gone ${i}`)
    }
    expect(world.rate(4)).toBe(10_000)
  })
})

describe('what each horizon says', () => {
  it('are the last rates that were enough, and the first that were not', () => {
    const { estimator } = new World().run(200, FULL)
    const [short, medium, long] = estimator.horizons.map(stats => estimator.estimateRaw(stats, 6, 0.85))
    for (const estimate of [short, medium, long]) {
      expect(estimate?.satPerKvb).toBeCloseTo(10_000)
      expect(estimate?.pass.start).toBeLessThan(10_000)
      expect(estimate?.pass.end).toBeGreaterThan(10_000)
      expect(estimate?.fail).toMatchObject({ start: 0, withinTarget: 0, totalConfirmed: 0, leftMempool: 0 })
      expect(estimate?.fail.inMempool).toBe(3 * 195)
    }
    // 3 a block, each block counting 0.962 of the next
    expect(short?.pass.totalConfirmed).toBeCloseTo((3 * (1 - 0.962 ** 200)) / (1 - 0.962))
    expect(medium?.pass.totalConfirmed).toBeCloseTo((3 * (1 - 0.9952 ** 200)) / (1 - 0.9952))
  })

  it('reach so far and no further', () => {
    const { estimator } = new World().run(30, FULL)
    const reached = (target: number) =>
      estimator.horizons
        .filter(stats => estimator.estimateRaw(stats, target, 0.5))
        .map(({ horizon }) => horizon.name)
    expect([12, 13, 48, 49, 1_008, 1_009].map(reached)).toEqual([
      ['short', 'medium', 'long'],
      ['medium', 'long'],
      ['medium', 'long'],
      ['long'],
      ['long'],
      [],
    ])
  })
})

describe('the mempool', () => {
  const HOUR_MS = 3_600_000
  /** How many of these rates were seen to be confirmed at once. */
  const learnt = (field: ReturnType<typeof funded>, satPerKvb: number) => {
    const { estimator } = field.mempool
    const [short] = estimator.horizons
    const estimate = short && estimator.estimateRaw(short, 1, 0)
    const {
      start = 0,
      end = 0,
      totalConfirmed = 0,
    } = estimate?.fail.start === -1 ? estimate.pass : (estimate?.fail ?? {})
    return start < satPerKvb && satPerKvb <= end ? Math.round(totalConfirmed) : 0
  }

  it('teaches it of what came alone, on a tip of late', () => {
    const field = funded()
    const { ledger, mempool, coin } = field
    const tx = payment([coin(0)], 1_100)
    mempool.accept(tx)
    ledger.accept(buildBlock(ledger.chain, { txs: [tx] }))
    expect(learnt(field, (1_000 * 1_100) / vsizeOf(tx))).toBe(1)
    ledger.clock.nowMs += 4 * HOUR_MS
    const late = payment([coin(1)], 1_100)
    mempool.accept(late)
    ledger.accept(buildBlock(ledger.chain, { txs: [late] }))
    expect(learnt(field, (1_000 * 1_100) / vsizeOf(late))).toBe(1)
  })

  it('but not of what hangs on others, or came with them', () => {
    const field = funded()
    const { ledger, mempool, coin } = field
    const parent = truc([coin(0)], 0)
    const child = truc([outputOf(parent)], 9_000)
    mempool.acceptPackage([parent, child])
    const [first, second] = [payment([coin(1)], 1_100), payment([coin(2)], 1_100)]
    const heir = payment([outputOf(first)], 1_100)
    mempool.acceptPackage([first, heir])
    mempool.accept(second)
    mempool.accept(payment([outputOf(second)], 1_100))
    const txs = Array.from(mempool.entries(), ({ tx }) => tx)
    ledger.accept(buildBlock(ledger.chain, { txs }))
    expect(mempool.size).toBe(0)
    expect(learnt(field, (1_000 * 1_100) / vsizeOf(second))).toBe(1)
  })
})
