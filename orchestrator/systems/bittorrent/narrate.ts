// Events of BitTorrent told to a person, one line each.

import { formatBytes, formatDuration, plural } from '../../format.ts'
import type { ObservedEvent } from '../../observe/events.ts'
import { info, type Told, warn } from '../../observe/told.ts'
import { type SwarmEvent, swarmEvent } from './told.ts'
import { BAN_REASONS } from './words.ts'

export function narrate(event: ObservedEvent['event']): Told | undefined {
  const told = swarmEvent(event)
  return told && line(told)
}

function line(event: SwarmEvent): Told | undefined {
  switch (event.type) {
    case 'bittorrent/shared': {
      const { node, name, bytes, pieces } = event.data
      return info(`${node} shares ${name}: ${formatBytes(bytes)} in ${plural(pieces, 'piece')}`)
    }
    case 'bittorrent/failed':
      return warn(`${event.data.node}: ${event.data.name}: ${event.data.detail}`)
    case 'bittorrent/complete':
      return info(`has all ${formatBytes(event.verifiedBytes)} after ${formatDuration(event.ms)}`)
    case 'bittorrent/banned':
      return warn(`bans ${event.address}: ${BAN_REASONS[event.why]}`)
    case 'bittorrent/damaged':
      return warn(`${plural(event.pieces, 'piece')} on disk not what was verified: fetched anew`)
    case 'bittorrent/stuck':
      return warn(`cannot write what it gets: ${event.why}`)
    default:
      return undefined
  }
}
