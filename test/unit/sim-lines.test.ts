// The fluid of shared lines: max–min fair rates, and lanes over them.

import { expect, test } from 'vitest'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { Lane } from '../../orchestrator/runtime/sim/lane.ts'
import { Flow, Line } from '../../orchestrator/runtime/sim/lines.ts'

const MBIT = 1e6
const EPOCH_MS = 1.7e12

/** Lanes over lines, and when what they were given arrived, in ms from the start. */
function world() {
  const clock = new VirtualClock(EPOCH_MS)
  const random = createRandom('lines')
  const arrived: [name: string, ms: number][] = []
  const lane = (name: string, lines: readonly Line[], link = {}) =>
    new Lane(
      clock,
      random.fork(name),
      { ...PERFECT_LINK, ...link },
      {
        onFrame: () => arrived.push([name, clock.now() - EPOCH_MS]),
        onGiveUp: () => arrived.push([`${name} gave up`, clock.now() - EPOCH_MS]),
      },
      lines,
    )
  const at = (name: string) => arrived.filter(([who]) => who === name).map(([, ms]) => ms)
  return { clock, lane, at, run: () => clock.runUntil(EPOCH_MS + 1e7) }
}

const frame = new Uint8Array(1)
const MB = 1_000_000

test('a megabyte over 10 Mbit takes 800 ms, and ten of them over the same line ten times that', () => {
  const alone = world()
  alone.lane('one', [new Line(10 * MBIT)]).send(MB, frame)
  alone.run()
  expect(alone.at('one')[0]).toBeCloseTo(800, 1)
  const ten = world()
  const up = new Line(10 * MBIT)
  for (let i = 0; i < 10; i++) ten.lane('each', [up]).send(MB, frame)
  ten.run()
  expect(ten.at('each')).toHaveLength(10)
  for (const ms of ten.at('each')) expect(ms).toBeCloseTo(8000, 0)
})

test('who is held back elsewhere leaves the rest to the others', () => {
  const { clock } = world()
  const up = new Line(10 * MBIT)
  const flows = [[up, new Line(1 * MBIT)], [up, new Line(100 * MBIT)], [up]].map(
    lines => new Flow(clock, lines, () => {}),
  )
  for (const flow of flows) flow.begin(MB)
  expect(flows.map(({ rateBps }) => Math.round(rateBps))).toEqual([1 * MBIT, 4.5 * MBIT, 4.5 * MBIT])
  flows[2]?.end()
  expect(flows.map(({ rateBps }) => Math.round(rateBps))).toEqual([1 * MBIT, 9 * MBIT, 0])
})

/** Rates by filling up all at once (the textbook's algorithm), for comparison. */
function filled(capacities: readonly number[], paths: readonly (readonly number[])[]): number[] {
  const rate = paths.map(() => 0)
  const rest = [...capacities]
  const open = new Set(paths.keys())
  while (open.size > 0) {
    const users = rest.map((_, line) => [...open].filter(flow => paths[flow]?.includes(line)).length)
    const step = Math.min(
      ...rest.map((bps, line) => (users[line] ? bps / users[line] : Number.POSITIVE_INFINITY)),
    )
    for (const flow of open) rate[flow] = (rate[flow] ?? 0) + step
    for (const line of rest.keys()) rest[line] = (rest[line] ?? 0) - step * (users[line] ?? 0)
    const full = [...rest.keys()].filter(
      line => users[line] && (rest[line] ?? 0) < 1e-6 * (capacities[line] ?? 0),
    )
    for (const flow of [...open]) if (full.some(line => paths[flow]?.includes(line))) open.delete(flow)
  }
  return rate
}

test('rates are max–min fair in any network, whoever comes and goes', () => {
  const random = createRandom('max-min')
  for (let trial = 0; trial < 200; trial++) {
    const clock = new VirtualClock(EPOCH_MS)
    const nodes = 2 + random.int(12)
    const capacities = Array.from({ length: 2 * nodes }, () => (1 + random.int(20)) * MBIT)
    const lines = capacities.map(bps => new Line(bps))
    const there = new Map<Flow, number[]>()
    for (let change = 0; change < 60; change++) {
      const gone = [...there.keys()][random.int(Math.max(1, there.size))]
      if (gone && random.float() < 0.35) {
        gone.end()
        there.delete(gone)
      } else if (random.float() < 0.1) {
        const line = random.int(lines.length)
        capacities[line] = (1 + random.int(20)) * MBIT
        lines[line]?.set(capacities[line] as number)
      } else {
        const path = [random.int(nodes), nodes + random.int(nodes)]
        const flow = new Flow(
          clock,
          path.map(line => lines[line] as Line),
          () => {},
        )
        there.set(flow, path)
        flow.begin(1e12)
      }
      const wanted = filled(capacities, [...there.values()])
      const rates = [...there.keys()].map(({ rateBps }) => rateBps)
      for (const [i, rate] of rates.entries())
        expect(rate / (wanted[i] as number), `trial ${trial}, change ${change}`).toBeCloseTo(1, 6)
    }
  }
})

test('up and down are lines of their own', () => {
  const { lane, at, run } = world()
  const [up, down] = [new Line(8 * MBIT), new Line(8 * MBIT)]
  lane('sent', [up]).send(MB, frame)
  lane('received', [down]).send(MB, frame)
  run()
  expect(at('sent')[0]).toBeCloseTo(1000, 1)
  expect(at('received')[0]).toBeCloseTo(1000, 1)
})

test('what a pair has of its own holds as well', () => {
  const { lane, at, run } = world()
  const up = new Line(10 * MBIT)
  lane('thin', [up], { bandwidthBps: 2 * MBIT }).send(MB, frame)
  lane('wide', [up]).send(MB, frame)
  run()
  expect(at('thin')[0]).toBeCloseTo(4000, 0)
  expect(at('wide')[0]).toBeCloseTo(1000, 0)
})

test('a packet goes ahead of large frames, which are so much later; a flood of packets takes turns with them', () => {
  const { lane, at, run, clock } = world()
  const up = new Line(1 * MBIT)
  lane('large', [up]).send(125_000, frame)
  const small = lane('small', [up], { latencyMs: 5 })
  clock.runUntil(EPOCH_MS + 500)
  for (let i = 0; i < 4; i++) small.send(1250, frame)
  run()
  expect(at('small').map(ms => Math.round(ms))).toEqual([515, 525, 535, 545])
  expect(at('large')[0]).toBeCloseTo(1040, 0)
  const flood = world()
  const line = new Line(1 * MBIT)
  flood.lane('large', [line]).send(125_000, frame)
  const many = flood.lane('many', [line])
  for (let i = 0; i < 100; i++) many.send(1250, frame)
  flood.run()
  expect(Math.max(...flood.at('many'))).toBeCloseTo(1900, 0)
  expect(flood.at('large')[0]).toBeCloseTo(2000, 0)
})

test('a cut takes its share from nobody, and what was under way sets out again', () => {
  const { lane, at, run, clock } = world()
  const up = new Line(10 * MBIT)
  const cut = lane('cut', [up])
  cut.send(MB, frame)
  lane('other', [up]).send(MB, frame)
  clock.runUntil(EPOCH_MS + 100)
  cut.set({ ...PERFECT_LINK, blocked: true }, [up])
  clock.runUntil(EPOCH_MS + 60_000)
  expect(at('other')[0]).toBeCloseTo(100 + 937_500 / 1250, 0)
  cut.set(PERFECT_LINK, [up])
  run()
  expect(at('cut')[0]).toBeCloseTo(60_800, 0)
})

test('a line that grows thinner is felt at once; one that goes, goes', () => {
  const { lane, at, run, clock } = world()
  const up = new Line(10 * MBIT)
  const one = lane('one', [up])
  one.send(MB, frame)
  clock.runUntil(EPOCH_MS + 400)
  up.set(1 * MBIT)
  clock.runUntil(EPOCH_MS + 1400)
  up.set(10 * MBIT)
  run()
  expect(at('one')[0]).toBeCloseTo(1400 + 300, 0)
  one.send(MB, frame)
  one.set(PERFECT_LINK)
  run()
  expect(at('one')).toHaveLength(2)
})
