// What is kept of light clients: where each stands, what it has, what it downloaded, and whom it found to lie.

import type { Lie } from '../../../node/api.ts'

declare module '../states.ts' {
  interface SystemStates {
    readonly light: LightState
  }
  interface SystemNodes {
    readonly light: LightNode
  }
}

/** Of any node where there are light clients; of one that is none, `receivedBytes` alone says something. */
export interface LightNode {
  readonly client: boolean
  /** Of its last header. */
  readonly height: number
  readonly tip: string | undefined
  /** Up to here its peers agree on the filters, and up to here its wallet has looked. */
  readonly filters: number
  readonly scanned: number
  readonly balanceSat: number
  readonly pendingSat: number
  /** Transactions of its wallet that it saw in a block. */
  readonly payments: number
  /** Those that it sent. */
  readonly paid: number
  /** Over its connections, in this life. */
  readonly receivedBytes: number
}

/** A peer that a light client proved to lie. */
export interface Liar {
  /** Who found out. */
  readonly by: string
  /** Its name; its address where it is no node of this network. */
  readonly node: string
  readonly lie: Lie
  readonly height: number
  readonly timeMs: number
}

export interface LightState {
  readonly clients: number
  /** The least of the clients that run: height of the last header, and of the last block looked through. */
  readonly height: number
  readonly scanned: number
  /** All clients that run have looked through all of the best chain. */
  readonly level: boolean
  readonly balanceSat: number
  readonly payments: number
  readonly paid: number
  readonly disputes: number
  readonly reorgs: number
  /** The last of them, oldest first. */
  readonly liars: readonly Liar[]
  /** On average, of nodes that run; 0 where there are none. */
  readonly receivedBytes: { readonly client: number; readonly full: number }
}
