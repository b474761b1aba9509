// The peers that are kept connected (`connect` in the configuration, addnode): dialled at once, and again with back-off.

import type { Address, Cancel, Clock, Random } from '../core/host.ts'
import type { Dials } from './dials.ts'

const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 60_000
/** A connection that lasted so long shows that the peer is well: the next attempt comes soon again. */
const STABLE_MS = 10_000

interface Target {
  /** As whoever wanted it wrote it. */
  readonly name: string
  /** The encrypted transport is tried first (BIP324). */
  readonly v2: boolean
  attempts: number
  cancel: Cancel
}

export class KeptPeers {
  readonly #clock: Clock
  readonly #random: Random
  readonly #dials: Dials
  readonly #targets = new Map<Address, Target>()
  #running = false

  constructor(clock: Clock, random: Random, dials: Dials) {
    this.#clock = clock
    this.#random = random
    this.#dials = dials
  }

  start(): void {
    this.#running = true
    for (const address of [...this.#targets.keys()]) this.#try(address)
  }

  stop(): void {
    this.#running = false
    for (const target of this.#targets.values()) target.cancel()
  }

  has(address: Address): boolean {
    return this.#targets.has(address)
  }

  addresses(): Address[] {
    return [...this.#targets.keys()]
  }

  nameOf(address: Address): string {
    return this.#targets.get(address)?.name ?? address
  }

  /** False when it is kept already. */
  add(address: Address, v2: boolean, name: string = address): boolean {
    if (this.#targets.has(address)) return false
    this.#targets.set(address, { name, v2, attempts: 0, cancel: () => {} })
    if (this.#running) this.#try(address)
    return true
  }

  remove(address: Address): boolean {
    this.#targets.get(address)?.cancel()
    return this.#targets.delete(address)
  }

  /** A dial failed (`lastedMs` 0) or a connection ended after so long. Others' addresses are passed over. */
  ended(address: Address, lastedMs: number): void {
    const target = this.#targets.get(address)
    if (!target || !this.#running) return
    if (lastedMs >= STABLE_MS) target.attempts = 0
    this.#plan(address, target)
  }

  /** Doubling delays, each off by up to a quarter so that peers of one crash do not come back in one moment. */
  #plan(address: Address, target: Target): void {
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** target.attempts)
    target.attempts++
    target.cancel()
    target.cancel = this.#clock.after(delayMs * (0.75 + this.#random.float() / 2), () => this.#try(address))
  }

  #try(address: Address): void {
    const target = this.#targets.get(address)
    // Busy: `ended` comes when that connection ends.
    if (!target || this.#dials.busy(address)) return
    if (this.#dials.refused(address)) this.#plan(address, target)
    else this.#dials.dial(address, 'manual', target.v2)
  }
}
