// When the nodes did not stand on one tip, exactly: the history in the state has a point a second, and fewer later.

/** A time in which running nodes stood on more than one tip. */
export interface Disagreement {
  readonly fromMs: number
  readonly toMs: number
  /** How many at once, for most of the time: for as long as a block travels there are always more. */
  readonly tips: number
}

/** Shorter ones are the time that any block takes to travel. */
const LEAST_MS = 250
const MAX_KEPT = 2_000

export class Standing {
  readonly #tipOf = new Map<string, string>()
  readonly #count = new Map<string, number>()
  readonly #past: Disagreement[] = []
  #open:
    | { readonly fromMs: number; sinceMs: number; tips: number; readonly heldMs: Map<number, number> }
    | undefined

  stands(node: string, tip: string, timeMs: number): void {
    this.#miss(this.#tipOf.get(node))
    this.#tipOf.set(node, tip)
    this.#count.set(tip, (this.#count.get(tip) ?? 0) + 1)
    this.#look(timeMs)
  }

  /** It is down or frozen: nobody asks where it stands. */
  leaves(node: string, timeMs: number): void {
    this.#miss(this.#tipOf.get(node))
    this.#tipOf.delete(node)
    this.#look(timeMs)
  }

  /** The network goes down: what is open ends. */
  close(timeMs: number): void {
    if (this.#open) {
      this.#held(timeMs, 1)
      const [longest] = [...this.#open.heldMs].sort(([, a], [, b]) => b - a)
      this.#keep({ fromMs: this.#open.fromMs, toMs: timeMs, tips: longest?.[0] ?? 2 })
    }
    this.#open = undefined
  }

  disagreements(): readonly Disagreement[] {
    return this.#past
  }

  /** One node less stands there. */
  #miss(tip: string | undefined): void {
    if (tip === undefined) return
    const left = (this.#count.get(tip) ?? 1) - 1
    if (left === 0) this.#count.delete(tip)
    else this.#count.set(tip, left)
  }

  #look(timeMs: number): void {
    const tips = this.#count.size
    if (tips > 1 && this.#open) this.#held(timeMs, tips)
    else if (tips > 1) this.#open = { fromMs: timeMs, sinceMs: timeMs, tips, heldMs: new Map() }
    else if (this.#open) this.close(timeMs)
  }

  /** From now on there are `tips`. */
  #held(timeMs: number, tips: number): void {
    if (!this.#open) return
    const { heldMs, sinceMs } = this.#open
    heldMs.set(this.#open.tips, (heldMs.get(this.#open.tips) ?? 0) + timeMs - sinceMs)
    this.#open.sinceMs = timeMs
    this.#open.tips = tips
  }

  #keep(disagreement: Disagreement): void {
    if (disagreement.toMs - disagreement.fromMs < LEAST_MS) return
    this.#past.push(disagreement)
    if (this.#past.length > MAX_KEPT) this.#past.shift()
  }
}
