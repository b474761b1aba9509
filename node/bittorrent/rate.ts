// Bytes a second over the last seconds: each byte counts less the longer ago it came.

const MEMORY_MS = 4_000
/** What came in less than this says little of a rate. */
const LEAST_MS = 500

export class Rate {
  /** Weighted bytes. */
  #bytes = 0
  #atMs = 0
  #sinceMs: number | undefined

  add(bytes: number, nowMs: number): void {
    this.#fade(nowMs)
    this.#sinceMs ??= nowMs
    this.#bytes += bytes
  }

  /** At the beginning there is less to look back on. */
  read(nowMs: number): number {
    if (this.#sinceMs === undefined) return 0
    this.#fade(nowMs)
    const ageMs = Math.max(LEAST_MS, nowMs - this.#sinceMs)
    return (this.#bytes * 1000) / (MEMORY_MS * (1 - Math.exp(-ageMs / MEMORY_MS)))
  }

  #fade(nowMs: number): void {
    if (nowMs > this.#atMs) this.#bytes *= Math.exp((this.#atMs - nowMs) / MEMORY_MS)
    this.#atMs = nowMs
  }
}
