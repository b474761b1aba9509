// Sets γ: in a race between an adversary's block and an honest one, which of the two each other miner works on is drawn,
// and the node is told so by `preciousblock` as soon as it has that block. Without it γ is what the network makes of it.

import type { Clock, Random } from '../../../node/core/host.ts'
import type { Ledger } from '../../../node/ledger/ledger.ts'
import type { Race } from '../../../node/strategy/race.ts'

/** A node as a race sees it. */
export interface Racer {
  readonly planned: { readonly strategy?: unknown }
  readonly running: boolean
  /** Undefined where it has none, or does not run. */
  readonly heldLedger: Ledger | undefined
}

export class Races {
  readonly #clock: Clock
  readonly #random: Random
  readonly #nodes: () => Iterable<Racer>
  /** Node → the block that it is to prefer and does not have yet. */
  readonly #awaited = new Map<Racer, string>()

  constructor(clock: Clock, random: Random, nodes: () => Iterable<Racer>) {
    this.#clock = clock
    this.#random = random
    this.#nodes = nodes
  }

  begin({ own, other }: Race, gamma: number): void {
    for (const node of this.#nodes()) {
      if (node.planned.strategy || !node.running || !node.heldLedger) continue
      const preferred = this.#random.float() < gamma ? own : other
      this.#awaited.set(node, preferred)
      if (node.heldLedger.chain.hasBlock(preferred)) this.received(node, preferred)
    }
  }

  /** The node has that block now, or is about to. */
  received(node: Racer, hash: string): void {
    if (this.#awaited.get(node) !== hash) return
    this.#awaited.delete(node)
    // Not in the middle of what the node does with it.
    this.#clock.after(0, () => {
      const ledger = node.running ? node.heldLedger : undefined
      const entry = ledger?.chain.entry(hash)
      if (entry) ledger?.parts.intake.prefer(entry)
    })
  }
}
