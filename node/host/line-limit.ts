// Keeps a log from being filled with one kind of line: each kind may have a burst, and so many a second after it. What is left
// out is counted, and the next line of its kind says how many.

const BURST = 200
const PER_SECOND = 20

interface Allowance {
  lines: number
  atMs: number
  leftOut: number
}

export class LineLimit {
  readonly #kinds = new Map<string, Allowance>()

  /** How many of this kind were left out before this one; undefined when it is to be left out, too. */
  take(kind: string, nowMs: number): number | undefined {
    const allowance = this.#kinds.get(kind) ?? { lines: BURST, atMs: nowMs, leftOut: 0 }
    this.#kinds.set(kind, allowance)
    const passedMs = Math.max(0, nowMs - allowance.atMs)
    allowance.lines = Math.min(BURST, allowance.lines + (passedMs * PER_SECOND) / 1000)
    allowance.atMs = nowMs
    if (allowance.lines < 1) {
      allowance.leftOut += 1
      return undefined
    }
    allowance.lines -= 1
    const { leftOut } = allowance
    allowance.leftOut = 0
    return leftOut
  }

  /** Kinds of which the last were left out, and how many; they are counted anew from here. */
  takeLeftOut(): (readonly [kind: string, lines: number])[] {
    const left = [...this.#kinds].filter(([, { leftOut }]) => leftOut > 0)
    return left.map(([kind, allowance]) => {
      const { leftOut } = allowance
      allowance.leftOut = 0
      return [kind, leftOut] as const
    })
  }
}
