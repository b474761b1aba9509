// The ledger's events told to a person, one line each.

import type { NodeEvent } from '../../../node/api.ts'
import { plural, shortHash } from '../../format.ts'
import type { ObservedEvent } from '../../observe/events.ts'
import { error, info, type Told, warn } from '../../observe/told.ts'

export function narrate(event: ObservedEvent['event']): Told | undefined {
  switch (event.type) {
    case 'strategy':
      return event.word === 'failed'
        ? error(`its strategy failed, and it is honest from here on: ${event.facts.why}`)
        : info(`${event.strategy}: ${event.word}${factsText(event.facts)}`)
    case 'load-failed':
      return warn(`could not send a transaction: ${event.detail}`)
    case 'block-mined':
      return info(`mined block ${event.height} ${shortHash(event.hash)}${payments(event.transactions - 1)}`)
    case 'reorg':
      return warn(`left ${plural(event.depth, 'block')} for a longer chain, now at height ${event.height}`)
    case 'block-rejected':
      return warn(
        `refused block ${shortHash(event.hash)}: ${event.reason}${event.deployment === undefined ? '' : `, by ${event.deployment}`}`,
      )
    case 'deployment':
      return info(movedText(event))
    case 'unknown-rules':
      return warn(
        `unknown new rules are in force (version bit ${event.bits.join(', ')}): it may be out of date`,
      )
    default:
      return undefined
  }
}

function movedText({ name, state, since, activeFrom }: Extract<NodeEvent, { type: 'deployment' }>): string {
  if (state === 'must_signal') return `${name}: blocks must signal from height ${since} on`
  if (state === 'locked_in') return `${name} locked in at height ${since}, active from ${activeFrom}`
  return state === 'defined' ? `${name} is defined, and no more` : `${name} ${state} from height ${since} on`
}

const payments = (count: number) => (count > 0 ? `, ${plural(count, 'payment')}` : '')

const factsText = (facts: { readonly [fact: string]: string | number | boolean }) =>
  Object.entries(facts)
    .map(
      ([name, value]) =>
        `, ${name} ${typeof value === 'string' && value.length === 64 ? shortHash(value) : value}`,
    )
    .join('')
