// Words that name nodes already: with them a fault's text would mean two things. Pure.

import { type Roster, SHAPES } from './partition.ts'

/** Selectors, shapes, and what stands before a list of nodes. */
export const RESERVED: readonly string[] = ['all', 'rest', 'random', 'isolate', ...Object.keys(SHAPES)]

/** Why nothing may be named so; undefined: it may. */
export function whyReserved(name: string): string | undefined {
  return RESERVED.includes(name)
    ? `${name} has a meaning of its own in faults (${RESERVED.join(', ')}): choose another name`
    : undefined
}

/** A name of a node and of a group: of which is a fault's text to be? */
export function whyAmbiguous(roster: Roster): { readonly name: string; readonly why: string } | undefined {
  const name = roster.nodes.find(node => roster.groups.has(node))
  return name === undefined
    ? undefined
    : { name, why: `${name} is the name of a node and of a group: choose another name` }
}
