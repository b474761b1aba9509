// Upgrades that a spec asks for and that cannot be: into a group that there is not, or into another client's program.

import { parseNodes, type Roster } from '../chaos/partition.ts'
import { OUR_CLIENT } from '../clients/program-said.ts'
import { UserError } from '../errors.ts'
import type { Problem } from './problem.ts'
import type { FaultsSpec } from './scenario.ts'
import { didYouMean } from './suggest.ts'

interface Groups {
  readonly [group: string]: { readonly client?: string | undefined }
}

export function upgradeProblems(faults: FaultsSpec, nodes: Groups, roster: Roster): Problem[] {
  return Object.entries(faults ?? {}).flatMap(([name, { upgrade }]) => {
    if (!upgrade || typeof upgrade.to !== 'string') return []
    const path = ['faults', name, 'upgrade', 'to']
    const { to } = upgrade
    if (!Object.hasOwn(nodes, to)) {
      const near = didYouMean(to, Object.keys(nodes))
      return [{ path, message: `there is no group ${to}${near === undefined ? '' : `: ${near}`}` }]
    }
    const become = nodes[to]?.client ?? OUR_CLIENT
    const others = clientsOf(upgrade.nodes, nodes, roster).filter(client => client !== become)
    return others.map(client => ({
      path,
      message: `${to} is ${become}, and data of ${client} are none that it can go on with`,
    }))
  })
}

/** Of the nodes that are named; names that there are not are said elsewhere. */
function clientsOf(text: string, nodes: Groups, roster: Roster): string[] {
  try {
    const named = new Set(parseNodes(text, roster))
    const groups = Object.keys(nodes).filter(group => roster.groups.get(group)?.some(node => named.has(node)))
    return [...new Set(groups.map(group => nodes[group]?.client ?? OUR_CLIENT))]
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return []
  }
}
