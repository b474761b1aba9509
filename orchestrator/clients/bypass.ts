// Other people's program that has found a way to a peer past its node's bridge, told by where it dials from.

import type { PlannedNode } from '../spec/types.ts'

interface Placed {
  readonly name: string
  /** Where it listens for peers. */
  readonly address: string
  readonly planned: PlannedNode
}

/** Whose program is there, at a port that is not its node's: undefined where more than one node has this host. */
export function programAt(address: string, nodes: Iterable<Placed>): string | undefined {
  const host = hostOf(address)
  const [only, another] = [...nodes].filter(node => hostOf(node.address) === host)
  return another === undefined && only?.planned.client ? only.name : undefined
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
