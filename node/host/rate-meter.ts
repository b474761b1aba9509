// Hashes per second over the last seconds, from a counter that is read once a second while there is work.

/** Samples kept: the measured time is at most this many seconds. */
const SAMPLES = 10
const SAMPLE_MS = 1000

interface Sample {
  readonly atMs: number
  readonly count: number
}

export class RateMeter {
  #samples: Sample[] = []

  /** Work goes on, or begins. */
  start(nowMs: number, count: number): void {
    if (this.#samples.length === 0) this.#samples = [{ atMs: nowMs, count }]
    else this.#sample(nowMs, count)
  }

  /** No work: the rate is 0, and the time until work begins again does not count. */
  stop(): void {
    this.#samples = []
  }

  /** Counts per second. */
  rate(nowMs: number, count: number): number {
    this.#sample(nowMs, count)
    const oldest = this.#samples[0]
    if (!oldest || nowMs <= oldest.atMs) return 0
    return (1000 * (count - oldest.count)) / (nowMs - oldest.atMs)
  }
  #sample(nowMs: number, count: number): void {
    const newest = this.#samples[this.#samples.length - 1]
    if (!newest || nowMs - newest.atMs < SAMPLE_MS) return
    this.#samples.push({ atMs: nowMs, count })
    if (this.#samples.length > SAMPLES) this.#samples.shift()
  }
}
