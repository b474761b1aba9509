// A netsplit whose nodes can run the tally: its folder, built when it is first asked for.

import { resolve } from 'node:path'

export async function tallyVariant(): Promise<string> {
  // What scripts/bootstrap.mjs defines for the scripts that it bundles.
  Object.assign(globalThis, { ROOT_FOLDER: resolve('.') })
  const { buildVariant } = await import('../../../scripts/variant.ts')
  return await buildVariant('tally', {
    'node/services.ts': 'test/support/tally/services.ts',
    'orchestrator/runtime/service-parts.ts': 'test/support/tally/parts.ts',
  })
}
