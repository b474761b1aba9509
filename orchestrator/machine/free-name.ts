// Runs that nobody named: any number of them at once. Each takes the plan's name, or the next that is free: `-2`, `-3` …
// Claiming a name is atomic between processes, so whoever has the name has the run directory that goes with it.

import { runDirectory } from '../run/run-directory.ts'
import type { Plan } from '../spec/types.ts'
import { NameTaken } from './networks.ts'
import { networkName } from './paths.ts'

const MAX_NAME = 40

/** `run` gets the plan under a name, and where its record goes; it is called again while it rejects with NameTaken. */
export async function underFreeName<T>(
  plan: Plan,
  run: (named: Plan, directory: string) => Promise<T>,
): Promise<T> {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`
    const network = networkName(`${plan.network.slice(0, MAX_NAME - suffix.length)}${suffix}`)
    try {
      return await run({ ...plan, network }, runDirectory(undefined, network, Date.now()))
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error
    }
  }
}
