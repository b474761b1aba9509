// A token bucket: how many hashes a worker may try, so that a node's hash rate is what its spec says.

/** Hashes are granted in portions worth this long at least: 20 short wakes a second cost next to nothing. */
const PORTION_MS = 50
/** What a worker that was kept waiting by the machine may make up for. */
const BUCKET_MS = 1000

export class HashBudget {
  #perMs = 0
  #tokens = 0
  #atMs = 0

  /** Hashes per second from now on; 0: no limit. A new rate begins with an empty bucket. */
  setRate(hashRateHps: number, nowMs: number): void {
    const perMs = hashRateHps / 1000
    if (perMs === this.#perMs) return
    this.#perMs = perMs
    this.#tokens = 0
    this.#atMs = nowMs
  }

  /** Takes up to `wanted` hashes; 0 when it is better to wait for a portion. */
  take(wanted: number, nowMs: number): number {
    if (this.#perMs === 0) return wanted
    this.#refill(nowMs)
    if (this.#tokens < this.#portion()) return 0
    const taken = Math.min(wanted, Math.floor(this.#tokens))
    this.#tokens -= taken
    return taken
  }

  /** Returns hashes that were taken and not tried. */
  giveBack(hashes: number): void {
    this.#tokens += hashes
  }

  /** Whole milliseconds, at least one, until a portion is there. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs)
    return Math.max(1, Math.ceil((this.#portion() - this.#tokens) / this.#perMs))
  }

  #portion(): number {
    return Math.max(1, PORTION_MS * this.#perMs)
  }

  #refill(nowMs: number): void {
    const full = Math.max(1, BUCKET_MS * this.#perMs)
    this.#tokens = Math.min(full, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
    this.#atMs = nowMs
  }
}
