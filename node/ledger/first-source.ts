// Headers from one peer at first: while ours are old each answer may be the whole chain, and one copy of it is enough (Core).

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'

export class FirstSource {
  readonly #env: LedgerEnv
  /** The block that a peer was asked about last from which headers are not fetched yet. */
  #askedInPassing: HashHex | undefined

  constructor(env: LedgerEnv) {
    this.#env = env
  }

  /** Whether headers may be fetched from this peer now. */
  mayStart(peer: LedgerPeer): boolean {
    const { chain, peers } = this.#env
    if (!this.#headersAreOld()) return true
    for (const other of peers.values()) {
      if (!other.syncing || other.headersLate) continue
      // Who had nothing may be as new as we are: another is asked only if it says that it has more.
      const hadNothing = other.best === chain.genesis && peer.view.startHeight <= chain.bestHeader.height
      if (other.headersAskedMs !== undefined || hadNothing) return false
    }
    return true
  }

  /**
   * Whether a peer may be asked for what lies before a block that it announced. With each block one peer from which headers are
   * not fetched yet, each once: so a first one that has nothing holds up nobody. Of one that keeps no blocks they never are.
   */
  mayAsk(peer: LedgerPeer, announced: HashHex): boolean {
    if (peer.syncing || (peer.servesBlocks && !this.#headersAreOld())) return true
    if (peer.askedInPassing || announced === this.#askedInPassing) return false
    peer.askedInPassing = true
    this.#askedInPassing = announced
    return true
  }

  #headersAreOld(): boolean {
    const { chain, net, times } = this.#env
    return net.clock.now() - chain.bestHeader.header.time * 1000 > times.initialDownloadMs
  }
}
