// A child of pool.ts: one simulation a message, until its parent lets go.

import type { ScenarioReport } from '../run/scenario-report.ts'
import { makePlan } from '../spec/plan.ts'
import type { Spec } from '../spec/schema.ts'
import type { RunOutcome, Wish } from './run.ts'
import type { FailedRun } from './summary.ts'

/** Set in the environment of such a child. */
export const RUNNER_MARK = 'NETSPLIT_RUNS'

/** `scenario`: with its faults and checks, as `fuzz` runs it; else for its figures. */
export interface Job extends Wish {
  readonly spec: Spec
  readonly seed: number
  readonly scenario?: boolean
}

export type Answer =
  | { readonly outcome: RunOutcome }
  | { readonly report: ScenarioReport }
  | { readonly failed: FailedRun }

export function isRunner(self: NodeJS.Process): boolean {
  return self.env[RUNNER_MARK] !== undefined && self.send !== undefined
}

/** Until its parent lets go, or has died: a run in the middle is nobody's then, and ends with the process. */
export async function serveRuns(self: NodeJS.Process): Promise<void> {
  self.on('message', (job: Job) => {
    void runJob(job).then(answer => hand(self, answer, job.seed))
  })
  await new Promise<void>(resolve => self.once('disconnect', resolve))
  self.exit()
}

/** Rows may be more than one message can hold. */
function hand(self: NodeJS.Process, answer: Answer, seed: number): void {
  try {
    self.send?.(answer)
  } catch (error) {
    const message = `what it has to tell is too much: ${(error as Error).message}`
    self.send?.({ failed: { seed, message } } satisfies Answer)
  }
}

async function runJob({ spec, seed, scenario, ...wish }: Job): Promise<Answer> {
  try {
    if (scenario) {
      const { rehearse } = await import('../fuzz/rehearse.ts')
      return { report: await rehearse(makePlan({ ...spec, seed })) }
    }
    // The nodes' code, which other commands do without.
    const { simulateOnce } = await import('./run.ts')
    return { outcome: await simulateOnce(makePlan({ ...spec, seed }), wish) }
  } catch (error) {
    return { failed: { seed, message: error instanceof Error ? error.message : String(error) } }
  }
}
