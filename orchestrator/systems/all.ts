// The one list of systems.

import { bittorrent } from './bittorrent/system.ts'
import { ledger } from './ledger/system.ts'
import { light } from './light/system.ts'
import { p2p } from './p2p/system.ts'
import type { System } from './system.ts'
import { tracker } from './tracker/system.ts'

export const SYSTEMS: readonly System[] = [ledger, light, p2p, bittorrent, tracker]
