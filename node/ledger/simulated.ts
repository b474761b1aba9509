// Mining by drawn times: the time until a block is found is exponential, so it can be drawn instead of worked for. `simulated`:
// nothing is hashed. `paced`: the block is proven when its time has come, on chains whose proof costs a hash or two.
// Drawing again for each new job is exact, not an approximation: the exponential distribution has no memory.

import type { Cancel, Clock, Random } from '../core/host.ts'
import { workOfBits } from './consensus/target.ts'
import type { DrawnManner } from './mining-mode.ts'
import type { Miner, MinerSink, MinerStats, MiningJob } from './services.ts'

export interface DrawnTimes {
  readonly mode: DrawnManner
  /** 0: it finds nothing. */
  readonly hashRateHps: number
  /** What a block is taken to cost; undefined: what its target says. */
  readonly hashesPerBlock?: number | undefined
}

export class SimulatedMiner implements Miner {
  readonly mode: DrawnManner
  readonly kernel = 'none'
  readonly #hashesPerBlock: number | undefined
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

  constructor(times: DrawnTimes, clock: Clock, random: Random, sink: MinerSink) {
    this.mode = times.mode
    this.#hashesPerBlock = times.hashesPerBlock
    this.#hashRateHps = times.hashRateHps
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
    const hashes = this.#hashesPerBlock ?? Number(workOfBits(bits))
    return -Math.log(1 - this.#random.float()) * ((1000 * hashes) / this.hashRateHps)
  }

  #totalMs(): number {
    return (
      this.#workedMs + (this.#workingSinceMs === undefined ? 0 : this.#clock.now() - this.#workingSinceMs)
    )
  }
}
