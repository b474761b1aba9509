// Headers of a light client: from one peer while its own are old, then from all of them, so that whoever knows more work is heard.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel } from '../core/host.ts'
import { ConsensusError } from '../errors.ts'
import { isBlockOffence } from '../ledger/blame.ts'
import type { BlockEntry, Header } from '../ledger/chain/types.ts'
import { checkProofOfWork } from '../ledger/consensus/header-rules.ts'
import { type Inventories, lastOfType } from '../ledger/inventory.ts'
import { INV, MAX_HEADERS, NO_HASH } from '../ledger/messages.ts'
import type { ChainChange } from './header-chain.ts'
import type { LightEnv, LightPeer } from './peers.ts'

const LOCATOR_VERSION = 70016

export class HeaderSync {
  readonly #env: LightEnv
  readonly #onTip: (change: ChainChange) => void
  /** A peer has a block that it was not known to have. */
  readonly #onNews: (peer: LightPeer) => void
  /** The one that old headers are fetched from. */
  #first: LightPeer | undefined
  #cancel: Cancel = () => {}

  constructor(env: LightEnv, onTip: (change: ChainChange) => void, onNews: (peer: LightPeer) => void) {
    this.#env = env
    this.#onTip = onTip
    this.#onNews = onNews
  }

  start(): void {
    this.#plan()
  }

  stop(): void {
    this.#cancel()
  }

  /** Its tip is so old that there must be much that it does not know. */
  get old(): boolean {
    const { chain, net, times } = this.#env
    return net.clock.now() - chain.tip.header.time * 1000 > times.initialDownloadMs
  }

  onPeerReady(peer: LightPeer): void {
    peer.has(this.#env.chain.genesis)
    this.#env.send(peer, 'sendheaders', null)
    if (!this.old || !this.#first) this.#ask(peer)
    if (this.old) this.#first ??= peer
  }

  onPeerGone(peer: LightPeer): void {
    if (this.#first === peer) this.#passOn()
  }

  onInv(peer: LightPeer, items: Inventories): void {
    const last = lastOfType(items, INV.block)
    if (last) this.#announced(peer, last.hash)
  }

  onHeaders(peer: LightPeer, headers: readonly Header[]): void {
    const asked = peer.headersAskedMs !== undefined
    const [first] = headers
    if (!first) {
      this.#finished(peer)
      return
    }
    if (!this.#wellFormed(peer, headers)) return
    if (!this.#env.chain.entry(first.prev)) {
      this.#announced(peer, first.hash)
      return
    }
    const last = this.#accept(peer, headers)
    if (!last) return
    peer.has(last)
    const change = this.#env.chain.advance()
    if (change) this.#onTip(change)
    this.#onNews(peer)
    if (headers.length === MAX_HEADERS && asked) this.#ask(peer, last)
    else this.#finished(peer)
  }

  /** It has a block that is not known here: what lies before it is asked for, once at a time. */
  #announced(peer: LightPeer, hash: HashHex): void {
    const known = this.#env.chain.entry(hash)
    if (known) {
      peer.has(known)
      this.#onNews(peer)
    } else if (peer.headersAskedMs === undefined) this.#ask(peer)
    else peer.announcedSince = true
  }

  /** Each proves its work and follows the one before: whoever sends others is hostile. */
  #wellFormed(peer: LightPeer, headers: readonly Header[]): boolean {
    const { params, chain } = this.#env
    let previous: Header | undefined
    for (const header of headers) {
      const height = (chain.entry(header.prev)?.height ?? -1) + 1
      if (previous && header.prev !== previous.hash) {
        this.#env.blame(peer, 'headers', height, 'non-continuous-headers')
        return false
      }
      previous = header
      try {
        checkProofOfWork(params, header)
      } catch (error) {
        this.#refuse(peer, error, height)
        return false
      }
    }
    return true
  }

  #accept(peer: LightPeer, headers: readonly Header[]): BlockEntry | undefined {
    const { chain } = this.#env
    try {
      return chain.accept(headers)
    } catch (error) {
      const known = headers.findLast(({ hash }) => chain.entry(hash))
      this.#refuse(peer, error, (known ? (chain.entry(known.hash)?.height ?? 0) : chain.tip.height) + 1)
      // Those before the bad one count.
      const change = chain.advance()
      if (change) this.#onTip(change)
      this.#finished(peer)
      return undefined
    }
  }

  /** What proves nothing (a clock, or too little work to be worth keeping) is passed over. */
  #refuse(peer: LightPeer, error: unknown, height: number): void {
    if (!(error instanceof ConsensusError)) throw error
    if (isBlockOffence(error.reason)) this.#env.blame(peer, 'headers', height, error.reason)
  }

  #finished(peer: LightPeer): void {
    peer.headersAskedMs = undefined
    if (peer.announcedSince) {
      peer.announcedSince = false
      this.#ask(peer)
    } else if (this.#first === peer) this.#passOn()
  }

  /** The first has told all it has, or went away, or keeps silent: now the others are asked. */
  #passOn(): void {
    const before = this.#first
    this.#first = undefined
    for (const peer of this.#env.peers.values())
      if (peer !== before && peer.headersAskedMs === undefined) this.#ask(peer)
  }

  /** From the parent, so that a peer on the same tip answers with that one header, and is known to have it. */
  #ask(peer: LightPeer, from: BlockEntry = this.#env.chain.tip.parent ?? this.#env.chain.tip): void {
    const { chain, net } = this.#env
    peer.headersAskedMs = net.clock.now()
    this.#env.send(peer, 'getheaders', {
      version: LOCATOR_VERSION,
      hashes: chain.locator(from),
      stop: NO_HASH,
    })
  }

  /** A cut link loses announcements, and a silent peer is not waited for: all are asked anew from time to time. */
  #plan(): void {
    const { net, times } = this.#env
    this.#cancel = net.clock.after(times.chainSyncMs, () => {
      const nowMs = net.clock.now()
      for (const peer of this.#env.peers.values()) {
        const { headersAskedMs } = peer
        if (headersAskedMs !== undefined && nowMs - headersAskedMs < times.headersResponseMs) continue
        if (headersAskedMs !== undefined && this.#first === peer) this.#passOn()
        this.#ask(peer)
      }
      this.#plan()
    })
  }
}
