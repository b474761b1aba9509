// A fault that lasts for weeks is looked at as often as one of a quarter of an hour, and what it does is seen all the same.

import { expect, it } from 'vitest'
import { Moments } from '../../orchestrator/chaos/moments.ts'
import { watchProvocations } from '../../orchestrator/checks/provoked.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { groundOf } from '../support/ground.ts'
import { stateWith } from '../support/partial-state.ts'

const plan = makePlan(
  parseSpec(
    'nodes: { m: { count: 2, share: 100% } }\nfaults: { cut: { partition: halves, at: 0s, for: 30d } }',
    'test',
    {},
  ),
)

it.each([
  ['that differ', 2, true],
  ['that agree', 1, false],
])('two halves %s for thirty days', async (_what, tips, provoked) => {
  const steps = plan.faults ?? []
  const moments = new Moments(steps, 0)
  let nowMs = 0
  let looks = 0
  const nodes = ['m-1', 'm-2'].map((name, i) => ({
    name,
    phase: 'running',
    height: 5,
    tip: `${tips === 1 ? 0 : i}`,
  }))
  const ground = groundOf({
    ...{ plan, steps, moments, nowMs: () => nowMs },
    state: () => stateWith({ nodes, height: 5, tips, totals: {}, nowMs }),
    wait: async ms => {
      looks++
      nowMs += ms
      if (nowMs >= 30 * 86_400_000) moments.markEnded('cut', nowMs)
      if (looks % 50 === 0) await new Promise(resolve => setImmediate(resolve))
    },
  } as Parameters<typeof groundOf>[0])
  moments.markBegan('cut', 0)
  expect(await watchProvocations(ground)).toEqual(new Map([['cut', provoked]]))
  expect(looks).toBeGreaterThan(9_000)
  expect(looks).toBeLessThan(11_000)
})
