// What the parts of one content's life share: its peers, how they are written to, and who is told of what.

import type { Clock, PeerId, Random } from '../core/host.ts'
import type { BanReason } from './bans.ts'
import type { Conduct } from './conduct.ts'
import type { BittorrentEvent } from './events.ts'
import type { Peer } from './peer.ts'
import type { Digests } from './storage.ts'
import type { Message } from './wire/message.ts'

/** Waits, in ms: nobody is late before an answer can have come over the slowest link. */
export interface Patience {
  /** An answer to a small question. */
  readonly answerMs: number
  /** A peer that was asked for blocks and gives none. */
  readonly blockMs: number
  readonly handshakeMs: number
}

export interface Company {
  /** Lower-case hex: events and the folder go by it. */
  readonly content: string
  readonly clock: Clock
  readonly random: Random
  readonly digests: Digests | undefined
  readonly conduct: Conduct
  readonly patience: Patience
  /** Those that shook hands, by their connections' numbers. */
  readonly peers: ReadonlyMap<PeerId, Peer>
  send(peer: Peer, message: Message): void
  /** One frame that several get. */
  sendFrame(peer: Peer, frame: Uint8Array): void
  /** An extension message (BEP 10); nothing where the peer does not know it. */
  extend(peer: Peer, name: string, payload: Uint8Array): void
  /** Proved to lie: told, never spoken to again. */
  ban(peer: Peer, why: BanReason, piece?: number, block?: number): void
  /** Of no use, and not proved to lie. */
  drop(peer: Peer, why: string): void
  emit(event: BittorrentEvent): void
}
