// Mining without hashing: the time until a block is found is exponential, so it can be drawn instead of worked for.
// Drawing again for each new job is exact, not an approximation: the exponential distribution has no memory.

import type { Cancel, Clock, Random } from '../core/host.ts'
import { workOfBits } from './consensus/target.ts'
import type { Miner, MinerSink, MinerStats, MiningJob } from './services.ts'

export class SimulatedMiner implements Miner {
  readonly mode = 'simulated'
  readonly kernel = 'none'
  #hashRateHps: number
  readonly #clock: Clock
  readonly #random: Random
  readonly #sink: MinerSink
  #cancel: Cancel = () => {}
  /** When the present stretch of work began; undefined while idle. */
  #workingSinceMs: number | undefined
  #workedMs = 0
  /** Before this rate. */
  #hashesBefore = 0

  /** A hash rate of 0 finds nothing. */
  constructor(hashRateHps: number, clock: Clock, random: Random, sink: MinerSink) {
    this.#hashRateHps = hashRateHps
    this.#clock = clock
    this.#random = random
    this.#sink = sink
  }

  get hashRateHps(): number {
    return this.#hashRateHps
  }

  setRate(hashRateHps: number): void {
    this.#hashesBefore += (this.#totalMs() * this.#hashRateHps) / 1000
    this.#workedMs = 0
    if (this.#workingSinceMs !== undefined) this.#workingSinceMs = this.#clock.now()
    this.#hashRateHps = hashRateHps
  }

  work(job: MiningJob, unlimited = false): void {
    this.#cancel()
    this.#workingSinceMs ??= this.#clock.now()
    const waitMs = unlimited ? 0 : this.#draw(job.bits)
    this.#cancel = Number.isFinite(waitMs)
      ? this.#clock.after(waitMs, () => this.#sink.onSolution(job.id, 0))
      : () => {}
  }

  idle(): void {
    this.#cancel()
    this.#workedMs = this.#totalMs()
    this.#workingSinceMs = undefined
  }

  stats(): MinerStats {
    return {
      hashes: Math.floor(this.#hashesBefore + (this.#totalMs() * this.#hashRateHps) / 1000),
      hashRateHps: this.#workingSinceMs === undefined ? 0 : this.hashRateHps,
    }
  }

  #draw(bits: number): number {
    const expectedMs = (1000 * Number(workOfBits(bits))) / this.hashRateHps
    return -Math.log(1 - this.#random.float()) * expectedMs
  }

  #totalMs(): number {
    return (
      this.#workedMs + (this.#workingSinceMs === undefined ? 0 : this.#clock.now() - this.#workingSinceMs)
    )
  }
}
