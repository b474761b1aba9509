// A running network as the stage that a schedule of faults acts on.

import { type FaultRecord, Schedule, type Stage } from '../chaos/schedule.ts'
import type { OwnTestnet } from '../network/handle.ts'

export function stageOf(testnet: OwnTestnet): Stage {
  return {
    get faults() {
      return testnet.faults
    },
    inject: (fault, options) => testnet.inject(fault, options),
    heal: (id, signal) => testnet.heal(id, signal),
    state: () => testnet.state(),
    nowMs: () => testnet.nowMs(),
    wait: (ms, signal) => testnet.wait(ms, signal),
    note: (level, message) => testnet.note(level, message),
  }
}

/** The faults of a network that somebody looks at: they come as planned until `stop`, which resolves when all is healed,
 * with what became of each. */
export class LiveFaults {
  readonly #over = new AbortController()
  readonly #testnet: OwnTestnet
  #run: Promise<readonly FaultRecord[]> = Promise.resolve([])

  constructor(testnet: OwnTestnet) {
    this.#testnet = testnet
  }

  /** The network stands. */
  start(): void {
    const { faults = [] } = this.#testnet.plan
    if (faults.length === 0) return
    const schedule = new Schedule(faults, stageOf(this.#testnet))
    // The network may go away under it, and that is said elsewhere.
    this.#run = schedule.run(this.#over.signal).catch(() => [])
  }

  stop(): Promise<readonly FaultRecord[]> {
    this.#over.abort()
    return this.#run
  }
}
