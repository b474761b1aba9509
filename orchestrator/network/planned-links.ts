// The links of a plan, by pair: what a link is like without any fault.

import type { AccessLine, LinkConditions } from '../../node/api.ts'
import { OPEN_LINE } from '../spec/access.ts'
import { regionLinks } from '../spec/regions.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'

export class PlannedLinks {
  readonly #byPair = new Map<string, LinkConditions>()
  readonly #default: LinkConditions
  readonly #regionOf = new Map<string, string>()
  readonly #accessOf = new Map<string, AccessLine>()
  readonly #byRegion: ((from: string, to: string) => LinkConditions) | undefined
  /** The longest one-way delay. With three deviations: nearly every frame is faster. */
  readonly slowestMs: number

  constructor({ nodes, topology, defaultLink, regions }: LinkPlan) {
    this.#default = defaultLink
    this.#byRegion = regions && regionLinks(regions, defaultLink)
    for (const node of nodes) this.admit(node)
    for (const { from, to, link, reverse } of topology.edges) {
      this.#byPair.set(`${from} ${to}`, link)
      this.#byPair.set(`${to} ${from}`, reverse ?? link)
    }
    const names = Object.keys(regions ?? {})
    const far = names.flatMap(from => names.map(to => this.#byRegion?.(from, to) ?? defaultLink))
    this.slowestMs = 0
    for (const { latencyMs, jitterMs } of [defaultLink, ...far, ...this.#byPair.values()])
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
    return this.#byPair.get(`${from} ${to}`) ?? this.#ofRegions(from, to) ?? this.#default
  }

  #ofRegions(from: string, to: string): LinkConditions | undefined {
    const near = this.#regionOf.get(from)
    const far = this.#regionOf.get(to)
    return near !== undefined && far !== undefined ? this.#byRegion?.(near, far) : undefined
  }
}

type LinkPlan = Pick<Plan, 'nodes' | 'topology' | 'defaultLink' | 'regions'>

export function sameConditions(a: LinkConditions, b: LinkConditions): boolean {
  return (
    a.latencyMs === b.latencyMs &&
    a.jitterMs === b.jitterMs &&
    a.bandwidthBps === b.bandwidthBps &&
    a.loss === b.loss &&
    a.blocked === b.blocked
  )
}
