// The services that a node can run: the one list of them. A build may put another in its place (scripts/variant.ts).

import { bitcoin } from './bitcoin.ts'
import { bittorrent } from './bittorrent.ts'
import type { ServiceKind } from './kind.ts'
import { tracker } from './tracker.ts'

export const SERVICES: readonly ServiceKind[] = [bitcoin, bittorrent, tracker]
