// Pings: is the other end still there, and how far away is it?

import type { Clock, Connections, Random } from '../core/host.ts'
import type { LinkReading } from '../core/service.ts'
import { NO_TIMER, type Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import { type Ping, UNANSWERED_PING_VERSION } from './wire/messages.ts'

const PING_INTERVAL_MS = 2 * 60_000
/** No pong, or no byte at all, for so long: the peer is gone (Core's TIMEOUT_INTERVAL). Looked at with each ping. */
const IDLE_TIMEOUT_MS = 20 * 60_000

export class KeepAlive {
  readonly #clock: Clock
  readonly #random: Random
  readonly #peers: Peers
  readonly #connections: Pick<Connections, 'vouches'>

  readonly #leastAgeMs: number

  /** `leastAgeMs`: no connection counts as silent before. */
  constructor(
    clock: Clock,
    random: Random,
    peers: Peers,
    connections: Pick<Connections, 'vouches'> = {},
    leastAgeMs = 0,
  ) {
    this.#leastAgeMs = leastAgeMs
    this.#connections = connections
    this.#clock = clock
    this.#random = random
    this.#peers = peers
  }

  /** Pings now and every two minutes, until the peer goes silent or the network answers for it. */
  watch(peer: Peer): void {
    if (!peer.usable) return
    const silence = this.#silence(peer)
    if (silence !== undefined) this.#peers.drop(peer, silence)
    else {
      this.ping(peer)
      peer.cancelTimer = this.#clock.after(PING_INTERVAL_MS, () => this.#again(peer))
    }
  }

  /** A ping whose answer is certain is none: ten thousand simulated peers would do little else. */
  #again(peer: Peer): void {
    peer.cancelTimer = NO_TIMER
    if (!peer.usable) return
    const certain = !peer.ping.pending && this.#connections.vouches?.(peer.id, () => this.#doubt(peer))
    if (!certain) this.watch(peer)
  }

  /** Until now it would have answered every ping. */
  #doubt(peer: Peer): void {
    if (!peer.usable) return
    peer.received.lastMs = this.#clock.now()
    this.watch(peer)
  }

  /** Unless one is under way, or it is too early for one. */
  ping(peer: Peer): void {
    if (!peer.ping.pending) this.pingAnew(peer)
  }

  /** For whoever wants to know how things are now: the answer to an older ping counts no more. */
  pingAnew(peer: Peer): void {
    if (!peer.usable) return
    const nonce = this.#random.u64()
    peer.ping.sent(nonce, this.#clock.now())
    this.#peers.send(peer, 'ping', { nonce })
  }

  pingAll(): void {
    for (const peer of this.#peers.ready()) this.pingAnew(peer)
  }

  /** How every connection that can be used answers. */
  read(): readonly LinkReading[] {
    const nowMs = this.#clock.now()
    return this.#peers.ready().map(({ id, address, ping }) => ({
      id,
      address,
      ...ping.reading(nowMs),
    }))
  }

  onPing(peer: Peer, ping: Ping): void {
    if (peer.protocolVersion > UNANSWERED_PING_VERSION) this.#peers.send(peer, 'pong', ping)
  }

  /** Without a nonce it answers whatever is out, and tells nothing of how long that took (as Core takes it). */
  onPong(peer: Peer, { nonce }: Partial<Ping>): void {
    if (nonce === undefined || nonce === 0n) peer.ping.forget()
    else peer.ping.answered(nonce, this.#clock.now())
  }

  #silence(peer: Peer): string | undefined {
    const nowMs = this.#clock.now()
    if (nowMs - peer.connectedMs < this.#leastAgeMs) return undefined
    if ((peer.ping.waitMs(nowMs) ?? 0) >= IDLE_TIMEOUT_MS) return 'ping timeout'
    if (nowMs - peer.received.lastMs >= IDLE_TIMEOUT_MS) return 'idle timeout'
    return undefined
  }
}
