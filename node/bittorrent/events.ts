// What a BitTorrent peer tells of what happens to it. `content`: the info-hash in hex, of version 2 where there is one.
// Never an event a block: of a content at most one for each of its pieces, and a hundred for its progress.

export type BittorrentEvent =
  /** It takes part from here on; `has`: pieces that it has already. Size and pieces are 0 until the info is there. */
  | ({
      readonly type: 'bittorrent/joined'
      readonly name: string
      readonly bytes: number
      readonly pieces: number
      readonly has: number
    } & OfContent)
  /** The info came from a peer, and is what its hash says. */
  | ({
      readonly type: 'bittorrent/info'
      readonly name: string
      readonly bytes: number
      readonly pieces: number
    } & OfContent)
  /** So many pieces are verified and stored. At least each 5 %, and each piece where there are fewer than 20. */
  | ({
      readonly type: 'bittorrent/progress'
      readonly pieces: number
      readonly verifiedBytes: number
      /** Verified bytes by the peer that they came from, since the last such event; by `host:port` where it listens. */
      readonly from: { readonly [address: string]: number }
    } & OfContent)
  /** All of it is there. `ms`: since it joined in this life. */
  | ({
      readonly type: 'bittorrent/complete'
      readonly ms: number
      readonly verifiedBytes: number
      readonly wastedBytes: number
    } & OfContent)
  /** A peer is proved to lie, and is not spoken to again: by a block, or by hashes that do not lead to the root. */
  | ({
      readonly type: 'bittorrent/banned'
      readonly address: string
      readonly why: 'block' | 'hashes' | 'info' | 'protocol'
      readonly piece?: number
      readonly block?: number
    } & OfContent)
  /** What was stored is not what was verified: it is fetched anew. */
  | ({ readonly type: 'bittorrent/damaged'; readonly pieces: number } & OfContent)
  /** It cannot be written; `why`: the machine's word. It is tried again later. */
  | ({ readonly type: 'bittorrent/stuck'; readonly why: string } & OfContent)
  /** It takes part no longer. */
  | ({ readonly type: 'bittorrent/left' } & OfContent)

interface OfContent {
  readonly content: string
}

/** The service's part of /health. */
export interface BittorrentHealth {
  readonly contents: readonly ContentHealth[]
  readonly connections: number
  /** Of all its connections in this life, protocol included. */
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly dhtNodes: number
}

export interface ContentHealth {
  readonly content: string
  readonly name: string
  readonly bytes: number
  readonly pieces: number
  /** Pieces that it has: base64 of a bitfield as the wire has it. */
  readonly has: string
  readonly hasPieces: number
  readonly verifiedBytes: number
  /** Blocks only: received, of them thrown away (bad, or had already), sent. In this life. */
  readonly downBytes: number
  readonly wastedBytes: number
  readonly upBytes: number
  /** Over the last seconds. */
  readonly downBps: number
  readonly upBps: number
  readonly connections: number
  /** Blocks sent, by the address of who got them. In this life. */
  readonly upTo: { readonly [address: string]: number }
  readonly complete: boolean
}
