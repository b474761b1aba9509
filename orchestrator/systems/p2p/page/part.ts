// Bare peers on the page: all that is kept of them.

import { smallPart } from '../../../web/part.ts'
import type { PeersState } from '../state.ts'

declare module '../../states.ts' {
  interface SystemPages {
    readonly p2p: PeersState
  }
}

export const p2pPart = smallPart(({ systems }) => systems.p2p)
