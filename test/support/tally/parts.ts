// In the place of orchestrator/runtime/service-parts.ts, in a build whose nodes can run the tally.

import * as own from '../../../orchestrator/runtime/service-parts.ts'
import { besideTally } from './beside.ts'

export const { keepsPeers, reachedBy, seenOf } = own
export const { SERVICE_NAMES, servicesOf, serviceConfig } = besideTally(own)
