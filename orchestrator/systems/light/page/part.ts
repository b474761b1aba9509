// Light clients on the page: all that is kept of them.

import { smallPart } from '../../../web/part.ts'
import type { LightState } from '../state.ts'

declare module '../../states.ts' {
  interface SystemPages {
    readonly light: LightState
  }
}

export const lightPart = smallPart(({ systems }) => systems.light)
