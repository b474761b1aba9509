// The stand-in as a program, built for the tests that start it.

import { join } from 'node:path'

/** Its path; it is built when its sources are others than they were. */
export async function standIn(): Promise<string> {
  // What scripts/bootstrap.mjs defines for the scripts that it bundles.
  Object.assign(globalThis, { ROOT_FOLDER: join(import.meta.dirname, '..', '..', '..') })
  const { buildStandIn } = await import('../../../scripts/core-stand-in.ts')
  return await buildStandIn()
}
