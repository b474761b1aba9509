// Words for what an engine would not remove. One cause has a name and a remedy, and is said once however many it holds.

import { plural } from '../../format.ts'
import { isLost } from './lost.ts'
import type { StuckThing } from './sweep.ts'

const SHOWN_NAMES = 3

export function stuckLines(stuck: readonly StuckThing[]): string[] {
  const lost = stuck
    .filter(isLost)
    .map(({ name }) => name)
    .sort()
  const others = stuck.filter(thing => !isLost(thing))
  return [
    ...others.map(({ kind, why }) => `could not remove the ${kind} ${why}; netsplit gc tries again`),
    ...(lost.length > 0 ? [lostLine(lost)] : []),
  ]
}

export function keepsLost(count: number): string {
  return `the engine keeps ${plural(count, 'network')} for containers that are long gone`
}

/** The one thing that removes them. */
export const LOST_REMEDY = 'restart it (sudo systemctl restart docker), then netsplit gc removes what is left'

/** Hosts that were not reached. */
export function unaskedLines(
  sweeps: readonly { readonly host?: string; readonly unasked?: string }[],
): string[] {
  return sweeps.flatMap(({ host, unasked }) =>
    host === undefined || unasked === undefined
      ? []
      : `what ${host} holds stays there for now (${unasked}); netsplit gc removes it when ${host} is back`,
  )
}

function lostLine(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).join(', ')
  const more = names.length > SHOWN_NAMES ? ', …' : ''
  return `${keepsLost(names.length)} (${shown}${more}), as engine 20.10 is known to; ${LOST_REMEDY}. They do no harm meanwhile`
}
