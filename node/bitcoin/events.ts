// What the core tells the observer. Times are stamped by the host (see api.ts), not here.

import type { Address, PeerId } from '../core/host.ts'

export type CoreEvent =
  | {
      readonly type: 'peer-up'
      readonly peer: PeerId
      readonly address: Address
      readonly inbound: boolean
      readonly userAgent: string
    }
  | {
      readonly type: 'peer-down'
      readonly peer: PeerId
      readonly address: Address
      readonly inbound: boolean
      /**
       * The core's: `ping timeout`, `idle timeout`, `misbehaviour`, `evicted`, `duplicate connection`, `wrong magic`,
       * `<command> after verack`, `flooding`, `disconnectnode`, `shutting down`; a protocol's (`stalling`, …); or the
       * host's (`closed by peer`, `connection reset`, …).
       */
      readonly why: string
    }
  /** Nobody answered, or the handshake came to nothing: the host's words, or `handshake timeout`, `wrong magic`, … */
  | { readonly type: 'dial-failed'; readonly address: Address; readonly why: string }
  | {
      readonly type: 'misbehaviour'
      readonly peer: PeerId
      readonly address: Address
      readonly reason: string
      readonly detail?: string
    }
