// Whose program a node is, in words, with what it says that it is: `bitcoind 28.1.0`. Pure.

import { OUR_CLIENT } from '../clients/program-said.ts'
import type { NodeState } from './state.ts'

type Program = Pick<NodeState, 'client' | 'version'>

export function programWords({ client = OUR_CLIENT, version }: Program): string {
  return version === undefined ? client : `${client} ${version}`
}

/** With what it was before, where it became another: `bitcoind 27.0 → 28.1.0`. */
export function programPast(node: Program & Pick<NodeState, 'earlierVersions'>): string {
  const { client = OUR_CLIENT, version, earlierVersions = [] } = node
  return [client, [...earlierVersions, version].filter(each => each !== undefined).join(' → ')]
    .filter(Boolean)
    .join(' ')
}

/** There are others' programs among them, so that whose a node is has to be said. */
export function areMixed(nodes: readonly Program[]): boolean {
  return nodes.some(({ client }) => client !== undefined)
}
