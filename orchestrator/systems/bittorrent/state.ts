// What is kept of BitTorrent: each content and how far it has come, what each node has of it, who got what from whom, whom peers
// banned, and what was wasted.

import type { BittorrentEvent } from '../../../node/api.ts'

declare module '../states.ts' {
  interface SystemStates {
    readonly bittorrent: SwarmState
  }
  interface SystemNodes {
    readonly bittorrent: SwarmNode
  }
}

export type BanReason = Extract<BittorrentEvent, { type: 'bittorrent/banned' }>['why']

/** Of any node; of one that does not run the service, `peer` alone says something. */
export interface SwarmNode {
  readonly peer: boolean
  /** Where it listens; undefined before it came up. */
  readonly address: string | undefined
  /** How it is dishonest; undefined: it is not. */
  readonly strategy: string | undefined
  /** Of the service, as the last sample has them. */
  readonly connections: number
  readonly dhtNodes: number
  /** Over its connections, protocol included, in this life. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Blocks of all contents, in bytes a second. */
  readonly downBps: number
  readonly upBps: number
  /** By content, in the order in which they came. */
  readonly contents: { readonly [content: string]: HeldContent }
}

/** What a node has of a content. */
export interface HeldContent {
  /** It had all of it first, or was told to get it. */
  readonly role: 'seed' | 'wants'
  /** Verified and stored. */
  readonly pieces: number
  readonly verifiedBytes: number
  /** Which pieces: base64 of a bitfield as the wire has it, of the last sample. Empty: it has not told. */
  readonly has: string
  /** Blocks: received, of them thrown away, sent; over all its lives. */
  readonly downBytes: number
  readonly wastedBytes: number
  readonly upBytes: number
  /** Over the last seconds, in bytes a second. */
  readonly downBps: number
  readonly upBps: number
  readonly connections: number
  readonly complete: boolean
  /** When it was told to get it, or had it first, ms since the epoch. */
  readonly sinceMs: number
  /** When it first had all of it. */
  readonly completeMs: number | undefined
  /** Why it cannot be written. */
  readonly stuck: string | undefined
  /** It takes part no longer. */
  readonly left: boolean
}

/** Whom a peer does not speak to any more, and why. */
export interface Ban {
  readonly by: string
  /** Its name; its address where it is no node of this network. */
  readonly node: string
  /** It is one of the network's, and was planned to be honest. */
  readonly honest: boolean
  readonly content: string
  readonly why: BanReason
  readonly timeMs: number
}

/** Verified bytes that went from one node to another. */
export interface Given {
  /** Their names; an address where it is no node of this network. */
  readonly from: string
  readonly to: string
  readonly bytes: number
}

/** A peer that has all of a content. */
export interface Completion {
  readonly node: string
  /** Since the network stood, and since it was told to get it. */
  readonly atMs: number
  readonly tookMs: number
}

export interface ContentState {
  /** Its id: the info-hash in hex. */
  readonly content: string
  readonly name: string
  readonly magnet: string
  /** 0 where nobody has told yet. */
  readonly bytes: number
  readonly pieces: number
  readonly pieceLength: number
  /** Who had it first. */
  readonly seeds: readonly string[]
  /** When the first of them did, ms since the epoch. */
  readonly sharedMs: number
  /** Peers that were told to get it, and those of them that once had all of it. */
  readonly wanted: number
  readonly complete: number
  /** Of what they want, what they have: 0 to 1. */
  readonly progress: number
  /**
   * Distributed copies among the nodes that run: copies of the rarest piece, and behind the point the share of pieces of which
   * there are more.
   */
  readonly copies: number
  /** The same on each side of the partitions in force; absent while nothing splits the network. */
  readonly copiesBySide?: readonly number[]
  /** Copies of each piece, or of groups of as many pieces as `piecesPerCell` says (the least of them). */
  readonly availability: readonly number[]
  readonly piecesPerCell: number
  /** In their order. */
  readonly completions: readonly Completion[]
  /** Over the completions; 0 where there is none. */
  readonly seconds: { readonly p50: number; readonly p90: number; readonly max: number }
  /** No network with these lines is faster (Kurose, Ross), in seconds; undefined: its lines limit nothing. */
  readonly boundSeconds: number | undefined
  /** Verified by those who wanted it. */
  readonly verifiedBytes: number
  readonly downBytes: number
  readonly wastedBytes: number
  /** In bytes a second. */
  readonly downBps: number
  /** Most bytes first; what is beyond the first MAX_GIVEN pairs is in `givenBeside`. */
  readonly given: readonly Given[]
  readonly givenBeside: number
}

export const MAX_GIVEN = 10_000

export interface SwarmState {
  /** Nodes that run it. */
  readonly peers: number
  /** Between them, as the last samples have it. */
  readonly connections: number
  readonly contents: readonly ContentState[]
  /** Of all contents: peers that want one, counted once a content, and those of them that have it. */
  readonly wanted: number
  readonly complete: number
  readonly progress: number
  /** Of the content of which there are fewest; 0 where there is none. */
  readonly copies: number
  readonly verifiedBytes: number
  readonly wastedBytes: number
  /** In bytes a second. */
  readonly downBps: number
  readonly upBps: number
  /** The last thousand, oldest first. */
  readonly bans: readonly Ban[]
  readonly damagedPieces: number
  /** Oldest first; of a long run with wider steps. */
  readonly history: readonly SwarmPoint[]
}

/** How all swarms stood at a moment. */
export interface SwarmPoint {
  readonly timeMs: number
  readonly complete: number
  readonly progress: number
  readonly copies: number
  /** By all who wanted something. */
  readonly verifiedBytes: number
}
