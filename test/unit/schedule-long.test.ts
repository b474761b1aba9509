// Long schedules: a hundred thousand steps are read, checked and run through at a cost that grows as they do, and last as long
// as anything may.

import { expect, it } from 'vitest'
import { whenTheyHold } from '../../orchestrator/chaos/due.ts'
import { Schedule } from '../../orchestrator/chaos/schedule.ts'

import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { scenarioProblems } from '../../orchestrator/spec/scenario.ts'
import type { PlannedStep } from '../../orchestrator/spec/types.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'
import { stateWith } from '../support/partial-state.ts'

const NODES = 'nodes: { miners: { count: 4, share: 100% } }\n'
const MOST = 100_000
const DAY_MS = 86_400_000

it('costs as much more to read as it is longer: no key is compared with all others', () => {
  const flat = (count: number) =>
    `files:\n${Array.from({ length: count }, (_, i) => `  f${i}: ""`).join('\n')}`
  const took = (count: number) => {
    const text = flat(count)
    const beganMs = performance.now()
    parseSpec(text, 'long.yaml', {})
    return performance.now() - beganMs
  }
  took(5_000)
  const short = Math.min(took(5_000), took(5_000), took(5_000))
  expect(Math.min(took(40_000), took(40_000)) / short).toBeLessThan(24)
})

it('has a hundred thousand steps and no more', () => {
  const roster = { nodes: ['a', 'b'], groups: new Map() }
  // Each after the one before, and the last of them after itself.
  const steps = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `s${i}`,
        { pause: 'a', after: `s${Math.min(i + 1, count - 1)}`, for: 1000 },
      ]),
    )
  const problems = (faults: object) =>
    scenarioProblems(faults as Parameters<typeof scenarioProblems>[0], undefined, roster)
  expect(problems(steps(MOST + 1))).toEqual([
    { path: ['faults'], message: '100001 faults are more than 100000' },
    { path: ['faults', `s${MOST}`, 'after'], message: 'it waits for itself' },
  ])
})

it('begins and ends after weeks', () => {
  const spec = `${NODES}faults:
  split: { partition: halves, at: 600h, for: 30d }
  flaps: { flapping: { cut: halves, period: 2d }, at: 300d, for: 30d }
  few: { churn: { nodes: all, away: 36h, rate: 2/d }, at: 364d, for: 1d }
`
  const [split, flaps, few] = makePlan(parseSpec(spec, 'long.yaml', {})).faults ?? []
  expect(split).toMatchObject({ trigger: { atMs: 25 * DAY_MS }, forMs: 30 * DAY_MS })
  expect(flaps).toMatchObject({ fault: { periodMs: 2 * DAY_MS } })
  expect(few?.fault).toMatchObject({ downMs: 1.5 * DAY_MS })
  expect(few?.fault).toMatchObject({ perMinute: expect.closeTo(2 / 1440, 12) })
})

/** A stage on which every fault takes at once; it counts what is asked of it. */
function stage(heightAt: (ms: number) => number) {
  let nowMs = 0
  const asked = { waits: 0, states: 0, injected: [] as string[] }
  const wakes = new Map<number, (() => void)[]>()
  const faults = new Set<string>()
  const on: ConstructorParameters<typeof Schedule>[1] = {
    get faults() {
      return [...faults]
    },
    inject: async (fault, { id = '', onBegun } = {}) => {
      asked.injected.push(`${nowMs} ${id}`)
      faults.add(id)
      onBegun?.()
      return { id, kind: fault.kind, target: 'a', asked: 'a', measured: 'a', verified: true }
    },
    heal: async id => {
      faults.delete(id)
      return []
    },
    state: () => {
      asked.states++
      return stateWith({ height: heightAt(nowMs), totals: {} })
    },
    nowMs: () => nowMs,
    wait: ms => {
      asked.waits++
      const at = nowMs + Math.max(0, ms)
      return new Promise(resolve => wakes.set(at, [...(wakes.get(at) ?? []), resolve]))
    },
    note: () => {},
  }
  const flow = async (done: Promise<unknown>) => {
    let over = false
    void done.then(() => {
      over = true
    })
    while (!over) {
      await new Promise(resolve => setImmediate(resolve))
      const next = Math.min(...wakes.keys())
      if (next === Number.POSITIVE_INFINITY) continue
      nowMs = next
      for (const wake of wakes.get(next) ?? []) wake()
      wakes.delete(next)
    }
  }
  return { on, asked, flow }
}

const stepOf = (i: number, trigger: PlannedStep['trigger']): PlannedStep => ({
  ...{ name: `s${i}`, fault: { kind: 'pause', nodes: 'a' } as const, trigger, forMs: 10 },
})

it('has one who waits for the next time, however many steps are ahead', async () => {
  const steps = Array.from({ length: 2000 }, (_, i) =>
    stepOf(i, { on: 'time', atMs: 100 * Math.floor(i / 2) }),
  )
  const { on, asked, flow } = stage(() => 0)
  const run = new Schedule(steps, on).run(new AbortController().signal)
  expect(asked.waits).toBe(1)
  await flow(run)
  expect(asked.injected.slice(0, 3)).toEqual(['0 s0', '0 s1', '100 s2'])
  expect(asked.injected).toHaveLength(2000)
  expect((await run).every(({ verified, toMs = 0, fromMs = 0 }) => verified && toMs - fromMs === 10)).toBe(
    true,
  )
})

it('looks at the state once a look, and not once a step', async () => {
  const steps = Array.from({ length: 500 }, (_, i) =>
    stepOf(i, { on: 'state', metric: 'height', operator: '>=', value: i }),
  )
  const { on, asked, flow } = stage(ms => Math.floor(ms / 50))
  const run = new Schedule(steps, on).run(new AbortController().signal)
  await flow(run)
  expect(asked.injected.slice(0, 3)).toEqual(['0 s0', '50 s1', '100 s2'])
  expect(asked.injected).toHaveLength(500)
  expect(asked.states).toBeLessThan(600)
})

it('looks less often the longer it waits, and is late by a hundred-thousandth at most', async () => {
  let nowMs = 0
  let looks = 0
  const atMs = 600 * 3_600_000 + 1
  const [come] = whenTheyHold(['height'], {
    metricOf: metric => metric,
    measured: () => {
      looks++
      return nowMs
    },
    holds: (_, value) => value >= atMs,
    over: () => false,
    wait: async ms => {
      nowMs += ms
    },
    sinceMs: () => nowMs,
    looked: () => {},
  })
  expect(await come).toBe(true)
  expect(nowMs - atMs).toBeLessThanOrEqual(atMs / 100_000)
  // One each 50 ms would be 43 million.
  expect(looks).toBeLessThan(1_000_000)
})

it('keeps those in force in the state, however many came after', () => {
  const paper = new PaperNetwork(paperPlan(2))
  const started = (id: string) =>
    paper.testnet({ type: 'fault-started', id, kind: 'pause', target: 'a', detail: '' })
  started('long')
  for (let i = 0; i < 450; i++) {
    started(`s${i}`)
    paper.testnet({ type: 'fault-ended', id: `s${i}` })
  }
  const ids = paper.observer.state().faults.map(({ id }) => id)
  expect(ids).toHaveLength(200)
  expect([ids[0], ids[1], ids.at(-1)]).toEqual(['long', 's251', 's449'])
})
