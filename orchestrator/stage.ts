// A running network as the stage that a schedule of faults acts on.

import { Schedule, type Stage } from './chaos/schedule.ts'
import type { OwnTestnet } from './testnet.ts'

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
  }
}

/** The faults of a network that somebody looks at: they come as planned until `stop`, which resolves when all is healed. */
export class LiveFaults {
  readonly #over = new AbortController()
  readonly #testnet: OwnTestnet
  #run: Promise<void> = Promise.resolve()

  constructor(testnet: OwnTestnet) {
    this.#testnet = testnet
  }

  /** The network stands. */
  start(): void {
    const { faults = [] } = this.#testnet.plan
    if (faults.length === 0) return
    const schedule = new Schedule(faults, stageOf(this.#testnet))
    this.#run = schedule.run(this.#over.signal).then(
      () => {},
      () => {}, // the network went away under it, and that is said elsewhere
    )
  }

  stop(): Promise<void> {
    this.#over.abort()
    return this.#run
  }
}
