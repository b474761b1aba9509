// Trackers on the page: all that is kept of them.

import { smallPart } from '../../../web/part.ts'
import type { TrackerState } from '../state.ts'

declare module '../../states.ts' {
  interface SystemPages {
    readonly tracker: TrackerState
  }
}

export const trackerPart = smallPart(({ systems }) => systems.tracker)
