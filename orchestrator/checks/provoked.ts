// Did the faults make a difference? One that provoked nothing shows nothing, and the run says so.

import { INSTANT_KINDS } from '../chaos/faults.ts'
import { plural } from '../format.ts'
import type { PlannedStep } from '../spec/types.ts'
import { type Check, type Ground, startOf } from './check.ts'
import { islandsOf } from './islands.ts'

const SAMPLE_MS = 100

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

async function provokes(ground: Ground, step: PlannedStep): Promise<boolean> {
  const { name, fault } = step
  if ((await ground.moments.began(name)) === undefined) return false
  const blocksBefore = ground.state().systems.ledger.totals.blocks
  const apart = await longestApart(ground, name)
  if (INSTANT_KINDS.includes(fault.kind)) return true
  // Split in two, the nodes must come to disagree: for longer than any block takes to cross a whole network.
  if (islandsOf(ground.plan, step).length > 1) return apart.longestMs >= ground.plan.chain.blockIntervalMs
  if (apart.nobodyRan) return true
  return ground.state().systems.ledger.totals.blocks > blocksBefore
}

interface Apart {
  /** The longest time without one tip. */
  readonly longestMs: number
  /** There was a moment at which no node ran. */
  readonly nobodyRan: boolean
}

/** Samples the network until the step ends. */
async function longestApart(ground: Ground, step: string): Promise<Apart> {
  let over = false
  void ground.moments.ended(step).then(() => {
    over = true
  })
  let longestMs = 0
  let nobodyRan = false
  let sinceMs = ground.nowMs()
  while (!over) {
    const {
      nodes,
      systems: {
        ledger: { tips },
      },
    } = ground.state()
    nobodyRan ||= !nodes.some(node => node.phase === 'running')
    if (tips <= 1) sinceMs = ground.nowMs()
    longestMs = Math.max(longestMs, ground.nowMs() - sinceMs)
    await ground.wait(SAMPLE_MS)
  }
  return { longestMs, nobodyRan }
}
