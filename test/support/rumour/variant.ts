// A netsplit whose nodes can run rumours: its folder, built when it is first asked for.

import { resolve } from 'node:path'

export async function rumourVariant(): Promise<string> {
  // What scripts/bootstrap.mjs defines for the scripts that it bundles.
  Object.assign(globalThis, { ROOT_FOLDER: resolve('.') })
  const { buildVariant } = await import('../../../scripts/variant.ts')
  return await buildVariant('rumour', {
    'node/services.ts': 'test/support/rumour/service.ts',
    'orchestrator/systems/all.ts': 'test/support/rumour/system.ts',
    'orchestrator/systems/faces.ts': 'test/support/rumour/faces.ts',
    'orchestrator/systems/pages.ts': 'test/support/rumour/pages.ts',
    'orchestrator/systems/views.ts': 'test/support/rumour/page/views.ts',
    'orchestrator/systems/sections.ts': 'test/support/rumour/sections.ts',
  })
}
