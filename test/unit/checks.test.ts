// Checks of performance, hygiene and payments on networks that exist on paper: green when all is well, and red for the fault
// that is planted in each.

import { describe, expect, test } from 'vitest'
import { findCheck } from '../../orchestrator/checks/all.ts'
import type { Ground, Trouble, Verdict } from '../../orchestrator/checks/check.ts'
import { fitsExponential, normalQuantile, wilson } from '../../orchestrator/checks/statistics.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'
import { groundOf, verdictOf } from '../support/ground.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'
import { stateWith } from '../support/partial-state.ts'

describe('what a heal brings about counts', () => {
  /** Healed with two tips; so much later one side leaves its branch, which brings trouble. */
  function healed(afterMs: number): Ground {
    const ground = groundOf({})
    const late = () => ground.nowMs() >= afterMs
    return {
      ...ground,
      state: () => stateWith({ converged: late(), totals: { reorgMaxDepth: late() ? 5 : 0 } }),
      troubles: () =>
        late()
          ? [
              { kind: 'rejected', node: 'n-1', text: 'refused block' },
              { kind: 'error', node: 'n-1', text: 'broke' },
            ]
          : [],
    }
  }

  test.each([
    ['stays-one', { depth: 4 }, '5 deep'],
    ['no-blame', {}, '1'],
    ['no-error-logs', {}, '1'],
  ])('%s waits until the network is calm', async (name, numbers, measured) => {
    expect(await verdictOf(name, healed(400), numbers)).toMatchObject({ passed: false, measured })
  })

  test('and no longer than it is given', async () => {
    expect(await verdictOf('stays-one', healed(60_000), { depth: 4 })).toMatchObject({
      passed: true,
      measured: '0 deep',
    })
  })
})

interface Habits {
  readonly blocks?: number
  readonly miner?: (network: PaperNetwork) => string
  readonly intervalMs?: (network: PaperNetwork) => number
  readonly delayMs?: number
  /** A second block on the parent of each, that nobody builds on. */
  readonly twins?: boolean
}

/** What a network comes to whose three equal miners have these habits. */
function mined(habits: Habits): Ground {
  const network = new PaperNetwork(paperPlan(3))
  network.launch()
  const {
    blocks = 200,
    miner = ({ names }) => names[network.int(names.length)] as string,
    intervalMs = () => -5000 * Math.log(1 - network.float()),
    delayMs = 20,
    twins = false,
  } = habits
  for (let i = 0; i < blocks; i++) {
    const [first = ''] = network.names
    const prev = network.tipOf(first)
    network.block({ miner: miner(network), prev, delayMs })
    if (twins) network.block({ miner: miner(network), prev, delayMs })
    network.pass(intervalMs(network))
  }
  return groundOf({ plan: network.plan, state: () => network.observer.state() })
}

const SHARES = { level: 0.999, blocks: 50 }
const INTERVALS = { level: 0.01, blocks: 50 }

describe('performance', () => {
  test('is green for miners who are lucky as chance has it, over quick links', async () => {
    const ground = mined({})
    expect(await verdictOf('hash-share', ground, SHARES)).toMatchObject({ passed: true })
    expect(await verdictOf('block-intervals', ground, INTERVALS)).toMatchObject({ passed: true })
    expect(await verdictOf('stale-rate', ground, { most: 0.05, blocks: 20 })).toMatchObject({ passed: true })
    expect(await verdictOf('propagation', ground, { p50: 50, p90: 100 })).toMatchObject({ passed: true })
  })

  test('propagation is held against each percentile that is asked for', async () => {
    const ground = mined({ delayMs: 300, blocks: 30 })
    const { p50Ms = 0, p90Ms = 0, p99Ms = 0 } = ground.state().systems.ledger.propagation
    const found = (numbers: { readonly [name: string]: number }) => verdictOf('propagation', ground, numbers)
    expect(await found({ p50: p50Ms, p90: p90Ms, p99: p99Ms })).toEqual({
      passed: true,
      asked: `p50 ≤ ${p50Ms} ms, p90 ≤ ${p90Ms} ms, p99 ≤ ${p99Ms} ms`,
      measured: `p50 ${p50Ms.toFixed(1)} ms, p90 ${p90Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms over 30 blocks`,
    })
    for (const [name, ms] of Object.entries({ p50: p50Ms, p90: p90Ms, p99: p99Ms }))
      expect(await found({ [name]: ms - 0.01 })).toMatchObject({ passed: false })
    expect(await verdictOf('propagation', mined({ blocks: 0 }), { p90: 100 })).toMatchObject({
      measured: 'p90 – ms over 0 blocks',
      message: 'no block reached 90 % of the running nodes',
    })
  })

  test('stale-rate is green at its limit, and judges by more blocks than it was told', async () => {
    const found = (most: number, blocks: number) =>
      verdictOf('stale-rate', mined({ twins: true, blocks: 20 }), { most, blocks })
    expect(await found(0.5, 39)).toMatchObject({ passed: true, asked: 'at most 50% stale' })
    expect(await found(0.49, 39)).toMatchObject({ passed: false })
    expect(await found(0.5, 40)).toMatchObject({ passed: false, asked: 'more than 40 blocks to judge by' })
  })

  test('hash-share is red when one miner finds more than its share', async () => {
    const miner = (network: PaperNetwork) => network.names[network.float() < 0.6 ? 0 : 1] as string
    expect(await verdictOf('hash-share', mined({ miner }), SHARES)).toMatchObject({
      passed: false,
      message: expect.stringMatching(
        /miners-1 found \d+ of 200, so .* and its share of the hash power was 33.33%/,
      ),
    })
  })

  test('hash-share gives each miner its part of the doubt, and says nothing more when all is well', async () => {
    const of = (...found: readonly number[]) =>
      groundOf({
        state: () =>
          stateWith({
            nodes: found.map((blocksMined, i) => ({
              ...{ name: `miners-${i + 1}`, blocksMined },
              ...{ askedHps: 1, expected: 100 },
            })),
            totals: { blocks: 300 },
          }),
      })
    expect(await verdictOf('hash-share', of(100, 110, 90), { level: 0.97, blocks: 50 })).toEqual({
      passed: true,
      final: true,
      asked: '3 shares of blocks within chance of the hash rates, at 97%',
      measured: '3 of 3, over 300 blocks',
    })
    // Three at 97 %: each at 99 %.
    const { low, high } = wilson(140, 300, 0.99)
    const words = [low, high].map(share => `${+(share * 100).toFixed(2)}%`).join(' to ')
    expect(await verdictOf('hash-share', of(140, 100, 60), { level: 0.97, blocks: 50 })).toMatchObject({
      passed: false,
      measured: '1 of 3, over 300 blocks',
      message: expect.stringContaining(
        `miners-1 found 140 of 300, so ${words}, and its share of the hash power was 33.33%; miners-3`,
      ),
    })
  })

  test('block-intervals tells the distance, what it may be, and the mean', async () => {
    const times = [1000, 2000, 4000, 7000]
    const blocks = times.map((firstSeenMs, i) => ({
      hash: `b${i}`,
      prev: `b${i - 1}`,
      active: true,
      firstSeenMs,
    }))
    const aside = { hash: 'c', prev: 'b2', active: false, firstSeenMs: 90_000 }
    const state = () => stateWith({ blocks: [...blocks, aside], totals: { blocks: 5 } })
    const { statistic } = fitsExponential([1, 2, 3], 0.01)
    expect(await verdictOf('block-intervals', groundOf({ state }), { level: 0.01, blocks: 4 })).toMatchObject(
      {
        asked: 'exponential at 1%: a distance of at most 1.308',
        measured: `${statistic.toFixed(3)} over 3 intervals, 2.00 s on average`,
      },
    )
  })

  test('block-intervals is red when blocks come by the clock', async () => {
    expect(await verdictOf('block-intervals', mined({ intervalMs: () => 5000 }), INTERVALS)).toMatchObject({
      passed: false,
    })
  })

  test('stale-rate is red when every block has a twin', async () => {
    const found = await verdictOf('stale-rate', mined({ twins: true, blocks: 50 }), {
      most: 0.05,
      blocks: 20,
    })
    expect(found).toMatchObject({ passed: false, measured: expect.stringMatching(/50 of 100 blocks, 50%/) })
  })

  test('propagation is red when blocks crawl', async () => {
    const found = await verdictOf('propagation', mined({ delayMs: 3000, blocks: 30 }), { p90: 1000 })
    expect(found).toMatchObject({ passed: false, asked: 'p90 ≤ 1000 ms' })
  })

  test.each(['hash-share', 'block-intervals', 'stale-rate', 'propagation'])(
    '%s is not green when there is nothing to judge by',
    async name => {
      const ground = mined({ blocks: 0 })
      const numbers = { ...SHARES, most: 0.05, p90: 1000 }
      expect(await verdictOf(name, ground, numbers)).toMatchObject({ passed: false })
    },
  )
})

describe('hygiene', () => {
  const saying = (kind: Trouble['kind']) =>
    groundOf({ troubles: () => [{ kind, node: 'n-1', text: 'the store is gone' }] })

  test('no-error-logs is red for an error, and only for that', async () => {
    expect(await verdictOf('no-error-logs', groundOf({}))).toMatchObject({ passed: true })
    expect(await verdictOf('no-error-logs', saying('blamed'))).toMatchObject({ passed: true })
    expect(await verdictOf('no-error-logs', saying('error'))).toMatchObject({
      passed: false,
      message: 'n-1: the store is gone',
    })
  })

  test('both say what they asked for, and name the testnet itself by nothing', async () => {
    expect(await verdictOf('no-error-logs', groundOf({}))).toEqual({
      passed: true,
      asked: 'no error in any log',
      measured: 'none',
    })
    const ground = groundOf({ troubles: () => [{ kind: 'error', node: undefined, text: 'no space' }] })
    expect(await verdictOf('no-error-logs', ground)).toMatchObject({ measured: '1', message: 'no space' })
  })

  test('one trouble is enough: there is nothing more to wait for', async () => {
    const ground = saying('error')
    await verdictOf('no-error-logs', ground)
    expect(ground.nowMs()).toBe(0)
  })

  test('no-blame is red for a refused block and for a peer that is blamed', async () => {
    expect(await verdictOf('no-blame', saying('error'))).toMatchObject({ passed: true })
    expect(await verdictOf('no-blame', saying('rejected'))).toMatchObject({ passed: false })
    expect(await verdictOf('no-blame', saying('blamed'))).toMatchObject({ passed: false })
  })

  const LEAST = { descriptors: 8, memory: 10e6 }
  /** A process that is looked at twice a second. */
  function process(
    rssBytes: (look: number) => number,
    descriptors: (look: number) => number | undefined,
  ): Ground {
    let look = 0
    return groundOf({
      state: () => {
        look += 1
        const node = { name: 'n-1', phase: 'running', pid: 7, upSinceMs: 1, rssBytes: rssBytes(look) }
        return { nodes: [node] } as unknown as NetworkState
      },
      descriptors: () => descriptors(look),
    })
  }
  const leaks = (ground: Ground): Promise<Verdict> => {
    const name = 'no-leaks'
    return findCheck(name).run(ground, { name, within: { ms: 60_000, after: 'heal' }, numbers: LEAST })
  }
  const steady = (look: number) => 50e6 + (look % 3) * 1e6

  test('no-leaks is red for sockets that stay open, and for memory that grows', async () => {
    expect(await leaks(process(steady, () => 30))).toMatchObject({ passed: true })
    expect(await leaks(process(steady, look => 30 + look))).toMatchObject({
      passed: false,
      message: expect.stringMatching(/^n-1 grew by \d+ descriptors$/),
    })
    expect(
      await leaks(
        process(
          look => steady(look) + look * 1e6,
          () => 30,
        ),
      ),
    ).toMatchObject({
      passed: false,
      message: expect.stringMatching(/^n-1 grew by [\d.]+ MB$/),
    })
  })

  test('no-leaks is green at its limits, and says how much was taken', async () => {
    const grown = (bytes: number, descriptors: number) =>
      leaks(
        process(
          look => 50e6 + (look > 60 ? bytes : 0),
          look => 30 + (look > 60 ? descriptors : 0),
        ),
      )
    expect(await grown(10e6, 8)).toEqual({
      passed: true,
      asked: 'growth of at most 8 descriptors and 10 MB in a life',
      measured: 'descriptors 8, MB 10',
    })
    expect(await grown(10_040_000, 9)).toMatchObject({
      passed: false,
      measured: 'descriptors 9, MB 10',
      message: 'n-1 grew by 10 MB; n-1 grew by 9 descriptors',
    })
  })

  test('no-leaks says what it cannot know, and is not green when it knows nothing', async () => {
    expect(await leaks(process(steady, () => undefined))).toMatchObject({
      passed: true,
      measured: expect.stringContaining('descriptors not known here'),
    })
    expect(
      await leaks(
        process(
          () => 0,
          () => undefined,
        ),
      ),
    ).toMatchObject({
      passed: false,
      message: expect.stringContaining('nothing could be measured'),
    })
  })
})

describe('statistics', () => {
  test('the normal quantile is that of the tables', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5)
    expect(normalQuantile(0.9995)).toBeCloseTo(3.290527, 5)
    expect(normalQuantile(0.5)).toBeCloseTo(0, 9)
  })

  test('Wilson’s interval is that of the tables, and all there is when nothing was tried', () => {
    const { low, high } = wilson(81, 263, 0.95) // Newcombe 1998, Table I: 0.2553 to 0.3662
    expect([low, high].map(share => share.toFixed(4))).toEqual(['0.2553', '0.3662'])
    expect(wilson(0, 0, 0.95)).toEqual({ low: 0, high: 1 })
    expect(wilson(0, 20, 0.95).low).toBe(0)
    expect(wilson(20, 20, 0.95).high).toBe(1)
  })

  test.each([
    [0.15, 0.926],
    [0.1, 0.99],
    [0.05, 1.094],
    [0.025, 1.19],
    [0.01, 1.308],
    [Math.sqrt(0.05 * 0.025), (1.094 + 1.19) / 2],
  ])('at a level of %d a distance may be %d', (level, critical) => {
    expect(fitsExponential([1, 2, 3], level).critical).toBeCloseTo(critical, 12)
  })

  test('one sample lies 1 − 1/e from its own exponential, and few count for less', () => {
    const { statistic, mean } = fitsExponential([5], 0.05)
    expect(mean).toBe(5)
    expect(statistic).toBeCloseTo((1 - 1 / Math.E - 0.2) * (1 + 0.26 + 0.5), 12)
  })

  test('Wilson’s interval holds the true share as often as its level says', () => {
    const random = createRandom('wilson')
    const runs = 2000
    let held = 0
    for (let i = 0; i < runs; i++) {
      const hits = Array.from({ length: 80 }, () => random.float() < 0.3).filter(Boolean).length
      const { low, high } = wilson(hits, 80, 0.95)
      held += low <= 0.3 && 0.3 <= high ? 1 : 0
    }
    expect(held / runs).toBeGreaterThan(0.93)
    expect(held / runs).toBeLessThan(0.97)
  })

  test.each([
    [60, 0.05],
    [200, 0.01],
    [60, 0.03],
  ])('%i exponential intervals are taken for others in %d of all cases', (count, level) => {
    const random = createRandom(`exponential ${count} ${level}`)
    const runs = 3000
    let refused = 0
    for (let i = 0; i < runs; i++) {
      const samples = Array.from({ length: count }, () => -Math.log(1 - random.float()))
      const { statistic, critical } = fitsExponential(samples, level)
      refused += statistic > critical ? 1 : 0
    }
    expect(refused / runs).toBeGreaterThan(0.6 * level)
    expect(refused / runs).toBeLessThan(1.4 * level)
  })
})
