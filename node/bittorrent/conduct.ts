// How a peer behaves where the protocol leaves it a choice, or trusts it. What stands here is honest; strategies/ has others, which
// change some of it. Every place where one of them could do otherwise asks here.

import type { BlockRequest, HashRange } from './wire/message.ts'

/** Of a round of choking: who could be unchoked. */
export interface Unchoking {
  /** For what they give. */
  readonly slots: number
  /** By luck. */
  readonly optimistic: number
}

export interface Conduct {
  /** How many are unchoked, of so many that its options allow. */
  unchoking(slots: number): Unchoking
  /** Whether one who has little may ask for some pieces while it is choked (BEP 6). */
  readonly givesFast: boolean
  /** The block that it serves for a request. `block`: what was asked for. */
  served(request: BlockRequest, block: Uint8Array): Uint8Array
  /** Blocks are sent at most so fast to one peer, in bytes per second. */
  readonly upBps: number
  /** The hashes that it answers with. */
  hashes(range: HashRange, hashes: Uint8Array): Uint8Array
  /** Whether a piece is what its hash says; `sound`: whether it is. */
  accepts(piece: number, sound: boolean): boolean
  /** Pieces are asked for in this order. */
  readonly order: 'rarest' | 'sequential'
  /** What it stored counts in its next life. */
  readonly remembers: boolean
}

export const HONEST: Conduct = {
  unchoking: slots => ({ slots, optimistic: 1 }),
  givesFast: true,
  served: (_request, block) => block,
  upBps: Number.POSITIVE_INFINITY,
  hashes: (_range, hashes) => hashes,
  accepts: (_piece, sound) => sound,
  order: 'rarest',
  remembers: true,
}
