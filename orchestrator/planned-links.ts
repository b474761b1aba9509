// The links of a plan, by pair: what a link is like without any fault.

import type { LinkConditions } from '../node/api.ts'
import type { Plan } from './spec/types.ts'

export class PlannedLinks {
  readonly #byPair = new Map<string, LinkConditions>()
  readonly #default: LinkConditions

  constructor({ topology, defaultLink }: Pick<Plan, 'topology' | 'defaultLink'>) {
    this.#default = defaultLink
    for (const { from, to, link } of topology.edges) {
      this.#byPair.set(`${from} ${to}`, link)
      this.#byPair.set(`${to} ${from}`, link)
    }
  }

  /** Conditions of what `from` sends to `to`. */
  between(from: string, to: string): LinkConditions {
    return this.#byPair.get(`${from} ${to}`) ?? this.#default
  }

  /** The longest one-way delay. With three deviations: nearly every frame is faster. */
  get slowestMs(): number {
    let slowestMs = 0
    for (const { latencyMs, jitterMs } of [this.#default, ...this.#byPair.values()])
      slowestMs = Math.max(slowestMs, latencyMs + 3 * jitterMs)
    return slowestMs
  }
}
