// In the place of orchestrator/runtime/service-parts.ts, in a build whose nodes can run the tally.

import * as own from '../../../orchestrator/runtime/service-parts.ts'
import { besideTally } from './beside.ts'

export const { SERVICE_NAMES, keepsPeers, reachedBy, seenOf, servicesOf, serviceConfig } = besideTally(own)
