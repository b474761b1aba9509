// When the nodes did not stand on one tip, exactly: the history in the state has a point a second, and fewer later.

/** A time in which running nodes stood on more than one tip. */
export interface Disagreement {
  readonly fromMs: number
  readonly toMs: number
  /** The most tips at once. */
  readonly tips: number
}

/** Shorter ones are the time that any block takes to travel. */
const LEAST_MS = 250
const MAX_KEPT = 2_000

export class Standing {
  readonly #tipOf = new Map<string, string>()
  readonly #count = new Map<string, number>()
  readonly #past: Disagreement[] = []
  #open: { readonly fromMs: number; tips: number } | undefined

  stands(node: string, tip: string, timeMs: number): void {
    this.#drop(node)
    this.#tipOf.set(node, tip)
    this.#count.set(tip, (this.#count.get(tip) ?? 0) + 1)
    this.#look(timeMs)
  }

  /** It is down or frozen: nobody asks where it stands. */
  leaves(node: string, timeMs: number): void {
    this.#drop(node)
    this.#look(timeMs)
  }

  /** The network goes down: what is open ends. */
  close(timeMs: number): void {
    if (this.#open) this.#keep({ ...this.#open, toMs: timeMs })
    this.#open = undefined
  }

  disagreements(): readonly Disagreement[] {
    return this.#past
  }

  #drop(node: string): void {
    const tip = this.#tipOf.get(node)
    if (tip === undefined) return
    this.#tipOf.delete(node)
    const left = (this.#count.get(tip) ?? 1) - 1
    if (left === 0) this.#count.delete(tip)
    else this.#count.set(tip, left)
  }

  #look(timeMs: number): void {
    const tips = this.#count.size
    if (tips > 1 && this.#open) this.#open.tips = Math.max(this.#open.tips, tips)
    else if (tips > 1) this.#open = { fromMs: timeMs, tips }
    else if (this.#open) this.close(timeMs)
  }

  #keep(disagreement: Disagreement): void {
    if (disagreement.toMs - disagreement.fromMs < LEAST_MS) return
    this.#past.push(disagreement)
    if (this.#past.length > MAX_KEPT) this.#past.shift()
  }
}
