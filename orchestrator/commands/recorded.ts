// A run whose record is not whole is a failed run, whatever else went well: nobody can look into it, or run it again.

import { EXIT, UserError } from '../errors.ts'
import { say } from './say.ts'

/** Says of each run what its record lacks; the exit code is that of a failure then, else `otherwise`. */
export function recordedOr(
  otherwise: number,
  runs: readonly { readonly runDirectory: string; readonly unrecorded?: string }[],
): number {
  const cut = runs.filter(({ unrecorded }) => unrecorded !== undefined)
  for (const { runDirectory, unrecorded } of cut) say(notWhole(runDirectory, unrecorded))
  return cut.length > 0 ? EXIT.failure : otherwise
}

export function notWhole(runDirectory: string, unrecorded: string | undefined): string {
  return `the record of this run is not whole, so the run has failed: ${unrecorded} missing in ${runDirectory}`
}

/** Carries out what is left to do when all has been told: each failure is said, and none hides the next. */
export async function afterwards(
  otherwise: number,
  tasks: readonly (() => void | Promise<void>)[],
): Promise<number> {
  let exitCode = otherwise
  for (const task of tasks) {
    try {
      await task()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      say(error.message)
      exitCode = error.exitCode
    }
  }
  return exitCode
}
