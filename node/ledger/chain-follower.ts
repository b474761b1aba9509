// Follows the active chain for an index beside it: block after block towards the tip, some at a time, so that nobody waits for it.

import type { Cancel, Clock } from '../core/host.ts'
import type { Chain } from './chain/chain.ts'
import type { BlockEntry } from './chain/types.ts'

/** Looked at in one go. */
const SLICE = 50

export class ChainFollower {
  readonly #chain: Chain
  readonly #clock: Clock
  readonly #take: (entry: BlockEntry) => void
  #best: BlockEntry | undefined
  #cancel: Cancel | undefined

  /** `take`: told of each block of the chain in its order; after a reorganisation of those behind the fork, be they known or not. */
  constructor(chain: Chain, clock: Clock, take: (entry: BlockEntry) => void) {
    this.#chain = chain
    this.#clock = clock
    this.#take = take
  }

  start(): void {
    this.#work()
  }

  stop(): void {
    this.#cancel?.()
  }

  onTip(): void {
    if (!this.#cancel) this.#work()
  }

  /** All of the chain was taken. */
  get synced(): boolean {
    return this.#best === this.#chain.tip
  }

  get bestHeight(): number {
    return this.#best?.height ?? 0
  }

  readonly #work = (): void => {
    this.#cancel = undefined
    const { tip } = this.#chain
    if (this.#best) this.#best = this.#chain.forkPoint(this.#best, tip)
    for (let taken = 0; taken < SLICE && this.#best !== tip; taken++) {
      const next = this.#best ? this.#chain.at(this.#best.height + 1) : this.#chain.genesis
      if (!next) return
      this.#take(next)
      this.#best = next
    }
    if (this.#best !== tip) this.#cancel = this.#clock.after(0, this.#work)
  }
}
