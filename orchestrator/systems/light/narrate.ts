// Events of light clients told to a person, one line each.

import { formatCoins, plural } from '../../format.ts'
import type { ObservedEvent } from '../../observe/events.ts'
import { info, type Told, warn } from '../../observe/told.ts'

export function narrate(event: ObservedEvent['event']): Told | undefined {
  switch (event.type) {
    case 'light-payment':
      if (event.height === 0) return warn(`a payment of ${formatCoins(event.sat)} is in no block any more`)
      return event.sat > 0 ? info(`sees ${formatCoins(event.sat)} come in block ${event.height}`) : undefined
    case 'light-tip':
      return event.depth > 0
        ? warn(`left ${plural(event.depth, 'header')} for more work, now at height ${event.height}`)
        : undefined
    case 'light-dispute':
      return warn(`its peers differ about the filter of block ${event.height}`)
    case 'light-liar':
      return warn(`${event.address} lies to it (${event.lie}, height ${event.height}), and is banned`)
    default:
      return undefined
  }
}
