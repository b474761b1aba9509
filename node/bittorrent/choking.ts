// Who may ask for blocks (BEP 3). Looked at every ten seconds: while something is missing, those who give most are given to, and one by
// luck, another every thirty seconds, for somebody may give more who was never tried. When all is there, everybody has the same turn:
// each round one slot goes to who waited longest (Legout, Urvoy-Keller, Michiardi 2006). Between rounds nobody is choked; a slot that is
// free waits for none.

import type { Company } from './company.ts'
import type { Peer } from './peer.ts'

const ROUND_MS = 10_000
const OPTIMISTIC_ROUNDS = 3

export interface ChokingGround {
  readonly slots: number
  /** Everything is here. */
  seeding(): boolean
  /** It is about to be told. */
  onUnchoke(peer: Peer): void
  onChoked(peer: Peer): void
}

export class Choking {
  readonly #company: Company
  readonly #ground: ChokingGround
  #roundMs = Number.NEGATIVE_INFINITY
  #rounds = 0
  #lucky: Peer | undefined

  constructor(company: Company, ground: ChokingGround) {
    this.#company = company
    this.#ground = ground
  }

  onInterest(): void {
    this.#fillSlots()
  }

  onGone(peer: Peer): void {
    if (this.#lucky === peer) this.#lucky = undefined
    if (!peer.choked) this.#fillSlots()
  }

  tick(nowMs: number): void {
    if (nowMs - this.#roundMs < ROUND_MS) return
    this.#roundMs = nowMs
    if (this.#ground.seeding()) this.#turn()
    else this.#reward(nowMs)
    this.#rounds++
  }

  /** Those who gave most since, and one by luck. */
  #reward(nowMs: number): void {
    const { slots, optimistic } = this.#company.conduct.unchoking(this.#ground.slots)
    const worth = (peer: Peer) => (peer.snubbed ? -1 : peer.down.read(nowMs))
    const wanting = this.#wanting().sort((a, b) => worth(b) - worth(a))
    const best = wanting.slice(0, slots)
    const rest = wanting.slice(slots)
    const again = this.#rounds % OPTIMISTIC_ROUNDS === 0
    if (optimistic === 0) this.#lucky = undefined
    else if (again || !this.#lucky || !rest.includes(this.#lucky))
      this.#lucky = rest[this.#company.random.int(Math.max(1, rest.length))]
    this.#open(new Set(this.#lucky ? [...best, this.#lucky] : best))
  }

  /** One who had its time makes room for who waited longest. */
  #turn(): void {
    const { slots, optimistic } = this.#company.conduct.unchoking(this.#ground.slots)
    this.#lucky = undefined
    const wanting = this.#wanting().sort((a, b) => a.unchokedMs - b.unchokedMs)
    const served = wanting.filter(({ choked }) => !choked)
    const waiting = wanting.filter(({ choked }) => choked)
    const room = slots + optimistic
    const kept = waiting.length > 0 && served.length >= room ? served.slice(served.length - room + 1) : served
    this.#open(new Set([...kept, ...waiting].slice(0, room)))
  }

  /** Whoever wants something gets a slot that is free, or held by one who wants nothing now; the others keep theirs. */
  #fillSlots(): void {
    const { slots, optimistic } = this.#company.conduct.unchoking(this.#ground.slots)
    let free = slots + optimistic
    const idle: Peer[] = []
    for (const peer of this.#company.peers.values())
      if (!peer.choked) {
        free--
        if (!peer.wantsOurs) idle.push(peer)
      }
    if (free + idle.length <= 0) return
    const waiting = this.#wanting().filter(({ choked }) => choked)
    waiting.sort((a, b) => a.unchokedMs - b.unchokedMs)
    for (const peer of waiting.slice(0, free + idle.length)) {
      const idler = free-- > 0 ? undefined : idle.pop()
      if (idler) this.#set(idler, false)
      this.#set(peer, true)
    }
  }

  #open(chosen: ReadonlySet<Peer>): void {
    for (const peer of this.#company.peers.values()) {
      peer.optimistic = peer === this.#lucky
      if (!chosen.has(peer)) this.#set(peer, false)
    }
    for (const peer of chosen) this.#set(peer, true)
  }

  #wanting(): Peer[] {
    return [...this.#company.peers.values()].filter(({ wantsOurs, closing }) => wantsOurs && !closing)
  }

  #set(peer: Peer, open: boolean): void {
    if (peer.choked !== open) return
    peer.choked = !open
    if (open) {
      peer.unchokedMs = this.#company.clock.now()
      this.#ground.onUnchoke(peer)
    }
    this.#company.send(peer, { type: open ? 'unchoke' : 'choke' })
    if (!open) this.#ground.onChoked(peer)
  }
}
