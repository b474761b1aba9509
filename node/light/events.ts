// What a light client tells the observer. Hashes are in display hex, heights count from genesis = 0.

import type { HashHex } from '../bitcoin/wire/hex.ts'

export type LightEvent =
  /** It stands on another chain of headers. `depth`: blocks that were left. */
  | {
      readonly type: 'light-tip'
      readonly hash: HashHex
      readonly height: number
      readonly depth: number
    }
  /** It has looked through the blocks up to here for what concerns its wallet, and this is what it has. */
  | {
      readonly type: 'light-scanned'
      readonly hash: HashHex
      readonly height: number
      readonly balanceSat: number
      readonly pendingSat: number
    }
  /** A transaction of its wallet is in a block, or no longer in one (`height` 0). `sat`: what the wallet gained by it. */
  | {
      readonly type: 'light-payment'
      readonly txid: HashHex
      readonly sat: number
      readonly height: number
      readonly block: HashHex
    }
  /** It paid; its peers are told until the payment is in a block. */
  | { readonly type: 'light-paid'; readonly txid: HashHex; readonly sat: number }
  /** Two peers say different things of a block's filter, which only one of them can be right in. */
  | {
      readonly type: 'light-dispute'
      readonly height: number
      readonly hash: HashHex
      readonly address: string
    }
  /** A peer was proven to lie. */
  | {
      readonly type: 'light-liar'
      readonly address: string
      readonly lie: Lie
      readonly height: number
    }

/** Headers that break a rule · a filter that lacks what is in its block · an answer that contradicts another of its own · a block that is not what its header says. */
export type Lie = 'headers' | 'filter' | 'contradiction' | 'block'
