// The one list of systems.

import { ledger } from './ledger/system.ts'
import { p2p } from './p2p/system.ts'
import type { System } from './system.ts'

export const SYSTEMS: readonly System[] = [ledger, p2p]
