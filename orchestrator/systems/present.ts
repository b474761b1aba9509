// Which of the systems are there: in a network, in a plan, on a node.

import type { PlannedNode } from '../spec/types.ts'
import { SYSTEMS } from './all.ts'
import type { System } from './system.ts'

/** What a node runs where nothing else is said, as a spec says it. */
export const USUAL_RUNS: readonly string[] = ['bitcoin']

/** Those that nodes of this network run. */
export function systemsIn({ runs }: { readonly runs: readonly string[] }): readonly System[] {
  return SYSTEMS.filter(({ name }) => runs.includes(name))
}

/** Does the node run it? */
export function isOn(system: System, { runs = USUAL_RUNS }: Pick<PlannedNode, 'runs'>): boolean {
  return runs.includes(system.runs)
}

/** Those that these nodes run, such as a plan's. */
export function systemsOf({ nodes }: { readonly nodes: readonly PlannedNode[] }): readonly System[] {
  return SYSTEMS.filter(system => nodes.some(node => isOn(system, node)))
}

/** The nodes that run a system. */
export function nodesOf<Node extends { readonly planned: PlannedNode }>(
  system: System,
  nodes: readonly Node[],
): readonly Node[] {
  return nodes.filter(({ planned }) => isOn(system, planned))
}
