// Which nodes a planned step leaves connected: by the plan's links, less what the step cuts.

import { compile, drawsOf } from '../chaos/faults.ts'
import { islands, rosterOf } from '../chaos/partition.ts'
import type { Plan, PlannedStep } from '../spec/types.ts'

/** One list of all nodes for a step that cuts nothing, or leaves a way round. */
export function islandsOf(
  { nodes, topology, seed }: Plan,
  { name, fault }: PlannedStep,
): readonly (readonly string[])[] {
  const names = nodes.map(node => node.name)
  if (fault.kind !== 'partition' && fault.kind !== 'host-cut') return [names]
  const effect = compile(fault, rosterOf(nodes), drawsOf(seed, name))
  // Discovered peers can be anybody.
  const links =
    topology.kind === 'discovered' ? names.flatMap(from => names.map(to => ({ from, to }))) : topology.edges
  return islands(names, links, effect.on === 'links' ? effect.cuts : [])
}
