// The time that a node takes to check a block before it is one of its own and is passed on: so much for every kilobyte, one block
// after the other, by the clock that it was given. The check itself is done at the end of it, and costs what it costs.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel, Clock } from '../core/host.ts'
import type { Times } from './times.ts'

export interface ValidationTime {
  readonly msPerKb: number
  /** Of a block, at least: of synthetic ones (synthetic.ts). */
  readonly leastBytes: number
}

/** Blocks that one peer may be asked for at a time stand in line here; of those without a size of their own the largest are so large. */
const IN_LINE = 16
const LEAST_BYTES = 32_000

/** Nobody is late while what it sent is being checked. */
export function withValidation(times: Times, time: ValidationTime | undefined): Times {
  if (!time) return times
  const blockMs = (time.msPerKb * Math.max(time.leastBytes, LEAST_BYTES)) / 1000
  return {
    ...times,
    blockDownloadMs: times.blockDownloadMs + IN_LINE * blockMs,
    blockRetryMs: times.blockRetryMs + IN_LINE * blockMs,
    stallMs: times.stallMs + IN_LINE * blockMs,
  }
}

export class Validation {
  readonly #time: ValidationTime
  readonly #clock: Clock
  /** Blocks that are being checked, or wait for it. */
  readonly #pending = new Map<HashHex, Cancel>()
  #freeMs = 0

  constructor(time: ValidationTime, clock: Clock) {
    this.#time = time
    this.#clock = clock
  }

  has(hash: HashHex): boolean {
    return this.#pending.has(hash)
  }

  /** Does `task` when a block of so many bytes has been checked, and those before it. */
  run(hash: HashHex, bytes: number, task: () => void): void {
    const { msPerKb, leastBytes } = this.#time
    const nowMs = this.#clock.now()
    this.#freeMs = Math.max(nowMs, this.#freeMs) + (msPerKb * Math.max(bytes, leastBytes)) / 1000
    const cancel = this.#clock.after(this.#freeMs - nowMs, () => {
      this.#pending.delete(hash)
      task()
    })
    this.#pending.set(hash, cancel)
  }

  stop(): void {
    for (const cancel of this.#pending.values()) cancel()
    this.#pending.clear()
  }
}
