// The links of a plan, by pair: what a link is like without any fault.

import type { AccessLine, LinkConditions } from '../../node/api.ts'
import { OPEN_LINE } from '../spec/access.ts'
import { pairLinks, slowestPairMs } from '../spec/pair-links.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'

export class PlannedLinks {
  readonly #byPair = new Map<string, LinkConditions>()
  readonly #regionOf = new Map<string, string>()
  readonly #accessOf = new Map<string, AccessLine>()
  readonly #ofPair: ReturnType<typeof pairLinks>
  /** Any two nodes may have a link of their own, whether or not they are to connect. */
  readonly everyPair: boolean
  /** The longest one-way delay. With three deviations: nearly every frame is faster. */
  readonly slowestMs: number

  constructor(plan: LinkPlan) {
    const { nodes, topology, defaultLink, regions, matrix, spread } = plan
    this.#ofPair = pairLinks(plan)
    this.everyPair = (regions ?? matrix ?? spread) !== undefined
    for (const node of nodes) this.admit(node)
    for (const { from, to, link, reverse } of topology.edges) {
      this.#byPair.set(`${from} ${to}`, link)
      this.#byPair.set(`${to} ${from}`, reverse ?? link)
    }
    this.slowestMs = slowestPairMs(plan, nodes.length) + 3 * defaultLink.jitterMs
    for (const { latencyMs, jitterMs } of this.#byPair.values())
      this.slowestMs = Math.max(this.slowestMs, latencyMs + 3 * jitterMs)
  }

  /** A node that the plan did not have. */
  admit({ name, region, access }: Pick<PlannedNode, 'name' | 'region' | 'access'>): void {
    if (region !== undefined) this.#regionOf.set(name, region)
    if (access) this.#accessOf.set(name, access)
  }

  /** The node's line to the network. */
  access(name: string): AccessLine {
    return this.#accessOf.get(name) ?? OPEN_LINE
  }

  /** Conditions of what `from` sends to `to`. */
  between(from: string, to: string): LinkConditions {
    return this.#byPair.get(`${from} ${to}`) ?? this.#ofPair(this.#placeOf(from), this.#placeOf(to))
  }

  #placeOf(name: string) {
    return { name, region: this.#regionOf.get(name) }
  }
}

type LinkPlan = Pick<Plan, 'nodes' | 'topology' | 'defaultLink' | 'seed' | 'regions' | 'matrix' | 'spread'>

export function sameConditions(a: LinkConditions, b: LinkConditions): boolean {
  return (
    a.latencyMs === b.latencyMs &&
    a.jitterMs === b.jitterMs &&
    a.bandwidthBps === b.bandwidthBps &&
    a.loss === b.loss &&
    a.duplicates === b.duplicates &&
    a.blocked === b.blocked
  )
}
