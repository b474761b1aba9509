// A ground for checks of which the test says what it must know, and a schedule that runs through its faults.

import { Moments } from '../../orchestrator/chaos/moments.ts'
import { findCheck } from '../../orchestrator/checks/all.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import type { Plan, PlannedStep } from '../../orchestrator/spec/types.ts'
import { paperPlan } from './network-double.ts'
import { stateWith } from './partial-state.ts'

/** A ground of which the test says what it must know; its time passes when it is waited for. */
export function groundOf(parts: Partial<Ground> & { readonly plan?: Plan }): Ground {
  const moments = new Moments([], 0)
  moments.markHealed(0)
  let nowMs = 0
  return {
    plan: paperPlan(3),
    steps: [],
    moments,
    state: () => stateWith({ totals: { blocks: 0 } }),
    rpc: async (_, method) => {
      throw new Error(`nobody answers ${method}`)
    },
    resumedHeight: () => undefined,
    lives: () => 1,
    troubles: () => [],
    descriptors: () => undefined,
    nowMs: () => nowMs,
    wait: async ms => {
      nowMs += ms
    },
    ...parts,
  }
}

/** Of a network that runs, with no schedule. */
export function groundIn(testnet: Testnet): Ground {
  return groundOf({
    plan: testnet.plan,
    state: () => testnet.state(),
    rpc: (node, method, params) => testnet.rpc(node, method, params),
    nowMs: () => testnet.nowMs(),
    wait: ms => testnet.wait(ms),
  })
}

export const verdictOf = (
  name: string,
  ground: Ground,
  numbers: { readonly [setting: string]: number } = {},
) => findCheck(name).run(ground, { name, within: { ms: 5_000, after: 'heal' }, numbers })

export type Fault = PlannedStep['fault']

/** Steps of these faults, and the moments of a schedule that runs them in order with `during` in the middle of each. */
export function scheduleOf(faults: Record<string, Fault>, during: (step: string) => void = () => {}) {
  const steps = Object.entries(faults).map(
    ([name, fault]) => ({ name, fault, forMs: 1000 }) as unknown as PlannedStep,
  )
  const moments = new Moments(steps, 0)
  const run = async () => {
    for (const step of steps) {
      await moments.announce(step)
      moments.markBegan(step.name, 1)
      during(step.name)
      await new Promise(resolve => setImmediate(resolve)) // checks do what they do when it begins
      await moments.announceEnd(step)
      moments.markEnded(step.name, 2)
    }
    moments.markHealed(2)
  }
  return { steps, moments, run }
}
