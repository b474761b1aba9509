// A ground for checks of which the test says what it must know.

import { Moments } from '../../orchestrator/chaos/moments.ts'
import { findCheck } from '../../orchestrator/checks/all.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { paperPlan } from './network-double.ts'

/** A ground of which the test says what it must know; its time passes when it is waited for. */
export function groundOf(parts: Partial<Ground> & { readonly plan?: Plan }): Ground {
  const moments = new Moments([], 0)
  moments.markHealed(0)
  let nowMs = 0
  return {
    plan: paperPlan(3),
    steps: [],
    moments,
    state: () => ({ nodes: [], totals: { blocks: 0 } }) as unknown as NetworkState,
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

export const verdictOf = (
  name: string,
  ground: Ground,
  numbers: { readonly [setting: string]: number } = {},
) => findCheck(name).run(ground, { name, within: { ms: 5_000, after: 'heal' }, numbers })
