// Headers first: learning which chains there are, from headers alone, before any block is fetched.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { ConsensusError } from '../errors.ts'
import { headersBehind } from './alike.ts'
import { isBlockOffence } from './blame.ts'
import { type BlockEntry, type Header, isRefused } from './chain/types.ts'
import { checkProofOfWork, workAfter } from './consensus/header-rules.ts'
import type { BlockDownload } from './download.ts'
import { FirstSource } from './first-source.ts'
import type { BlockIntake, Source } from './intake.ts'
import { LowWorkChain } from './lowwork.ts'
import { MAX_HEADERS, MAX_LOCATOR } from './messages.ts'
import { FULL_LINE_BYTES, type LedgerEnv, type LedgerPeer } from './peers.ts'
import { PoorChain } from './poor.ts'
import { HeaderQuestions } from './questions.ts'
import { Watch } from './watch.ts'

/** So many peers at a time are asked for what lies before a block that they announced: each answer may be 160 kB of the same. */
const MAX_ASKED_AT_ONCE = 2
/** A peer whose headers were refused is not asked for more of them for so many times as long as its answer took. */
const REST_PER_ANSWER = 4
/** But not for longer: it may leave that chain any time. */
const MAX_REST_MS = 20_000

export class HeaderSync {
  readonly #env: LedgerEnv
  readonly #download: BlockDownload
  readonly #intake: BlockIntake
  readonly #questions: HeaderQuestions
  readonly #firstSource: FirstSource
  /** Over peers that do not answer, and over those that seem to be behind. */
  readonly #watch: Watch
  #lowWork: LowWorkChain | undefined
  /** Latched: once we had a fresh tip, we are on the network. */
  #initialDownload = true
  /** Peers that headers could be fetched from, and are not yet. */
  readonly #unstarted = new Set<LedgerPeer>()
  /** Peers that announced a block whose header is not known here yet: nearly always none, and then nobody is looked at. */
  #waiting = 0

  constructor(env: LedgerEnv, download: BlockDownload, intake: BlockIntake) {
    this.#env = env
    this.#firstSource = new FirstSource(env)
    this.#download = download
    this.#intake = intake
    this.#watch = new Watch(env.net.clock, env.times.headersResponseMs, nowMs => this.#lookAtPeers(nowMs))
    this.#questions = new HeaderQuestions(env, dueMs => this.#watch.arm(dueMs))
  }

  /** We have never had a fresh tip yet: nothing is announced, no transactions are fetched. */
  get initialDownload(): boolean {
    const { chain, times } = this.#env
    this.#initialDownload &&= !chain.isWorthy() || this.#ageMs(chain.tip) > times.initialDownloadMs
    return this.#initialDownload
  }

  /** How far the headers of this peer go that are only looked at until they show enough work; -1: there are none. */
  presyncedHeight(peer: LedgerPeer): number {
    return this.#lowWork?.peer === peer ? this.#lowWork.height : -1
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
    this.#awaits(peer, undefined)
    if (peer.syncing) this.#startWithAll()
  }

  /** Blocks that were refused count again: who was not listened to for them is asked anew. */
  reconsidered(): void {
    for (const peer of this.#env.peers.values()) {
      peer.restsUntilMs = 0
      if (peer.servesBlocks) this.#questions.ask(peer, this.#env.chain.tip)
    }
    this.#download.schedule()
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
      this.#download.fill(peer)
      return
    }
    if (this.#firstSource.mayAsk(peer, hash)) this.#missedBefore(peer, hash)
  }

  onHeaders(peer: LedgerPeer, headers: readonly Header[]): void {
    const [first] = headers
    const waitedMs = this.#questions.answered(peer, first)
    if (first && headers.length === 1 && this.#isKnown(peer, first)) return
    const last = headers.at(-1)
    const lowWork = this.#lowWork?.peer === peer ? this.#lowWork : undefined
    if (!first || !last) {
      if (lowWork) this.#lowWork = undefined
      this.#finished(peer)
      return
    }
    if (!this.#wellFormed(peer, headers)) return
    if (lowWork && this.#continueLowWork(lowWork, headers, waitedMs)) return
    const parent = this.#env.chain.entry(first.prev)
    if (!parent) {
      this.#unconnecting(peer, headers)
      return
    }
    const entry = this.accept(peer, parent, headers, { by: 'headers', from: peer })
    if (!entry) {
      if (waitedMs === undefined || this.#lowWork?.peer === peer) return
      const work = workAfter(parent, headers)
      if (work < this.#env.chain.minimumHeaderWork()) peer.poor = new PoorChain(last.hash, work)
      else this.#rest(peer, waitedMs)
      this.#finished(peer)
      return
    }
    if (headers.length === MAX_HEADERS) this.#questions.ask(peer, entry)
    else this.#finished(peer)
    for (const end of new Set([peer.best, entry])) this.#download.fill(peer, end)
  }

  /** One header that we have, of a good block: most that come, since a block is announced by almost every peer. */
  #isKnown(peer: LedgerPeer, { hash }: Header): boolean {
    const entry = this.#env.chain.entry(hash)
    if (!entry?.parent || isRefused(entry) || this.#lowWork?.peer === peer) return false
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
    this.#unconnecting(peer, [header])
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
    if (!known && !peer.view.permissions.has('noban') && !chain.hasEnoughWork(parent, headers)) {
      if (headers.length === MAX_HEADERS) this.#beginLowWork(peer, parent, headers)
      return undefined
    }
    const entry = known ?? this.#store(peer, headers, source)
    if (!entry || isRefused(entry)) return undefined
    this.#gives(peer, entry)
    return entry
  }

  /** The peer gave us headers up to this one. */
  #gives(peer: LedgerPeer, entry: BlockEntry): void {
    peer.poor = undefined
    if (peer.servesBlocks) peer.askedInPassing = false
    this.has(peer, entry)
    this.#learned(peer)
  }

  /** The block that it announced may be known by now. */
  #learned(peer: LedgerPeer): void {
    if (peer.unknownBlock === undefined) return
    const announced = this.#env.chain.entry(peer.unknownBlock)
    if (!announced) return
    this.has(peer, announced)
    this.#awaits(peer, undefined)
  }

  /** The block that it announced and that is not known here; undefined: there is none. */
  #awaits(peer: LedgerPeer, announced: HashHex | undefined): void {
    this.#waiting += Number(announced !== undefined) - Number(peer.unknownBlock !== undefined)
    peer.unknownBlock = announced
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
    if (isBlockOffence(error.reason, error.deployment))
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

  /**
   * The peer has a block of which we do not know the parent: we missed what lies between. No offence, however often it comes
   * (Core since 28): after a cut, or over a thin line, blocks are announced until the first answer is here.
   */
  #missedBefore(peer: LedgerPeer, last: HashHex): void {
    const { chain, net } = this.#env
    this.#awaits(peer, last)
    if (peer.headersAskedMs !== undefined) {
      peer.announcedSinceAsked = true
      return
    }
    if (net.clock.now() < peer.restsUntilMs) return
    if (this.#questions.open < MAX_ASKED_AT_ONCE) this.#questions.ask(peer, chain.bestHeader)
  }

  /** More of a chain that is too poor for us is nothing that we missed. */
  #unconnecting(peer: LedgerPeer, headers: readonly Header[]): void {
    const { poor } = peer
    if (poor?.grows(headers) && poor.work < this.#env.chain.minimumHeaderWork()) return
    peer.poor = undefined
    this.#missedBefore(peer, headers.at(-1)?.hash ?? '')
  }

  /** What it has to give is refused, and it would give the same again: thin lines carry better things. */
  #rest(peer: LedgerPeer, waitedMs: number): void {
    const { net, times } = this.#env
    const restMs = Math.min(MAX_REST_MS, REST_PER_ANSWER * waitedMs)
    peer.restsUntilMs = net.clock.now() + Math.max(times.headersResponseMs, restMs)
  }

  /** Only one low-work chain is collected at a time; others are ignored until then, unless its peer keeps us waiting. */
  #beginLowWork(peer: LedgerPeer, start: BlockEntry, headers: readonly Header[]): void {
    if (this.#lowWork && !this.#lowWork.peer.headersLate) return
    this.#lowWork = new LowWorkChain(peer, start)
    this.#continueLowWork(this.#lowWork, headers, 0)
  }

  /** False if the headers do not belong to it: a block that is announced meanwhile. `waitedMs`: they were asked for. */
  #continueLowWork(chain: LowWorkChain, headers: readonly Header[], waitedMs: number | undefined): boolean {
    if (waitedMs === undefined) return false
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
      peer.poor = new PoorChain(chain.last, chain.work)
      this.#finished(peer)
      return true
    }
    if (headers.length === MAX_HEADERS) {
      const hashes = [chain.last, ...this.#env.chain.locator(chain.start)].slice(0, MAX_LOCATOR)
      this.#questions.send(peer, headersBehind(hashes))
    }
    return true
  }

  /** The peer has no more headers: with the headers known, the other peers can be asked for theirs, and for blocks. */
  #finished(peer: LedgerPeer): void {
    this.#askAgain(peer)
    if (peer.syncing) this.#startWithAll()
    this.#askWaiting()
  }

  /** A block announced while an answer was under way may have come too late to be in it. Any other that is not in it is left. */
  #askAgain(peer: LedgerPeer): void {
    if (peer.headersAskedMs !== undefined) return
    this.#learned(peer)
    const announced = peer.unknownBlock
    this.#awaits(peer, undefined)
    if (!peer.announcedSinceAsked) return
    peer.announcedSinceAsked = false
    if (announced !== undefined) this.#missedBefore(peer, announced)
  }

  /** Others announced what we did not know either, and were not asked. */
  #askWaiting(): void {
    if (this.#waiting === 0) return
    for (const peer of this.#env.peers.values()) {
      if (peer.unknownBlock === undefined || peer.headersAskedMs !== undefined) continue
      this.#learned(peer)
      if (peer.unknownBlock === undefined) this.#download.fill(peer)
      else this.#missedBefore(peer, peer.unknownBlock)
    }
  }

  #startWithAll(): void {
    if (this.#unstarted.size > 0) for (const peer of this.#env.peers.values()) this.#startWith(peer)
  }

  /** While our headers are old, one peer is enough to get them from; then everybody is asked. */
  #startWith(peer: LedgerPeer): void {
    if (peer.syncing || !peer.servesBlocks || !this.#firstSource.mayStart(peer)) return
    const { bestHeader } = this.#env.chain
    peer.syncing = true
    this.#unstarted.delete(peer)
    // From the parent: a peer on the same tip answers with that one header, and we learn that it has it.
    this.#questions.ask(peer, bestHeader.parent ?? bestHeader)
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
      dueMs = Math.min(dueMs, this.#questions.dueMs(peer))
      if (peer.behindSinceMs !== undefined) dueMs = Math.min(dueMs, peer.behindSinceMs + times.chainSyncMs)
    }
    return dueMs
  }

  #giveUpWaiting(peer: LedgerPeer, nowMs: number): void {
    const overdue = this.#questions.overdue(peer, nowMs)
    if (overdue === undefined) return
    if (overdue === 'given-up') {
      if (this.#lowWork?.peer === peer) this.#lowWork = undefined
      this.#startWith(peer)
    } else if (peer.syncing) {
      peer.syncing = false
      this.#unstarted.add(peer)
      for (const other of this.#env.peers.values()) if (other !== peer) this.#startWith(other)
    }
    this.#askWaiting()
  }

  /** A peer that has been behind for long may just not have been heard: a cut link loses announcements. */
  #probe(peer: LedgerPeer, nowMs: number): void {
    const { chain, times } = this.#env
    const { tip } = chain
    const level = peer.best === tip || (peer.best && peer.best.work >= tip.work)
    if (level || !peer.servesBlocks) peer.behindSinceMs = undefined
    else if (peer.behindSinceMs === undefined) peer.behindSinceMs = nowMs
    else if (nowMs - peer.behindSinceMs >= times.chainSyncMs && nowMs >= peer.restsUntilMs) {
      peer.behindSinceMs = nowMs
      // Over a full line no answer comes sooner for being asked for.
      if (peer.view.backlogBytes < FULL_LINE_BYTES) this.#questions.ask(peer, tip.parent ?? tip)
    }
  }
}
