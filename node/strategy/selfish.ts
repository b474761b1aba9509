// Selfish mining (Eyal and Sirer, 2014, algorithm 1): blocks found are kept back and shown only when honest ones threaten
// them, so that others' work is lost more often than one's own. Which chain is mined on needs no rule of its own: most work
// and, among equals, the first seen, as every core has it, is the private branch until the public one is longer.

import type { Block, MakeStrategy, Stage, Strategy } from './api.ts'

export const selfish: MakeStrategy = stage => new SelfishMiner(stage)

class SelfishMiner implements Strategy {
  readonly #stage: Stage
  /** Own blocks that the public chain does not have, lowest first; some may be shown already. */
  #branch: Block[] = []
  /** Height of the best chain without them. */
  #publicHeight = 0
  /** Both branches are out and of one height: whoever finds the next block wins. */
  #racing = false

  constructor(stage: Stage) {
    this.#stage = stage
  }

  onHeard({ hash, height }: Block): void {
    if (height <= this.#publicHeight) return
    this.#publicHeight = height
    const top = this.#branch.at(-1)
    if (!top) return
    const lead = top.height - height
    if (lead > 1) this.#show(height)
    else if (lead === 1) {
      this.#publicHeight = top.height
      this.#show(top.height)
      this.#settle()
    } else if (lead === 0) {
      this.#show(height)
      this.#racing = true
      this.#stage.race(top.hash, hash)
    } else {
      this.#stage.bury(this.#branch.map(block => block.hash))
      this.#settle()
    }
  }

  onFound(block: Block): void {
    if (this.#racing) {
      // The race is won by this block: it goes out at once.
      this.#publicHeight = block.height
      this.#settle()
      return
    }
    this.#branch.push(block)
    this.#stage.hide(block.hash)
  }

  #show(height: number): void {
    this.#stage.reveal(this.#branch.filter(block => block.height <= height).map(block => block.hash))
  }

  /** One branch is the longest and public: all begin anew on it. */
  #settle(): void {
    this.#branch = []
    this.#racing = false
  }
}
