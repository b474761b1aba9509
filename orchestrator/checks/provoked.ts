// Did the faults make a difference? One that provoked nothing shows nothing, and the run says so.

import { isOver } from '../chaos/faults.ts'
import { plural } from '../format.ts'
import type { PlannedStep } from '../spec/types.ts'
import { systemsIn } from '../systems/present.ts'
import { type Check, type Ground, startOf } from './check.ts'
import { islandsOf } from './islands.ts'

/** Of a fault that lasts for weeks as many samples as of one that lasts for a quarter of an hour. */
const SAMPLE_MS = 100
const MOST_SAMPLES = 10_000

/** Step → what it provoked; false: nothing. */
export type Provocations = ReadonlyMap<string, boolean>

/** Watches every step from its beginning to its end. Resolves when all have ended. */
export async function watchProvocations(ground: Ground): Promise<Provocations> {
  const found = await Promise.all(
    ground.steps.map(async step => [step.name, await provokes(ground, step)] as const),
  )
  return new Map(found)
}

export const provoked: Check = {
  name: 'provoked',
  describe: 'every fault made a difference: a fork, a lag, a node away while others went on',
  run: async (ground, wish) => {
    const provocations = await watchProvocations(ground)
    await startOf(ground, wish)
    const idle = [...provocations].filter(([, something]) => !something).map(([name]) => name)
    return {
      passed: idle.length === 0,
      asked: `${plural(provocations.size, 'fault')}, each to make a difference`,
      measured: `${provocations.size - idle.length} of ${provocations.size}`,
      ...(idle.length > 0 && { message: `${idle.join(', ')} provoked nothing` }),
    }
  },
}

/** It made a difference to one of the systems. */
async function provokes(ground: Ground, step: PlannedStep): Promise<boolean> {
  const { name, fault } = step
  if ((await ground.moments.began(name)) === undefined) return false
  const looks = systemsIn(ground.state()).map(system => ({ system, before: system.progress(ground.state()) }))
  const { apart, nobodyRan } = await watched(ground, step)
  if (isOver(fault)) return true
  // Split in two, the nodes must come to differ: for longer than that takes by itself.
  if (islandsOf(ground.plan, step).length > 1)
    return looks.some(({ system }) => (apart.get(system.name) ?? 0) >= system.apartMs(ground.plan))
  if (nobodyRan) return true
  return looks.some(({ system, before }) => system.progress(ground.state()) > before)
}

interface Watched {
  /** System → the longest time for which its nodes differed, in ms. */
  readonly apart: ReadonlyMap<string, number>
  /** There was a moment at which no node ran. */
  readonly nobodyRan: boolean
}

/** Samples the network until the step ends. */
async function watched(ground: Ground, { name: step, forMs }: PlannedStep): Promise<Watched> {
  let over = false
  void ground.moments.ended(step).then(() => {
    over = true
  })
  const systems = systemsIn(ground.state())
  const apart = new Map<string, number>()
  const sinceMs = new Map<string, number>(systems.map(({ name }) => [name, ground.nowMs()]))
  let nobodyRan = false
  while (!over) {
    const state = ground.state()
    const nowMs = ground.nowMs()
    nobodyRan ||= !state.nodes.some(node => node.phase === 'running')
    for (const system of systems) {
      if (!system.differs(state, ground.plan)) sinceMs.set(system.name, nowMs)
      const longestMs = nowMs - (sinceMs.get(system.name) ?? nowMs)
      apart.set(system.name, Math.max(apart.get(system.name) ?? 0, longestMs))
    }
    await ground.wait(Math.max(SAMPLE_MS, forMs / MOST_SAMPLES))
  }
  return { apart, nobodyRan }
}
