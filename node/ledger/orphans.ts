// Transactions whose inputs are not known yet: kept a while in case their parents come.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { PeerId } from '../core/host.ts'
import type { Tx } from './chain/types.ts'

const MAX_ORPHANS = 100
const EXPIRY_MS = 20 * 60_000
/** Larger ones are not kept. */
const MAX_WEIGHT = 400_000
/** Of all together: what they take in memory, and a look at all inputs of those that wait for one parent, have an end. */
const MAX_TOTAL_WEIGHT = 4_000_000

interface Orphan {
  readonly tx: Tx
  readonly from: PeerId
  readonly expiresMs: number
}

/** Keyed by wtxid: another witness makes another orphan, so nobody can hold a good one's place. */
export class OrphanPool {
  readonly #orphans = new Map<HashHex, Orphan>()
  readonly #byParent = new Map<HashHex, Set<HashHex>>()
  #weight = 0

  get size(): number {
    return this.#orphans.size
  }

  has(wtxid: HashHex): boolean {
    return this.#orphans.has(wtxid)
  }

  transactions(): Tx[] {
    return [...this.#orphans.values()].map(orphan => orphan.tx)
  }

  /** False when it is known already or too large. The oldest make room. */
  add(tx: Tx, from: PeerId, nowMs: number): boolean {
    if (this.#orphans.has(tx.wtxid) || tx.weight > MAX_WEIGHT) return false
    this.#expire(nowMs)
    for (const oldest of this.#orphans.keys()) {
      if (this.#orphans.size < MAX_ORPHANS && this.#weight + tx.weight <= MAX_TOTAL_WEIGHT) break
      this.remove(oldest)
    }
    this.#weight += tx.weight
    this.#orphans.set(tx.wtxid, { tx, from, expiresMs: nowMs + EXPIRY_MS })
    for (const parent of parents(tx)) {
      const children = this.#byParent.get(parent)
      if (children) children.add(tx.wtxid)
      else this.#byParent.set(parent, new Set([tx.wtxid]))
    }
    return true
  }

  remove(wtxid: HashHex): void {
    const orphan = this.#orphans.get(wtxid)
    if (!orphan) return
    this.#orphans.delete(wtxid)
    this.#weight -= orphan.tx.weight
    for (const parent of parents(orphan.tx)) {
      const children = this.#byParent.get(parent)
      children?.delete(wtxid)
      if (children?.size === 0) this.#byParent.delete(parent)
    }
  }

  removeFrom(peer: PeerId): void {
    for (const [wtxid, orphan] of this.#orphans) if (orphan.from === peer) this.remove(wtxid)
  }

  /** Those that spend an output of `txid`, with who sent them. */
  childrenOf(txid: HashHex): { readonly tx: Tx; readonly from: PeerId }[] {
    const children: Orphan[] = []
    for (const wtxid of this.#byParent.get(txid) ?? []) {
      const orphan = this.#orphans.get(wtxid)
      if (orphan) children.push(orphan)
    }
    return children
  }

  #expire(nowMs: number): void {
    for (const [wtxid, orphan] of this.#orphans) {
      if (orphan.expiresMs > nowMs) return // in order of arrival
      this.remove(wtxid)
    }
  }
}

/** The transactions that it spends, each once. */
export function parents(tx: Tx): Set<HashHex> {
  return new Set(tx.inputs.map(input => input.previous.txid))
}
