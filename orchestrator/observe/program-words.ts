// Whose program a node is, in words, with what it says that it is: `bitcoind 28.1.0`. Pure.

import type { NodeState } from './state.ts'

/** What our own is called beside others. */
export const OURS = 'netsplit'

type Program = Pick<NodeState, 'client' | 'version'>

export function programWords({ client = OURS, version }: Program): string {
  return version === undefined ? client : `${client} ${version}`
}

/** With what it was before, where it became another: `bitcoind 27.0 → 28.1.0`. */
export function programPast(node: Program & Pick<NodeState, 'earlierVersions'>): string {
  const { client = OURS, version, earlierVersions = [] } = node
  return [client, [...earlierVersions, version].filter(each => each !== undefined).join(' → ')]
    .filter(Boolean)
    .join(' ')
}

/** There are others' programs among them, so that whose a node is has to be said. */
export function areMixed(nodes: readonly Program[]): boolean {
  return nodes.some(({ client }) => client !== undefined)
}
