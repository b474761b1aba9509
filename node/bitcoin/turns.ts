// Fairness between peers: each has a turn to have its messages handled, and a flood waits while the others have theirs. What
// is read and not worked off has an end, for each peer and for all together; so has what waits to be sent to one that asks and
// does not read.

import type { Clock, Connections } from '../core/host.ts'
import { fillOf } from './backlog.ts'
import type { Peer } from './peer.ts'
import type { Frame } from './wire/frame.ts'

/** Time that one peer's messages may take before the others have their turn. In virtual time a turn has no end. */
const TURN_MS = 10
/** What is read in one go, from whomever: then the machine's other work has its turn, and what still comes waits. */
const SITTING_MS = 20
/** Where the host cannot hold a peer back, one that keeps sending much faster than it is read is closed. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024
/** Of all peers together. Those held back have a chunk each; the rest is messages of which the end has not come. */
const MAX_UNREAD_IN_ALL_BYTES = 16 * 1024 * 1024
/** Less than this is not worth closing anybody for. */
const LARGE_BYTES = 128 * 1024
/** So many times as much as should wait to be sent to a peer: until it has read, it has nothing to say. */
const FULL = 2
/** How often one that does not read is looked at. */
const FULL_POLL_MS = 50

export interface TurnsDeps {
  readonly clock: Clock
  readonly connections: Connections
  /** Handles one message. Throws what the peer or a bug is to blame for. */
  receive(peer: Peer, frame: Frame): void
  fault(peer: Peer, error: unknown): void
  drop(peer: Peer, why: string): void
}

export class Turns {
  readonly #deps: TurnsDeps
  /** Have more to be read, and wait for their next turn: those that we dialled, whom no attacker chose, and the others. */
  readonly #dialled = new Set<Peer>()
  readonly #inbound = new Set<Peer>()
  /** Have to read before they are read. */
  readonly #full = new Set<Peer>()
  /** Nothing is read from them. */
  readonly #held = new Set<Peer>()
  readonly #unread: Unread
  #turnPlanned = false
  #pollPlanned = false
  #dialledIsNext = true
  /** Time spent on reading since the machine last had its turn. */
  #spentMs = 0

  constructor(deps: TurnsDeps) {
    this.#deps = deps
    this.#unread = new Unread(peer => deps.drop(peer, 'sends messages without an end'))
  }

  onData(peer: Peer, bytes: Uint8Array): void {
    const frame = peer.frames.whole(bytes)
    if (frame) {
      this.#readOne(peer, frame)
      return
    }
    peer.frames.push(bytes)
    if (this.#waits(peer)) {
      if (peer.frames.pendingBytes > MAX_UNREAD_BYTES) this.#deps.drop(peer, 'flooding')
    } else if (this.#spentMs >= SITTING_MS) this.#suspend(peer)
    else this.#read(peer)
    this.#unread.count(peer)
  }

  onGone(peer: Peer): void {
    for (const some of [this.#dialled, this.#inbound, this.#full, this.#held]) some.delete(peer)
    this.#unread.forget(peer)
  }

  #waits(peer: Peer): boolean {
    return this.#placeOf(peer).has(peer) || this.#full.has(peer)
  }

  #placeOf(peer: Peer): Set<Peer> {
    return peer.inbound ? this.#inbound : this.#dialled
  }

  #read(peer: Peer): void {
    const { clock } = this.#deps
    const startMs = clock.now()
    let nowMs = startMs
    let more = true
    while (more && peer.leaving === undefined && nowMs < startMs + TURN_MS && !this.#isFull(peer)) {
      more = this.#readOne(peer)
      if (more) this.#unread.completed(peer)
      nowMs = clock.now()
    }
    this.#spend(nowMs - startMs)
    if (peer.leaving !== undefined) return
    if (more && peer.frames.pendingBytes > 0) this.#suspend(peer)
    else this.#resume(peer)
  }

  /** False when there is no whole message any more. `known`: the next one, when it is known. */
  #readOne(peer: Peer, known?: Frame): boolean {
    try {
      const frame = known ?? peer.frames.next()
      if (frame) this.#deps.receive(peer, frame)
      return frame !== undefined
    } catch (error) {
      this.#deps.fault(peer, error)
      return false
    }
  }

  /** A host that cannot say has no way out that fills up. */
  #isFull(peer: Peer): boolean {
    const { connections } = this.#deps
    return connections.fill !== undefined && fillOf(connections, peer.id) >= FULL
  }

  #spend(ms: number): void {
    if (ms <= 0) return
    if (this.#spentMs === 0)
      this.#deps.clock.after(0, () => {
        this.#spentMs = 0
      })
    this.#spentMs += ms
  }

  #suspend(peer: Peer): void {
    const { clock, connections } = this.#deps
    if (!this.#held.has(peer)) connections.hold?.(peer.id, true)
    this.#held.add(peer)
    if (!this.#isFull(peer)) {
      this.#placeOf(peer).add(peer)
      this.#planTurn()
      return
    }
    this.#full.add(peer)
    if (this.#pollPlanned) return
    this.#pollPlanned = true
    clock.after(FULL_POLL_MS, () => this.#pollFull())
  }

  #resume(peer: Peer): void {
    if (this.#held.delete(peer)) this.#deps.connections.hold?.(peer.id, false)
  }

  #planTurn(): void {
    if (this.#turnPlanned) return
    this.#turnPlanned = true
    this.#deps.clock.after(0, () => this.#turn())
  }

  /** One peer's turn; then the machine's. Those that we dialled have every other one, however many the others are. */
  #turn(): void {
    this.#turnPlanned = false
    const order = this.#dialledIsNext ? [this.#dialled, this.#inbound] : [this.#inbound, this.#dialled]
    this.#dialledIsNext = !this.#dialledIsNext
    const some = order.find(({ size }) => size > 0)
    const [peer] = some ?? []
    if (!some || !peer) return
    some.delete(peer)
    this.#read(peer)
    this.#unread.count(peer)
    if (this.#dialled.size + this.#inbound.size > 0) this.#planTurn()
  }

  #pollFull(): void {
    this.#pollPlanned = false
    const waiting = [...this.#full]
    this.#full.clear()
    for (const peer of waiting) this.#suspend(peer)
  }
}

/** What has been read of messages and is not handled yet. */
class Unread {
  readonly #close: (peer: Peer) => void
  readonly #bytes = new Map<Peer, number>()
  #total = 0

  constructor(close: (peer: Peer) => void) {
    this.#close = close
  }

  /** It may have become more or less. */
  count(peer: Peer): void {
    const bytes = peer.leaving === undefined ? peer.frames.pendingBytes : 0
    const before = this.#bytes.get(peer) ?? 0
    if (bytes === before) return
    this.#total += bytes - before
    if (bytes > 0) this.#bytes.set(peer, bytes)
    else this.#bytes.delete(peer)
    if (this.#total > MAX_UNREAD_IN_ALL_BYTES) this.#relieve()
  }

  /** A message of the peer was whole: it goes behind those whose messages have not come to an end for longer. */
  completed(peer: Peer): void {
    const bytes = this.#bytes.get(peer)
    if (bytes === undefined) return
    this.#bytes.delete(peer)
    this.#bytes.set(peer, bytes)
  }

  forget(peer: Peer): void {
    this.#total -= this.#bytes.get(peer) ?? 0
    this.#bytes.delete(peer)
  }

  /** Closes the one whose message has been without an end for longest. Those that we dialled are few, and no attacker's. */
  #relieve(): void {
    const [victim] = [...this.#bytes].find(([peer, bytes]) => peer.inbound && bytes >= LARGE_BYTES) ?? []
    if (!victim) return
    this.forget(victim)
    this.#close(victim)
  }
}
