// Bytes a second over the last seconds.

const TAU_MS = 5_000

export class Rate {
  #bps = 0
  #atMs = 0

  add(bytes: number, nowMs: number): void {
    this.#decay(nowMs)
    this.#bps += (bytes * 1000) / TAU_MS
  }

  read(nowMs: number): number {
    this.#decay(nowMs)
    return this.#bps
  }

  #decay(nowMs: number): void {
    if (nowMs > this.#atMs) this.#bps *= Math.exp((this.#atMs - nowMs) / TAU_MS)
    this.#atMs = nowMs
  }
}
