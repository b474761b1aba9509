// A netsplit whose nodes can run rumours.

import { variant } from '../variant.ts'

export const rumourVariant = () =>
  variant('rumour', {
    'node/services.ts': 'test/support/rumour/service.ts',
    'orchestrator/systems/all.ts': 'test/support/rumour/system.ts',
    'orchestrator/systems/faces.ts': 'test/support/rumour/faces.ts',
    'orchestrator/systems/pages.ts': 'test/support/rumour/pages.ts',
    'orchestrator/systems/views.ts': 'test/support/rumour/page/views.ts',
    'orchestrator/systems/sections.ts': 'test/support/rumour/sections.ts',
  })
