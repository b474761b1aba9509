// Selfish mining (Eyal and Sirer, 2014, algorithm 1): blocks found are kept back and shown only when honest ones threaten
// them, so that others' work is lost more often than one's own. Which chain is mined on needs no rule of its own: most work
// and, among equals, the first seen, as every core has it, is the private branch until the public one is longer.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { AnyEvent } from '../core/host.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Race } from './race.ts'
import type { Veil } from './veil.ts'

interface OwnBlock {
  readonly hash: HashHex
  readonly height: number
}

export class SelfishMiner {
  readonly #veil: Veil
  readonly #onRace: (race: Race) => void
  /** Own blocks that the public chain does not have, lowest first; some may be shown already. */
  #branch: OwnBlock[] = []
  /** Height of the best chain without them. */
  #publicHeight = 0
  /** Both branches are out and of one height: whoever finds the next block wins. */
  #racing = false

  constructor(veil: Veil, onRace: (race: Race) => void) {
    this.#veil = veil
    this.#onRace = onRace
  }

  /** Called with each event of the core before anything that follows from it is sent. */
  onEvent(event: AnyEvent): void {
    if (event.type !== 'block-mined') return
    const { hash, height } = event as Extract<LedgerEvent, { type: 'block-mined' }>
    this.#found(hash, height)
  }

  /** Others have this block. */
  heard(hash: HashHex, height: number): void {
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
      this.#onRace({ own: top.hash, other: hash })
    } else {
      this.#veil.bury(this.#branch.map(block => block.hash))
      this.#settle()
    }
  }

  #found(hash: HashHex, height: number): void {
    if (this.#racing) {
      // The race is won by this block: it goes out at once.
      this.#publicHeight = height
      this.#settle()
      return
    }
    this.#branch.push({ hash, height })
    this.#veil.hide(hash)
  }

  #show(height: number): void {
    this.#veil.reveal(this.#branch.filter(block => block.height <= height).map(block => block.hash))
  }

  /** One branch is the longest and public: all begin anew on it. */
  #settle(): void {
    this.#branch = []
    this.#racing = false
  }
}
