// What each node is told of its links: the conditions of what it sends to each peer, its own line, and what its peers' lines receive.

import type { AccessLine, LinkConditions, LinkTable } from '../../node/api.ts'
import type { Addresses } from '../runtime/runtime.ts'
import { OPEN_LINE, thinner } from '../spec/access.ts'

interface Reached {
  readonly name: string
  readonly addresses: Addresses
}

/** A peer is reached at any of its ports over one link. */
export function toEach<T>(addresses: Addresses, what: T): { readonly [address: string]: T } {
  return Object.fromEntries(Object.values(addresses).map(address => [address, what]))
}

/** The lines of all nodes, as planned and as faults have them. */
export class LineTable {
  readonly #planned: (name: string) => AccessLine
  readonly #changed = new Map<string, AccessLine>()

  constructor(planned: (name: string) => AccessLine) {
    this.#planned = planned
  }

  /** At most so wide from now on, where that is narrower than planned. False: it is so already. */
  narrow(name: string, most: Parameters<typeof thinner>[1]): boolean {
    const line = thinner(this.#planned(name), most)
    const { upBps, downBps } = this.of(name)
    if (upBps === line.upBps && downBps === line.downBps) return false
    this.#changed.set(name, line)
    return true
  }

  of(name: string): AccessLine {
    return this.#changed.get(name) ?? this.#planned(name)
  }

  /** A node's table with its own line and those of all the others in it. */
  complete(
    name: string,
    links: { readonly default: LinkConditions; readonly peers: LinkTable['peers'] },
    all: Iterable<Reached>,
  ): LinkTable {
    const { upBps, downBps } = this.of(name)
    const far = this.#received(name, all)
    return {
      default: links.default,
      peers: links.peers,
      ...(upBps + downBps > 0 && { access: { upBps, downBps } }),
      ...(Object.keys(far).length > 0 && { peerDownBps: far }),
    }
  }

  #received(name: string, all: Iterable<Reached>): { readonly [address: string]: number } {
    const far: { [address: string]: number } = {}
    for (const other of all) {
      const { downBps } = other.name === name ? OPEN_LINE : this.of(other.name)
      if (downBps > 0) Object.assign(far, toEach(other.addresses, downBps))
    }
    return far
  }
}
