// When the nodes did not stand on one tip, exactly: the history in the state has a point a second, and fewer later.

/** A time in which running nodes stood on more than one tip. */
export interface Disagreement {
  readonly fromMs: number
  readonly toMs: number
  /** How many at once, for most of the time: for as long as a block travels there are always more. */
  readonly tips: number
}

/** A disagreement of now. */
export type OpenDisagreement = Omit<Disagreement, 'toMs'>

/** Shorter ones are the time that any block takes to travel. */
export const LEAST_MS = 250
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

  /** One of its own with all that this knows. */
  clone(): Standing {
    const other = new Standing()
    for (const [node, tip] of this.#tipOf) other.#tipOf.set(node, tip)
    for (const [tip, count] of this.#count) other.#count.set(tip, count)
    other.#past.push(...this.#past)
    other.#open = this.#open && { ...this.#open, heldMs: new Map(this.#open.heldMs) }
    return other
  }

  /** What goes on at this time, if it has lasted long enough to be more than a block on its way. */
  open(timeMs: number): OpenDisagreement | undefined {
    const open = this.#open
    if (!open || timeMs - open.fromMs < LEAST_MS) return undefined
    const held = new Map(open.heldMs)
    held.set(open.tips, (held.get(open.tips) ?? 0) + timeMs - open.sinceMs)
    return { fromMs: open.fromMs, tips: longestOf(held) }
  }

  /** Since when running nodes stand on more than one tip, however short that is. */
  get openSinceMs(): number | undefined {
    return this.#open?.fromMs
  }

  /** The network goes down: what is open ends. */
  close(timeMs: number): void {
    if (this.#open) {
      this.#held(timeMs, 1)
      this.#keep({ fromMs: this.#open.fromMs, toMs: timeMs, tips: longestOf(this.#open.heldMs) })
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

function longestOf(heldMs: ReadonlyMap<number, number>): number {
  const [longest] = [...heldMs].sort(([, a], [, b]) => b - a)
  return longest?.[0] ?? 2
}
