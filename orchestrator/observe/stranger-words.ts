// Peers that are no node of the network, in lines of text.

import { plural } from '../format.ts'
import type { NodeState } from './state.ts'

const SHOWN = 5

/** Who is connected without belonging here: nobody cuts or measures what goes over such a peer. */
export function strangerLines(nodes: readonly Pick<NodeState, 'name' | 'strangers'>[]): string[] {
  const visited = nodes.filter(({ strangers }) => strangers.length > 0)
  if (visited.length === 0) return []
  const count = visited.reduce((sum, { strangers }) => sum + strangers.length, 0)
  return [
    '',
    `${plural(count, 'peer')} that this network does not know:`,
    ...visited.slice(0, SHOWN).map(({ name, strangers }) => `  ${name}: ${listed(strangers)}`),
    ...(visited.length > SHOWN ? [`  and at ${plural(visited.length - SHOWN, 'more node')}`] : []),
  ]
}

function listed(strangers: readonly string[]): string {
  const shown = strangers.slice(0, SHOWN).join(', ')
  return strangers.length > SHOWN ? `${shown}, …` : shown
}
