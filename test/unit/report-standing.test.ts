// When nodes disagreed, to the millisecond, and what a fault did to them.

import { describe, expect, it } from 'vitest'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import type { FaultState } from '../../orchestrator/observe/state.ts'
import { effectsOf, foldEffects, noEffects } from '../../orchestrator/systems/ledger/observe/effects.ts'
import { aged, nothingOlder } from '../../orchestrator/systems/ledger/observe/older.ts'
import { Standing } from '../../orchestrator/systems/ledger/observe/standing.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'

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
  type Told = ObservedEvent['event']
  const at = (timeMs: number, event: Partial<Told>, node?: string) =>
    ({ seq: 0, timeMs, ...(node !== undefined && { node }), event }) as ObservedEvent
  const begins = (timeMs: number) => at(timeMs, { type: 'fault-started', id: 'cut' })
  const ends = (timeMs: number) => at(timeMs, { type: 'fault-ended', id: 'cut' })
  const tip = (timeMs: number, node: string, hash: string) => at(timeMs, { type: 'tip', hash } as Told, node)
  const reorg = (timeMs: number, depth: number) => at(timeMs, { type: 'reorg', depth } as Told, 'a')
  const over = (timeMs: number) => at(timeMs, { type: 'network-stopping', why: '' })
  /** Two nodes on other tips from one moment to the other. */
  const apart = (fromMs: number, toMs: number, count = 2) => {
    const nodes = ['a', 'b', 'c', 'd', 'e'].slice(0, count)
    return [...nodes.map((node, i) => tip(fromMs, node, `x${i}`)), ...nodes.map(node => tip(toMs, node, 'y'))]
  }
  const block = (firstSeenMs: number, change: object = {}) =>
    ({
      hash: `${firstSeenMs}`,
      firstSeenMs,
      active: true,
      connected: true,
      ...change,
    }) as unknown as BlockState
  const NODES = { nodes: [], places: new Map() }
  const sorted = (events: ObservedEvent[]) => [...events].sort((a, b) => a.timeMs - b.timeMs)

  function judged(events: ObservedEvent[], blocks: BlockState[] = [], older = nothingOlder(1000)) {
    const effects = noEffects()
    for (const event of sorted(events)) foldEffects(effects, event, NODES)
    const from = events.find(({ event }) => event.type === 'fault-started')?.timeMs
    const to = events.find(({ event }) => event.type === 'fault-ended')?.timeMs
    const fault = { id: 'cut', fromMs: from, toMs: to } as unknown as FaultState
    return effectsOf(effects, [fault], { older, blocks })[0]
  }

  it('counts the blocks of its own time, and those of them that did not make it; old ones as well', () => {
    const blocks = [
      block(999, { active: false }),
      block(1000),
      block(1500, { active: false }),
      block(1999, { active: false, connected: false, rejected: 'bad' }),
      block(2000, { active: false }),
    ]
    const expected = { blocks: 3, staleBlocks: 1 }
    expect(judged([begins(1000), ends(2000)], blocks)).toMatchObject(expected)
    const [first, second, ...rest] = blocks
    const older = aged(
      nothingOlder(1000),
      [first, second].flatMap(each => each ?? []),
      true,
    )
    expect(judged([begins(1000), ends(2000)], rest, older)).toMatchObject(expected)
  })

  it('is over when the nodes agree again, and until then there is no time for it', () => {
    const settled = (...events: ObservedEvent[]) =>
      judged([begins(1000), ends(2000), ...events])?.agreedAfterMs
    expect(settled()).toBe(0)
    expect(settled(...apart(1200, 2500))).toBe(500)
    expect(settled(...apart(2001, 2500))).toBe(0)
    expect(settled(...apart(1200, 1900))).toBe(0)
    // A block on its way is no disagreement.
    expect(settled(...apart(1900, 2100))).toBe(0)
    expect(settled(...apart(1200, 2500).slice(0, 3))).toBeUndefined()
    // What is open at the very end never closed.
    expect(settled(...apart(1200, 2500).slice(0, 3), over(9000))).toBeUndefined()
    expect(judged([begins(1000), ...apart(1200, 2500)])?.agreedAfterMs).toBeUndefined()
  })

  it('knows the most tips of its time, those of a disagreement that goes on among them', () => {
    const tips = (...events: ObservedEvent[]) => judged([begins(1000), ends(2000), ...events])?.tips
    expect(tips()).toBe(1)
    expect(tips(...apart(0, 900, 5), ...apart(2100, 3000, 5))).toBe(1)
    expect(tips(...apart(0, 1001, 2), ...apart(1900, 3000, 3))).toBe(3)
    const open = [begins(1000), ...apart(1200, 9000, 3).slice(0, 3)]
    expect(judged(open)?.tips).toBe(1)
    expect(judged([...open, at(1500, { type: 'note' })])?.tips).toBe(3)
  })

  it('has the reorganisations until the nodes agree again', () => {
    const reorgs = [reorg(999, 9), reorg(1000, 1), reorg(2400, 4), reorg(2500, 2), reorg(2501, 8)]
    const events = [...apart(1500, 2500), ...reorgs]
    expect(judged([begins(1000), ends(2000), ...events])).toMatchObject({ reorgs: 3, reorgMaxDepth: 4 })
    expect(judged([begins(3000), ends(4000), ...events])).toMatchObject({ reorgs: 0, reorgMaxDepth: 0 })
  })

  it('costs screens little: two hundred of them beside ten thousand old blocks', () => {
    const effects = noEffects()
    const faults = Array.from({ length: 200 }, (_, i) => {
      foldEffects(effects, at(1000 * i, { type: 'fault-started', id: `cut-${i}` }), NODES)
      return { id: `cut-${i}`, fromMs: 1000 * i, toMs: undefined } as unknown as FaultState
    })
    const leaving = Array.from({ length: 10_000 }, (_, i) => block(100 * i, { active: i % 2 === 0 }))
    const older = aged(nothingOlder(1000), leaving, true)
    const startedMs = performance.now()
    for (let i = 0; i < 100; i++) effectsOf(effects, faults, { older, blocks: [] })
    // A tenth of ten seconds: seen in a tenth of that here.
    expect(performance.now() - startedMs).toBeLessThan(1000)
    expect(effectsOf(effects, faults, { older, blocks: [] })[100]).toMatchObject({
      blocks: 9_000,
      staleBlocks: 4_500,
    })
  })
})
