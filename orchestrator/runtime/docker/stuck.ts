// Words for what an engine would not remove. One cause has a name and a remedy, and is said once however many it holds.

import { plural } from '../../format.ts'
import type { StuckThing } from './sweep.ts'

const SHOWN_NAMES = 3

/** Networks whose last endpoints belong to no container: seen on engine 20.10, which forgets them only when it starts anew. */
export function isLost({ kind, why }: Pick<StuckThing, 'kind' | 'why'>): boolean {
  return kind === 'network' && /active endpoints/i.test(why)
}

export function stuckLines(stuck: readonly StuckThing[]): string[] {
  const lost = stuck.filter(isLost).map(({ name }) => name)
  const others = stuck.filter(thing => !isLost(thing))
  return [
    ...others.map(({ kind, why }) => `could not remove the ${kind} ${why}; netsplit gc tries again`),
    ...(lost.length > 0 ? [lostLine(lost)] : []),
  ]
}

function lostLine(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).join(', ')
  const more = names.length > SHOWN_NAMES ? ', …' : ''
  return `the engine keeps ${plural(names.length, 'network')} for containers that are long gone (${shown}${more}), as engine 20.10 is known to; restart it (sudo systemctl restart docker), then netsplit gc removes what is left. They do no harm meanwhile`
}
