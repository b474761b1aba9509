// Transactions of our own that no peer has asked for yet: announced again until one does, as Core does every ten to fifteen minutes.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel, Clock } from '../core/host.ts'

const AGAIN_MS = 12 * 60_000

export class Unbroadcast {
  readonly #txids = new Set<HashHex>()
  readonly #clock: Clock
  readonly #announce: (txid: HashHex) => void
  /** While there are any. */
  #cancel: Cancel | undefined

  constructor(clock: Clock, announce: (txid: HashHex) => void) {
    this.#clock = clock
    this.#announce = announce
  }

  get size(): number {
    return this.#txids.size
  }

  has(txid: HashHex): boolean {
    return this.#txids.has(txid)
  }

  values(): Iterable<HashHex> {
    return this.#txids
  }

  add(txid: HashHex): void {
    this.#txids.add(txid)
    this.#cancel ??= this.#clock.after(AGAIN_MS, this.#again)
  }

  /** A peer has asked for it, or it is gone. */
  delete(txid: HashHex): void {
    if (this.#txids.delete(txid) && this.#txids.size === 0) this.stop()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  readonly #again = (): void => {
    this.#cancel = this.#clock.after(AGAIN_MS, this.#again)
    for (const txid of this.#txids) this.#announce(txid)
  }
}
