// Headers first: learning which chains there are, from headers alone, before any block is fetched.

import { ConsensusError } from '../errors.ts'
import type { HashHex } from '../wire/hex.ts'
import { headersAfter, headersBehind } from './alike.ts'
import { isBlockOffence } from './blame.ts'
import type { BlockEntry, Header } from './chain/types.ts'
import { checkProofOfWork } from './consensus/header-rules.ts'
import type { BlockDownload } from './download.ts'
import type { BlockIntake, Source } from './intake.ts'
import { LowWorkChain } from './lowwork.ts'
import { type Locator, MAX_HEADERS, MAX_LOCATOR } from './messages.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'
import { Watch } from './watch.ts'

/** A block is announced by at most this many headers; more that connect to nothing are no announcement. */
const MAX_ANNOUNCED_HEADERS = 8
/** `headers` in a row that connect to nothing. */
const MAX_UNCONNECTING = 10

export class HeaderSync {
  readonly #env: LedgerEnv
  readonly #download: BlockDownload
  readonly #intake: BlockIntake
  /** Over peers that do not answer, and over those that seem to be behind. */
  readonly #watch: Watch
  #lowWork: LowWorkChain | undefined
  /** Latched: once we had a fresh tip, we are on the network. */
  #initialDownload = true
  /** Peers that headers could be fetched from, and are not yet. */
  readonly #unstarted = new Set<LedgerPeer>()

  constructor(env: LedgerEnv, download: BlockDownload, intake: BlockIntake) {
    this.#env = env
    this.#download = download
    this.#intake = intake
    this.#watch = new Watch(env.net.clock, env.times.headersResponseMs, nowMs => this.#lookAtPeers(nowMs))
  }

  /** We have never had a fresh tip yet: nothing is announced, no transactions are fetched. */
  get initialDownload(): boolean {
    const { chain, times } = this.#env
    if (this.#initialDownload && this.#ageMs(chain.tip) < times.initialDownloadMs)
      this.#initialDownload = false
    return this.#initialDownload
  }

  start(): void {
    // Asked now, while the stored tip or a new network's genesis is as fresh as it gets.
    this.#initialDownload = this.initialDownload
    this.#watch.start()
  }

  stop(): void {
    this.#watch.stop()
  }

  onPeerReady(peer: LedgerPeer): void {
    peer.has(this.#env.chain.genesis)
    this.#watch.arm()
    if (peer.servesBlocks) this.#unstarted.add(peer)
    this.#startWith(peer)
  }

  onPeerGone(peer: LedgerPeer): void {
    if (this.#lowWork?.peer === peer) this.#lowWork = undefined
    this.#unstarted.delete(peer)
    if (peer.syncing) this.#startWithAll()
  }

  /** Whoever was level with us may be behind now. */
  onTip(): void {
    this.#watch.arm()
  }

  /** The peer has this block. */
  has(peer: LedgerPeer, entry: BlockEntry): void {
    peer.has(entry)
    if (peer.behindSinceMs !== undefined) this.#watch.arm()
  }

  /** The peer says that it has this block. */
  announced(peer: LedgerPeer, hash: HashHex): void {
    const entry = this.#env.chain.entry(hash)
    if (entry) {
      this.has(peer, entry)
      return
    }
    peer.unknownBlock = hash
    if (peer.headersAskedMs !== undefined) peer.announcedSinceAsked = true
    this.ask(peer, this.#env.chain.bestHeader)
  }

  /** Asks for headers behind `from`, unless an answer is still awaited. */
  ask(peer: LedgerPeer, from: BlockEntry): void {
    this.#ask(peer, headersAfter(from))
  }

  onHeaders(peer: LedgerPeer, headers: readonly Header[]): void {
    const [first] = headers
    if (first && headers.length === 1 && this.#isKnown(peer, first)) return
    const askedMs = peer.headersAskedMs
    peer.headersAskedMs = undefined
    const last = headers.at(-1)
    const lowWork = this.#lowWork?.peer === peer ? this.#lowWork : undefined
    if (!first || !last) {
      if (lowWork) this.#lowWork = undefined
      this.#finished(peer)
      return
    }
    if (!this.#wellFormed(peer, headers)) return
    if (lowWork && first.prev !== lowWork.last && headers.length <= MAX_ANNOUNCED_HEADERS) {
      peer.headersAskedMs = askedMs // an announcement in between; the answer is still to come
      return
    }
    if (lowWork && this.#continueLowWork(lowWork, headers)) return
    const parent = this.#env.chain.entry(first.prev)
    if (!parent) {
      this.#unconnecting(peer, last.hash, headers.length)
      return
    }
    const entry = this.accept(peer, parent, headers, { by: 'headers', from: peer })
    if (!entry) return
    if (headers.length === MAX_HEADERS) this.ask(peer, entry)
    else this.#finished(peer)
    this.#download.fill(peer)
  }

  /** One header that we have, of a good block: most that come, since a block is announced by almost every peer. */
  #isKnown(peer: LedgerPeer, { hash }: Header): boolean {
    const entry = this.#env.chain.entry(hash)
    if (!entry?.parent || entry.status === 'invalid' || this.#lowWork?.peer === peer) return false
    peer.headersAskedMs = undefined
    this.#gives(peer, entry)
    this.#finished(peer)
    this.#download.fill(peer)
    return true
  }

  /** The header of a block that came unasked, or as a compact block. Its entry; undefined if it was refused or connects to nothing. */
  acceptOne(peer: LedgerPeer, header: Header, source: Source): BlockEntry | undefined {
    if (!this.#wellFormed(peer, [header])) return undefined
    const parent = this.#env.chain.entry(header.prev)
    if (parent) return this.accept(peer, parent, [header], source)
    // We missed what lies between. A peer sends blocks unasked because we wanted it so; that is no flood of headers.
    this.announced(peer, header.hash)
    return undefined
  }

  /** Stores headers that start on `parent`, if their chain has the work. Their last one's entry; undefined if it was refused. */
  accept(
    peer: LedgerPeer,
    parent: BlockEntry,
    headers: readonly Header[],
    source: Source,
  ): BlockEntry | undefined {
    const { chain } = this.#env
    const last = headers.at(-1)
    const known = last && chain.entry(last.hash)
    if (!known && !chain.hasEnoughWork(parent, headers)) {
      if (headers.length === MAX_HEADERS) this.#beginLowWork(peer, parent, headers)
      return undefined
    }
    const entry = known ?? this.#store(peer, headers, source)
    if (!entry || entry.status === 'invalid') return undefined
    this.#gives(peer, entry)
    return entry
  }

  /** The peer gave us headers up to this one. */
  #gives(peer: LedgerPeer, entry: BlockEntry): void {
    peer.unconnecting = 0
    this.has(peer, entry)
    if (peer.unknownBlock === undefined) return
    const announced = this.#env.chain.entry(peer.unknownBlock)
    if (!announced) return
    this.has(peer, announced)
    peer.unknownBlock = undefined
  }

  /** Headers of which the last is not known. */
  #store(peer: LedgerPeer, headers: readonly Header[], source: Source): BlockEntry | undefined {
    const { chain } = this.#env
    const fresh = headers.length === 1 ? headers : headers.filter(header => !chain.entry(header.hash))
    try {
      return headers.length === 1
        ? chain.acceptHeader(headers[0] as Header)
        : chain.acceptHeaders(headers).last
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
      this.#blame(peer, error)
      return undefined
    } finally {
      for (const { hash } of fresh) if (chain.entry(hash)) this.#intake.seen(hash, source)
    }
  }

  #blame(peer: LedgerPeer, error: ConsensusError): void {
    // It gave what lies between: that this clock refuses it makes the next announcement no flood.
    if (error.reason === 'time-too-new') peer.unconnecting = 0
    if (isBlockOffence(error.reason))
      this.#env.net.misbehaving(peer.id, { reason: error.reason, detail: error.message })
    else if (error.reason === 'duplicate-invalid' && !peer.view.inbound)
      this.#env.net.disconnect(peer.id, 'on an invalid chain')
  }

  /** Each header proves its work and follows the one before: whoever sends others is hostile. */
  #wellFormed(peer: LedgerPeer, headers: readonly Header[]): boolean {
    const { net, params } = this.#env
    let previous: Header | undefined
    for (const header of headers) {
      if (previous && header.prev !== previous.hash) {
        net.misbehaving(peer.id, { reason: 'non-continuous-headers' })
        return false
      }
      previous = header
      checkProofOfWork(params, header) // a ConsensusError that leaves a handler is an offence as well
    }
    return true
  }

  /** Perhaps we only missed some blocks between: ask. Many at once, or again and again, is a flood. */
  #unconnecting(peer: LedgerPeer, last: HashHex, count: number): void {
    peer.unconnecting++
    if (count > MAX_ANNOUNCED_HEADERS || peer.unconnecting > MAX_UNCONNECTING) {
      this.#env.net.misbehaving(peer.id, {
        reason: 'unconnecting-headers',
        detail: `${count} headers, ${peer.unconnecting} times in a row`,
      })
      return
    }
    peer.unknownBlock = last
    this.ask(peer, this.#env.chain.bestHeader)
  }

  /** Only one low-work chain is collected at a time; others are ignored until then. */
  #beginLowWork(peer: LedgerPeer, start: BlockEntry, headers: readonly Header[]): void {
    if (this.#lowWork) return
    this.#lowWork = new LowWorkChain(peer, start)
    this.#continueLowWork(this.#lowWork, headers)
  }

  /** False if the headers do not belong to it. */
  #continueLowWork(chain: LowWorkChain, headers: readonly Header[]): boolean {
    if (!chain.add(headers)) {
      this.#lowWork = undefined
      return false
    }
    const { peer } = chain
    if (chain.work >= this.#env.chain.minimumHeaderWork()) {
      this.#lowWork = undefined
      this.accept(peer, chain.start, chain.headers, { by: 'headers', from: peer })
      this.#download.fill(peer)
    } else if (headers.length < MAX_HEADERS) {
      this.#lowWork = undefined // its end, and still too little
      return true
    }
    if (headers.length === MAX_HEADERS) {
      const hashes = [chain.last, ...this.#env.chain.locator(chain.start)].slice(0, MAX_LOCATOR)
      this.#ask(peer, headersBehind(hashes))
    }
    return true
  }

  /** A block announced while an answer was under way may have come too late to be in it. */
  #askAgain(peer: LedgerPeer): void {
    if (!peer.announcedSinceAsked) return
    peer.announcedSinceAsked = false
    if (peer.unknownBlock !== undefined) this.ask(peer, this.#env.chain.bestHeader)
  }

  /** The peer has no more headers: with the headers known, the other peers can be asked for theirs, and for blocks. */
  #finished(peer: LedgerPeer): void {
    this.#askAgain(peer)
    if (peer.syncing) this.#startWithAll()
  }

  #startWithAll(): void {
    if (this.#unstarted.size > 0) for (const peer of this.#env.peers.values()) this.#startWith(peer)
  }

  /** While our headers are old, one peer is enough to get them from; then everybody is asked. */
  #startWith(peer: LedgerPeer): void {
    if (peer.syncing || !peer.servesBlocks) return
    const { chain, peers, times } = this.#env
    const { bestHeader } = chain
    if (this.#ageMs(bestHeader) > times.initialDownloadMs)
      for (const other of peers.values()) if (other.syncing && other.headersAskedMs !== undefined) return
    peer.syncing = true
    this.#unstarted.delete(peer)
    // From the parent, so that a peer on the same tip answers with that one header, and we learn that it has it.
    this.ask(peer, bestHeader.parent ?? bestHeader)
  }

  #ask(peer: LedgerPeer, question: Locator): void {
    if (peer.headersAskedMs !== undefined) return
    peer.headersAskedMs = this.#env.net.clock.now()
    this.#watch.arm(peer.headersAskedMs + this.#env.times.headersResponseMs)
    this.#env.send(peer, 'getheaders', question)
  }

  #ageMs(entry: BlockEntry): number {
    return this.#env.net.clock.now() - entry.header.time * 1000
  }

  /** When the next of them will have kept us waiting too long. */
  #lookAtPeers(nowMs: number): number {
    const { peers, times } = this.#env
    let dueMs = Number.POSITIVE_INFINITY
    for (const peer of peers.values()) {
      this.#giveUpWaiting(peer, nowMs)
      this.#probe(peer, nowMs)
      const { headersAskedMs, behindSinceMs } = peer
      if (headersAskedMs !== undefined) dueMs = Math.min(dueMs, headersAskedMs + times.headersResponseMs)
      if (behindSinceMs !== undefined) dueMs = Math.min(dueMs, behindSinceMs + times.chainSyncMs)
    }
    return dueMs
  }

  /** No answer: it may be asked again, and another peer in its place. */
  #giveUpWaiting(peer: LedgerPeer, nowMs: number): void {
    if (peer.headersAskedMs === undefined) return
    if (nowMs - peer.headersAskedMs < this.#env.times.headersResponseMs) return
    peer.headersAskedMs = undefined
    if (this.#lowWork?.peer === peer) this.#lowWork = undefined
    if (!peer.syncing) return
    peer.syncing = false
    this.#unstarted.add(peer)
    for (const other of this.#env.peers.values()) if (other !== peer) this.#startWith(other)
    this.#startWith(peer)
  }

  /** A peer that has been behind for long may just not have been heard: a cut link loses announcements. */
  #probe(peer: LedgerPeer, nowMs: number): void {
    const { tip } = this.#env.chain
    const level = peer.best === tip || (peer.best && peer.best.work >= tip.work)
    if (level || !peer.servesBlocks) peer.behindSinceMs = undefined
    else if (peer.behindSinceMs === undefined) peer.behindSinceMs = nowMs
    else if (nowMs - peer.behindSinceMs >= this.#env.times.chainSyncMs) {
      peer.behindSinceMs = nowMs
      this.ask(peer, tip.parent ?? tip)
    }
  }
}
