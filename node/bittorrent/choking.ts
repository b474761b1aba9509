// Who may ask for blocks: looked at every ten seconds, and one by luck every thirty (BEP 3).

import type { Company } from './company.ts'
import type { Peer } from './peer.ts'

const ROUND_MS = 10_000
const OPTIMISTIC_ROUNDS = 3

export interface ChokingGround {
  readonly slots: number
  /** Everything is here: who takes fastest counts. */
  seeding(): boolean
  onChoked(peer: Peer): void
}

export class Choking {
  readonly #company: Company
  readonly #ground: ChokingGround
  #roundMs = Number.NEGATIVE_INFINITY
  #rounds = 0
  #optimistic: Peer | undefined

  constructor(company: Company, ground: ChokingGround) {
    this.#company = company
    this.#ground = ground
  }

  /** A free slot waits for no round. */
  onInterest(_peer: Peer): void {
    this.#round(false)
  }

  onGone(peer: Peer): void {
    if (this.#optimistic === peer) this.#optimistic = undefined
    if (!peer.choked) this.#round(false)
  }

  tick(nowMs: number): void {
    if (nowMs - this.#roundMs < ROUND_MS) return
    this.#roundMs = nowMs
    this.#round(this.#rounds++ % OPTIMISTIC_ROUNDS === 0)
  }

  #round(luck: boolean): void {
    const { slots, optimistic } = this.#company.conduct.unchoking(this.#ground.slots)
    const nowMs = this.#company.clock.now()
    const wanting = [...this.#company.peers.values()].filter(({ wantsOurs, closing }) => wantsOurs && !closing)
    const worth = (peer: Peer) => (this.#ground.seeding() ? peer.up.read(nowMs) : peer.snubbed ? -1 : peer.down.read(nowMs))
    const best = wanting.sort((a, b) => worth(b) - worth(a)).slice(0, slots)
    const rest = wanting.filter(peer => !best.includes(peer))
    if (luck || !this.#optimistic || !rest.includes(this.#optimistic))
      this.#optimistic = optimistic > 0 ? rest[this.#company.random.int(Math.max(1, rest.length))] : undefined
    for (const peer of this.#company.peers.values()) {
      peer.optimistic = peer === this.#optimistic
      this.#set(peer, best.includes(peer) || peer.optimistic)
    }
  }

  #set(peer: Peer, open: boolean): void {
    if (peer.choked !== open) return
    peer.choked = !open
    this.#company.send(peer, { type: open ? 'unchoke' : 'choke' })
    if (!open) this.#ground.onChoked(peer)
  }
}
