// A netsplit whose nodes can run the tally.

import { variant } from '../variant.ts'

export const tallyVariant = () =>
  variant('tally', {
    'node/services.ts': 'test/support/tally/services.ts',
    'orchestrator/runtime/service-parts.ts': 'test/support/tally/parts.ts',
  })
