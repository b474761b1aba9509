// The ledger's events told to a person, one line each.

import { plural, shortHash } from '../../format.ts'
import type { ObservedEvent } from '../../observe/events.ts'
import { info, type Told, warn } from '../../observe/told.ts'

export function narrate(event: ObservedEvent['event']): Told | undefined {
  switch (event.type) {
    case 'load-failed':
      return warn(`could not send a transaction: ${event.detail}`)
    case 'block-mined':
      return info(`mined block ${event.height} ${shortHash(event.hash)}${payments(event.transactions - 1)}`)
    case 'reorg':
      return warn(`left ${plural(event.depth, 'block')} for a longer chain, now at height ${event.height}`)
    case 'block-rejected':
      return warn(`refused block ${shortHash(event.hash)}: ${event.reason}`)
    default:
      return undefined
  }
}

const payments = (count: number) => (count > 0 ? `, ${plural(count, 'payment')}` : '')
