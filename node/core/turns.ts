// Fairness between peers: each has a turn to have its messages handled, and a flood waits while the others have theirs.

import type { Frame } from '../wire/frame.ts'
import type { Clock, Connections } from './host.ts'
import type { Peer } from './peer.ts'

/** Time that one peer's messages may take before the others have their turn. In virtual time a turn has no end. */
const TURN_MS = 10
/** Where the host cannot hold a peer back, one that keeps sending much faster than it is read is closed. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024

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
  /** Had a turn and have more to be read: their next turn is planned. */
  readonly #waiting = new Set<Peer>()

  constructor(deps: TurnsDeps) {
    this.#deps = deps
  }

  onData(peer: Peer, bytes: Uint8Array): void {
    const frame = peer.frames.whole(bytes)
    if (frame) {
      this.#readOne(peer, frame)
      return
    }
    peer.frames.push(bytes)
    if (!this.#waiting.has(peer)) this.#read(peer)
    else if (peer.frames.pendingBytes > MAX_UNREAD_BYTES) this.#deps.drop(peer, 'flooding')
  }

  onGone(peer: Peer): void {
    this.#waiting.delete(peer)
  }

  #read(peer: Peer): void {
    const { clock } = this.#deps
    const endMs = clock.now() + TURN_MS
    let more = true
    while (more && peer.leaving === undefined && clock.now() < endMs) more = this.#readOne(peer)
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

  #suspend(peer: Peer): void {
    const { clock, connections } = this.#deps
    if (!this.#waiting.has(peer)) connections.hold?.(peer.id, true)
    this.#waiting.add(peer)
    clock.after(0, () => this.#read(peer))
  }

  #resume(peer: Peer): void {
    if (this.#waiting.delete(peer)) this.#deps.connections.hold?.(peer.id, false)
  }
}
