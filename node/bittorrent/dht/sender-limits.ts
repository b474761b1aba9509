// How much a DHT node answers to one sender: questions are cheap to ask and, with a forged sender, make others send more than was
// asked with. Each sender has so many a second, and some at once; what is on top is passed over in silence.

import type { Address } from '../../core/host.ts'

/** A look-up asks a node once, and a large table is looked after within a minute: nobody honest comes near. */
const A_SECOND = 20
const AT_ONCE = 100
/** Whoever was heard of longest ago is forgotten, and begins anew. */
const MAX_SENDERS = 2_000

interface Budget {
  readonly left: number
  readonly atMs: number
}

export class SenderLimits {
  /** Who was heard of longest ago first. */
  readonly #budgets = new Map<string, Budget>()

  get senders(): number {
    return this.#budgets.size
  }

  /** Whether one more question of this sender is to be answered. */
  takes(from: Address, nowMs: number): boolean {
    const sender = senderOf(from)
    const { left, atMs } = this.#budgets.get(sender) ?? { left: AT_ONCE, atMs: nowMs }
    const now = Math.min(AT_ONCE, left + (Math.max(0, nowMs - atMs) * A_SECOND) / 1_000)
    const isIn = now >= 1
    this.#budgets.delete(sender)
    this.#budgets.set(sender, { left: isIn ? now - 1 : now, atMs: nowMs })
    if (this.#budgets.size > MAX_SENDERS) this.#budgets.delete(this.#budgets.keys().next().value as string)
    return isIn
  }
}

/** A host; the nodes of a testnet on one machine share theirs, and each has a port. */
function senderOf(address: Address): string {
  return address.startsWith('127.') ? address : address.slice(0, address.lastIndexOf(':'))
}
