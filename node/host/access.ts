// The node's line to the network, where it has one: a queue a direction for all connections of all its ports.

import { type AccessLine, OPEN_LINE } from '../core/access.ts'
import type { Clock } from '../core/host.ts'
import { FairLine } from './fair-line.ts'

export class NodeLines {
  readonly #clock: Clock
  #up: FairLine | undefined
  #down: FairLine | undefined

  constructor(clock: Clock, access: AccessLine = OPEN_LINE) {
    this.#clock = clock
    this.set(access)
  }

  get up(): FairLine | undefined {
    return this.#up
  }

  get down(): FairLine | undefined {
    return this.#down
  }

  /** Connections are to be told: they may have got a line, or have none any more. */
  set({ upBps, downBps }: AccessLine = OPEN_LINE): void {
    this.#up = this.#changed(this.#up, upBps)
    this.#down = this.#changed(this.#down, downBps)
  }

  #changed(line: FairLine | undefined, rateBps: number): FairLine | undefined {
    if (rateBps === 0) {
      line?.end()
      return undefined
    }
    if (!line) return new FairLine(this.#clock, rateBps)
    line.set(rateBps)
    return line
  }
}
