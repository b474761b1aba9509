// What BitTorrent peers say to each other behind the handshake (BEP 3, 6, 10, 52): each message by its name there.

export type Message =
  | { readonly type: 'keepalive' }
  | { readonly type: 'choke' | 'unchoke' | 'interested' | 'not-interested' }
  | { readonly type: 'have'; readonly piece: number }
  /** First bit: piece 0, the most significant. */
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | ({ readonly type: 'request' | 'cancel' | 'reject' } & BlockRequest)
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly block: Uint8Array }
  /** Of its DHT node (BEP 5). */
  | { readonly type: 'port'; readonly port: number }
  | { readonly type: 'suggest' | 'allowed-fast'; readonly piece: number }
  | { readonly type: 'have-all' | 'have-none' }
  /** `id` 0: the extension handshake (BEP 10). */
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  | ({ readonly type: 'hash-request' | 'hash-reject' } & HashRange)
  /** `length` hashes of the layer, then the uncles that prove them, from the bottom up; 32 bytes each. */
  | ({ readonly type: 'hashes'; readonly hashes: Uint8Array } & HashRange)

/** Bytes of one piece. */
export interface BlockRequest {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/** Hashes of one file's tree (BEP 52). */
export interface HashRange {
  /** Root of the file's tree, 32 bytes. */
  readonly root: Uint8Array
  /** Layer, counted from the leaves: 0. */
  readonly base: number
  /** Of the first in the layer: a multiple of `length`. */
  readonly index: number
  readonly length: number
  /** Layers above `base` that the sender is to prove up to. */
  readonly proofs: number
}

/** The 68 bytes that a connection begins with, both ways (BEP 3). */
export interface Handshake {
  /** 20 bytes: of version 1, or the first 20 of version 2 (BEP 52). */
  readonly infoHash: Uint8Array
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** Reserved bits: fast extension (BEP 6), extension protocol (BEP 10), DHT (BEP 5), v2 upgrade of a hybrid (BEP 52). */
  readonly fast: boolean
  readonly extended: boolean
  readonly dht: boolean
  readonly v2: boolean
}
