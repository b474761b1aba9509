// When nodes disagreed, to the millisecond, and what a fault did to them.

import { describe, expect, it } from 'vitest'
import type { FaultState } from '../../orchestrator/observe/state.ts'
import type { BlockLine } from '../../orchestrator/report/chronicle.ts'
import { effectOf, type Seen } from '../../orchestrator/report/effects.ts'
import { Standing } from '../../orchestrator/report/standing.ts'
import type { ReorgState } from '../../orchestrator/systems/ledger/state.ts'

/** `[ms, node, tip]`; no tip: the node leaves. */
function disagreements(closeMs: number, ...moves: (readonly [number, string, string?])[]) {
  const standing = new Standing()
  for (const [timeMs, node, tip] of moves)
    if (tip === undefined) standing.leaves(node, timeMs)
    else standing.stands(node, tip, timeMs)
  standing.close(closeMs)
  return standing.disagreements()
}

describe('nodes disagree', () => {
  it('from the first other tip until the last is left', () => {
    expect(
      disagreements(
        9000,
        [0, 'a', 'g'],
        [0, 'b', 'g'],
        [100, 'a', 'x'],
        [600, 'b', 'x'],
        [700, 'a', 'y'],
        [949, 'b', 'y'],
      ),
    ).toEqual([{ fromMs: 100, toMs: 600, tips: 2 }])
  })

  it('when it lasts a quarter of a second: a block travels for less', () => {
    const judged = (ms: number) =>
      disagreements(9000, [0, 'a', 'g'], [0, 'b', 'g'], [100, 'a', 'x'], [100 + ms, 'b', 'x'])
    expect(judged(249)).toEqual([])
    expect(judged(250)).toHaveLength(1)
  })

  it('on as many tips as there were for most of the time', () => {
    const start = [
      [0, 'a', 'g'],
      [0, 'b', 'g'],
      [0, 'c', 'g'],
    ] as const
    // Two until 500, three until 1200, two until 1500: 800 ms against 700.
    expect(
      disagreements(9000, ...start, [0, 'a', 'x'], [500, 'b', 'y'], [1200, 'c', 'y'], [1500, 'a', 'y']),
    ).toEqual([{ fromMs: 0, toMs: 1500, tips: 2 }])
    // 500 ms of two against 900 of three.
    expect(
      disagreements(9000, ...start, [0, 'a', 'x'], [500, 'b', 'y'], [1400, 'c', 'y'], [1400, 'a', 'y']),
    ).toEqual([{ fromMs: 0, toMs: 1400, tips: 3 }])
  })

  it('no longer with one who is down, and until the end when nobody gives way', () => {
    expect(disagreements(9000, [0, 'a', 'g'], [0, 'b', 'x'], [700, 'b'])).toEqual([
      { fromMs: 0, toMs: 700, tips: 2 },
    ])
    expect(disagreements(9000, [0, 'a', 'g'], [0, 'b', 'x'])).toEqual([{ fromMs: 0, toMs: 9000, tips: 2 }])
  })
})

it('the last two thousand disagreements are kept', () => {
  const times = (count: number) => {
    const moves = Array.from({ length: count }, (_, i) => [
      [1000 * i, 'a', `x${i}`] as const,
      [1000 * i + 500, 'b', `x${i}`] as const,
    ])
    return disagreements(9e9, [0, 'a', 'x0'], [0, 'b', 'x0'], ...moves.flat().slice(2)).map(
      ({ fromMs }) => fromMs,
    )
  }
  const all = times(2001)
  expect([all.length, all[0], all.at(-1)]).toEqual([2000, 1000, 2_000_000])
  const over = times(2002)
  expect([over.length, over[0], over.at(-1)]).toEqual([2000, 2000, 2_001_000])
})

describe('a fault', () => {
  const fault = (fromMs: number, toMs?: number) => ({ id: 'cut', fromMs, toMs }) as unknown as FaultState
  const seen = (parts: Partial<Seen>): Seen => ({
    lines: [],
    chain: new Set(),
    disagreements: [],
    reorgs: [],
    endMs: 10_000,
    ...parts,
  })
  const line = (hash: string, timeMs: number, rejected = false) =>
    ({ hash, timeMs, rejected }) as unknown as BlockLine
  const reorg = (timeMs: number, depth: number) => ({ timeMs, depth }) as unknown as ReorgState

  it('counts the blocks of its own time, and those of them that did not make it', () => {
    const lines = [line('a', 999), line('b', 1000), line('c', 1500), line('d', 1999, true), line('e', 2000)]
    expect(effectOf(fault(1000, 2000), seen({ lines, chain: new Set(['a', 'b', 'e']) }))).toMatchObject({
      blocks: 3,
      staleBlocks: 1,
    })
  })

  it('is over when the nodes agree again', () => {
    const apart = (fromMs: number, toMs: number, tips = 2) => ({ disagreements: [{ fromMs, toMs, tips }] })
    const judged = (parts: Partial<Seen>) => effectOf(fault(1000, 2000), seen(parts)).agreedAfterMs
    expect(judged({})).toBe(0)
    expect(judged(apart(1200, 2500))).toBe(500)
    expect(judged(apart(2000, 2500))).toBe(500)
    expect(judged(apart(2001, 2500))).toBe(0)
    expect(judged(apart(1200, 2000))).toBe(0)
    // What is open at the very end never closed.
    expect(judged(apart(1200, 10_000))).toBeUndefined()
    expect(effectOf(fault(1000), seen(apart(1200, 2500))).agreedAfterMs).toBeUndefined()
  })

  it('knows the most tips of its time', () => {
    const tips = (...times: (readonly [number, number, number])[]) =>
      effectOf(
        fault(1000, 2000),
        seen({ disagreements: times.map(([fromMs, toMs, tips]) => ({ fromMs, toMs, tips })) }),
      ).tips
    expect(tips()).toBe(1)
    expect(tips([0, 1000, 5], [2000, 3000, 5])).toBe(1)
    expect(tips([0, 1001, 2], [1999, 3000, 3])).toBe(3)
  })

  it('has the reorganisations until the nodes agree again', () => {
    const reorgs = [reorg(999, 9), reorg(1000, 1), reorg(2400, 4), reorg(2500, 2), reorg(2501, 8)]
    const disagreements = [{ fromMs: 1500, toMs: 2500, tips: 2 }]
    expect(effectOf(fault(1000, 2000), seen({ reorgs, disagreements }))).toMatchObject({
      reorgs: 3,
      reorgMaxDepth: 4,
    })
    expect(effectOf(fault(3000, 4000), seen({ reorgs, disagreements }))).toMatchObject({
      reorgs: 0,
      reorgMaxDepth: 0,
    })
  })
})
