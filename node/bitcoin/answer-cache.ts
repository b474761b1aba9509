// What is told in answer to `getaddr`: to all who ask over one network the same selection for about a day, or whoever connects again
// and again would read the whole table, and could tell by the times in it who is connected to whom (Core since 0.21).

import type { Clock, Random } from '../core/host.ts'
import type { AddressEntry } from './address-entry.ts'
import type { AddressManager } from './addrman.ts'

const HOUR_MS = 60 * 60_000
/** Core's: between 21 and 27 hours. */
const LEAST_MS = 21 * HOUR_MS
const SPREAD_MS = 6 * HOUR_MS
/** A young network would starve on its first answers: with so many times as many addresses there is a new one. */
const OUTGROWN = 2

interface Answer {
  readonly entries: readonly Readonly<AddressEntry>[]
  readonly untilMs: number
  /** Of so many addresses it was drawn. */
  readonly of: number
}

export class AnswerCache {
  readonly #clock: Clock
  readonly #random: Random
  readonly #addresses: AddressManager
  readonly #answers = new Map<string, Answer>()

  constructor(clock: Clock, random: Random, addresses: AddressManager) {
    this.#clock = clock
    this.#random = random
    this.#addresses = addresses
  }

  /** At most so many, for who asks over this network. All that there are are no selection, and are not kept. */
  get(network: string, most: number): readonly Readonly<AddressEntry>[] {
    const { size } = this.#addresses
    if (size <= most) return this.#addresses.sample(most)
    const nowMs = this.#clock.now()
    const kept = this.#answers.get(network)
    if (kept && nowMs < kept.untilMs && size < OUTGROWN * kept.of) return kept.entries
    const entries = this.#addresses.sample(most)
    const untilMs = nowMs + LEAST_MS + this.#random.float() * SPREAD_MS
    this.#answers.set(network, { entries, untilMs, of: size })
    return entries
  }
}
