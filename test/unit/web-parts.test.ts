// The page's own arithmetic: where nodes stand, which connections suffer, the heatmap, what mining should give, deltas.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FaultState } from '../../orchestrator/observe/state.ts'
import { exponentialCounts } from '../../orchestrator/systems/ledger/page/expected.ts'
import {
  heatColumn,
  heightOf,
  ROWS_MS,
  rowOf,
  rowsUsed,
  shadeOf,
} from '../../orchestrator/systems/ledger/page/heat.ts'
import { newHops } from '../../orchestrator/systems/ledger/page/hops.ts'
import { powersOf } from '../../orchestrator/systems/ledger/page/powers.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'
import { rowsOf } from '../../orchestrator/web/client/fault-rows.ts'
import { ringOf, sideName } from '../../orchestrator/web/client/ring.ts'
import { roundUp, timeTicks } from '../../orchestrator/web/client/scale.ts'
import { wiresOf } from '../../orchestrator/web/client/wires.ts'
import { pageOf } from '../../orchestrator/web/page.ts'
import { moved, windowChange } from '../../orchestrator/web/window.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'

const CENTER = { x: 100, y: 100 }

describe('the ring', () => {
  it('gives every node a place of its own inside the picture, always the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.nat(3), { nil: undefined }), { minLength: 1, maxLength: 200 }),
        sides => {
          const nodes = sides.map((side, i) => ({ name: `n${i}`, side }))
          const { places } = ringOf(nodes, CENTER, 90)
          expect(ringOf(nodes, CENTER, 90).places).toEqual(places)
          expect(places.size).toBe(nodes.length)
          const seen = new Set([...places.values()].map(({ x, y }) => `${x.toFixed(3)} ${y.toFixed(3)}`))
          expect(seen.size).toBe(nodes.length)
          for (const { x, y } of places.values())
            expect(Math.hypot(x - 100, y - 100)).toBeLessThanOrEqual(90.001)
        },
      ),
    )
  })

  it('sets hosts apart where nothing else does, each in one arc in the order of the plan', () => {
    const nodes = ['b', 'a', 'b', 'a'].map((host, i) => ({ name: `n${i}`, side: undefined, host }))
    const { arcs, places } = ringOf(nodes, CENTER, 90)
    expect(arcs.map(({ name, is }) => `${is} ${name}`)).toEqual(['host b', 'host a'])
    for (const { name, host } of nodes) {
      const arc = arcs.find(arc => arc.name === host)
      const angle = places.get(name)?.angle ?? 0
      expect(angle > (arc?.from ?? 9) && angle < (arc?.to ?? 0)).toBe(true)
    }
    const oneHost = nodes.map(node => ({ ...node, host: 'a' }))
    expect(ringOf(oneHost, CENTER, 90).arcs).toEqual([])
    const cut = nodes.map((node, i) => ({ ...node, side: i < 2 ? 0 : 1 }))
    expect(ringOf(cut, CENTER, 90).arcs.map(({ name, is }) => `${is} ${name}`)).toEqual(['side A', 'side B'])
  })

  it('sets the sides of a partition apart, each in one arc', () => {
    const nodes = [0, 1, 0, 1, 0].map((side, i) => ({ name: `n${i}`, side }))
    const { arcs, places } = ringOf(nodes, CENTER, 90)
    expect(arcs.map(({ name, is }) => `${is} ${name}`)).toEqual(['side A', 'side B'])
    for (const { name, side } of nodes) {
      const arc = arcs.find(arc => arc.name === sideName(side ?? 0))
      const angle = places.get(name)?.angle ?? 0
      expect(angle > (arc?.from ?? 9) && angle < (arc?.to ?? 0)).toBe(true)
    }
    const [first, second] = arcs
    expect((second?.from ?? 0) - (first?.to ?? 0)).toBeGreaterThan(0.3)
  })
})

it('a connection is remembered when a partition takes it, and says how it is cut', () => {
  const paper = new PaperNetwork()
  paper.launch()
  const page = pageOf(paper.observer.state(), [
    ['miners-1', 'miners-2'],
    ['miners-2', 'miners-3'],
    ['miners-3', 'miners-4'],
    ['miners-4', 'miners-5'],
  ])
  const conditions = { latencyMs: 300, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: false }
  const link = (from: string, to: string, blocked: boolean) => ({
    ...{ from, to, blocked },
    conditions: { ...conditions, blocked },
  })
  const links = [
    link('miners-1', 'miners-2', true),
    link('miners-2', 'miners-1', true),
    link('miners-2', 'miners-3', true),
    link('miners-4', 'miners-3', false),
  ]
  const remembered = new Set<string>()
  const states = wiresOf({ ...page, links }, remembered).map(wire => wire.state)
  expect(states).toEqual(['cut', 'one-way', 'worse', 'absent'])
  expect(wiresOf({ ...page, edges: [], links }, remembered)).toHaveLength(4)
})

describe('the heatmap', () => {
  const block = (receivedMs: Record<string, number>, more: Partial<BlockState> = {}) =>
    ({
      miner: 'a',
      firstSeenMs: 5,
      running: 5,
      receivedMs,
      sources: {},
      apart: {},
      ...more,
    }) as unknown as BlockState

  it('counts each node once, in its row, without the miner and those kept apart', () => {
    const column = heatColumn(block({ a: 0, b: 1, c: 60, d: 99, e: 20_000, f: 9000 }, { apart: { f: true } }))
    expect(column.counts.reduce((sum, count) => sum + count, 0)).toBe(4)
    expect(column.counts[rowOf(60)]).toBe(2)
    expect(column.counts.at(-1)).toBe(1)
    expect(column.percentiles).toMatchObject({ running: 5, reached: 5, had: 6, p50Ms: 60, p90Ms: 20_000 })
  })

  it('places times in the rows that count them, rising', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 30_000, noNaN: true }),
        fc.double({ min: 0, max: 30_000, noNaN: true }),
        (a, b) => {
          const [low, high] = a < b ? [a, b] : [b, a]
          expect(heightOf(low)).toBeLessThanOrEqual(heightOf(high) + 1e-9)
          expect(Math.floor(heightOf(low) - 1e-9)).toBeLessThanOrEqual(rowOf(low))
          expect(heightOf(low)).toBeGreaterThanOrEqual(rowOf(low))
        },
      ),
    )
  })

  it('shows the rows that are used', () => {
    const used = rowsUsed([heatColumn(block({ b: 60, c: 3000 }))])
    expect(used.first).toBeLessThan(rowOf(60))
    expect(used.first + used.count - 1).toBeGreaterThan(rowOf(3000))
    expect(rowsUsed([])).toEqual({ first: 0, count: ROWS_MS.length })
    expect([1, 2, 3, 4].map(count => shadeOf(count, 4))).toEqual([1, 2, 3, 3])
  })
})

it('the exponential sums to the blocks there were, and halves where it should', () => {
  const counts = exponentialCounts({ binMs: 200, counts: Array(31).fill(0), count: 1000, sumMs: 0 }, 1000)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeCloseTo(1000, 6)
  const within = counts.slice(0, 5).reduce((sum, count) => sum + count, 0)
  expect(within).toBeCloseTo(1000 * (1 - Math.exp(-1)), 6)
})

it('the way of a block is told hop by hop, and only what is new', () => {
  const paper = new PaperNetwork()
  paper.launch()
  const before = pageOf(paper.observer.state())
  paper.block({ miner: 'miners-1' })
  const page = pageOf(paper.observer.state())
  const [first] = page.systems.ledger.blocks
  const sources = { 'miners-2': 'miners-1', 'miners-3': 'miners-2', 'miners-4': 'miners-3' }
  const ledger = { ...page.systems.ledger, blocks: [{ ...(first as BlockState), sources }] }
  const after = { ...page, systems: { ...page.systems, ledger } }
  const { hops, mined } = newHops(before, after)
  expect(mined).toEqual(['miners-1'])
  expect(hops).toEqual([
    { from: 'miners-1', to: 'miners-2', depth: 0 },
    { from: 'miners-2', to: 'miners-3', depth: 1 },
    { from: 'miners-3', to: 'miners-4', depth: 2 },
  ])
  expect(newHops(after, after)).toEqual({ hops: [], mined: [] })
})

it('hash power is told by node, and by group where there are many', () => {
  const few = new PaperNetwork()
  expect(powersOf(few.observer.state()).map(power => power.name)).toHaveLength(5)
  const many = new PaperNetwork(paperPlan(40, 1000))
  expect(powersOf(many.observer.state())).toEqual([
    { name: 'miners', askedHps: 40_000, measuredHps: 0, blocks: 0, expected: 0 },
  ])
})

it('faults that overlap lie in rows of their own', () => {
  const fault = (fromMs: number, toMs: number | undefined) => ({ fromMs, toMs }) as FaultState
  const [a, b, c, d] = [fault(0, 10), fault(5, undefined), fault(10, 20), fault(15, 30)]
  expect([...rowsOf([a, b, c, d] as FaultState[]).values()]).toEqual([0, 1, 0, 2])
})

it('axes have round numbers, and never too many', () => {
  expect([0, 3, 7, 10, 11, 480_000].map(roundUp)).toEqual([1, 5, 10, 10, 20, 500_000])
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 4e8 }), fc.integer({ min: 2, max: 12 }), (lengthMs, most) => {
      const ticks = timeTicks({ fromMs: 1e12 + 500, toMs: 1e12 + lengthMs }, 1e12, most)
      expect(ticks.length).toBeLessThanOrEqual(most + 1)
    }),
  )
})

it('what changed of a list is all that its reader needs', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ drop: fc.nat(4), add: fc.nat(4), tail: fc.boolean() }), { maxLength: 20 }),
      steps => {
        let list: object[] = []
        let copy: readonly object[] = []
        for (const { drop, add, tail } of steps) {
          const next = [...list.slice(drop), ...Array.from({ length: add }, () => ({}))]
          // Now and then every second one goes, as a series that is thinned out does.
          const after = tail ? next.filter((_, i) => i % 2 === 0) : next
          copy = moved(copy, windowChange(list, after))
          list = after
          expect(copy).toEqual(list)
          expect(copy.every((item, i) => item === list[i])).toBe(true)
        }
      },
    ),
  )
  expect(windowChange([1, 2], [1, 2])).toBeUndefined()
})
