// Suites that run the product need dist/ to be made from these very sources.

import { join } from 'node:path'

export async function setup(): Promise<void> {
  // What scripts/bootstrap.mjs defines for the scripts that it bundles.
  Object.assign(globalThis, { ROOT_FOLDER: join(import.meta.dirname, '..', '..') })
  const { buildIfStale } = await import('../../scripts/build.ts')
  await buildIfStale()
}
