// The list of systems with one more, in the place of orchestrator/systems/all.ts.

import { SYSTEMS as OWN } from '../../../orchestrator/systems/all.ts'
import type { System } from '../../../orchestrator/systems/system.ts'
import { rumourSystem } from './system.ts'

export const SYSTEMS: readonly System[] = [...OWN, rumourSystem]
