// What the peer is told about itself.

import type { Address } from '../core/host.ts'
import type { Grant } from './permissions.ts'
import type { V2Crypto } from './wire/v2/crypto.ts'

export interface CoreOptions {
  /** 4 bytes. */
  readonly magic: Uint8Array
  readonly userAgent: string
  /** What others dial to reach this node; undefined when it does not listen. */
  readonly listenAddress: Address | undefined
  /** Kept connected. */
  readonly connect: readonly Address[]
  /** `fixed`: only `connect` and addnode. `discovered`: the address manager fills the outbound slots too. */
  readonly mode: 'fixed' | 'discovered'
  readonly maxOutbound: number
  readonly maxConnections: number
  /** What some peers may that others may not. */
  readonly grants?: readonly Grant[]
  /** A ban lasts so long where nothing else is said. Default: a day. */
  readonly banSeconds?: number
  /** No transactions are wanted, but of those who may. */
  readonly blocksOnly?: boolean
  /** A handshake may take so long, and no connection counts as silent before. Default: what the links need, and nothing. */
  readonly timeoutMs?: number
  /** It speaks the encrypted transport (BIP324) with whoever dials so, by these keys and ciphers. Absent: v1 with everybody. */
  readonly v2?: V2Crypto | undefined
  /** It dials so itself, where nothing else is said. */
  readonly dialsV2?: boolean
  /** The slowest round trip over the network's links, where they are slower than usual. */
  readonly roundTripMs?: number
}
