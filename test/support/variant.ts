// A netsplit with other modules in the place of some: its folder, built when it is first asked for.

import { resolve } from 'node:path'
import type { Replacements } from '../../scripts/variant.ts'

export async function variant(name: string, replacements: Replacements): Promise<string> {
  // What scripts/bootstrap.mjs defines for the scripts that it bundles.
  Object.assign(globalThis, { ROOT_FOLDER: resolve('.') })
  const { buildVariant } = await import('../../scripts/variant.ts')
  return await buildVariant(name, replacements)
}
