// The list of services with one more, in the place of node/services.ts.

import type { ServiceKind } from '../../../node/kind.ts'
import { SERVICES as OWN } from '../../../node/services.ts'
import { rumour } from './service.ts'

export const SERVICES: readonly ServiceKind[] = [...OWN, rumour]
