// Which filters the blocks have (BIP157). One peer tells the hashes of a stretch of blocks, all others the filter header at its end, which
// commits to the same. Only where all that can answer say the same is it taken; where one differs, the block is found at which it
// begins to, and judged (dispute.ts). What a peer says of later blocks commits to all before, so nobody's word is ever past asking:
// who comes later, or was cut off, is compared as well, and what had been taken before is judged anew where he differs.

import type { Cancel } from '../core/host.ts'
import type { BlockEntry } from '../ledger/chain/types.ts'
import { BASIC_FILTER, filterHeader } from '../ledger/filters/basic-filter.ts'
import type { FilterHeaders as Answer, BlockFilter } from '../ledger/messages.ts'
import type { BlockFetcher } from './blocks.ts'
import type { Commitments } from './commitments.ts'
import { Dispute, type Side, type Truth } from './dispute.ts'
import { hasBlock, type LightEnv, type LightPeer } from './peers.ts'
import { sameBytes } from './same-bytes.ts'

/** In one answer. */
const MAX_STRETCH = 2_000
const LOOK_MS = 500

/** A stretch of blocks, from the first whose filter is not known to `target`. */
interface Round {
  readonly from: BlockEntry
  readonly target: BlockEntry
  readonly sinceMs: number
  leader: LightPeer | undefined
  /** What the leader said: hashes of the filters from `from` on, and the header at `target`. */
  told: { readonly hashes: readonly Uint8Array[]; readonly header: Uint8Array } | undefined
  /** What others said of `target`. */
  readonly headers: Map<LightPeer, Uint8Array>
}

export interface FilterHeadersModules {
  readonly env: LightEnv
  readonly commitments: Commitments
  readonly blocks: BlockFetcher
  /** More filters are known; or those from here on no longer are. */
  readonly onKnown: (forgotten?: BlockEntry) => void
}

export class FilterHeaders {
  readonly #modules: FilterHeadersModules
  readonly #startedMs: number
  #round: Round | undefined
  #dispute: Dispute | undefined
  #cancel: Cancel | undefined
  disputes = 0

  constructor(modules: FilterHeadersModules) {
    this.#modules = modules
    this.#startedMs = modules.env.net.clock.now()
  }

  stop(): void {
    this.#cancel?.()
    this.#dispute?.stop()
  }

  onTip(): void {
    const { chain } = this.#modules.env
    this.#modules.commitments.follow()
    if (this.#round && !chain.isActive(this.#round.target)) this.#round = undefined
    if (this.#dispute && !chain.isActive(this.#dispute.about)) this.#endDispute()
    for (const peer of this.#peers)
      if (peer.confirmed && !chain.isActive(peer.confirmed))
        peer.confirmed = chain.forkPoint(peer.confirmed, chain.tip)
    this.work()
  }

  onPeerGone(peer: LightPeer): void {
    // What it said counts no longer: whoever stays may know better.
    if (this.#round?.leader === peer) this.#round = undefined
    this.#round?.headers.delete(peer)
    if (this.#dispute?.onPeerGone(peer)) this.#endDispute()
    this.work()
  }

  onAnswer(peer: LightPeer, answer: Answer): void {
    const { filterQuestion } = peer
    if (!filterQuestion || answer.type !== BASIC_FILTER || answer.stop !== filterQuestion.stop.hash) return
    const { start, stop } = filterQuestion
    // Over a cut link the answer to an earlier question may come now, about the same block and others before it.
    if (answer.filterHashes.length !== stop.height - start + 1) return
    peer.filterQuestion = undefined
    peer.mute = false
    const side = this.#sideOf(start, answer)
    if (this.#dispute?.onSide(peer, side, stop)) return
    this.#told(peer, side, start, stop)
    this.work()
  }

  /** A filter that a dispute asked for. */
  onFilter(peer: LightPeer, filter: BlockFilter): boolean {
    return this.#dispute?.onFilter(peer, filter) ?? false
  }

  /** Asks what is to be asked, takes what is agreed on. */
  work(): void {
    if (this.#dispute) return
    const { chain } = this.#modules.env
    const { top } = this.#modules.commitments
    if (this.#round && this.#round.from.height !== top.height + 1) this.#round = undefined
    if (!this.#round && top !== chain.tip) this.#begin(top)
    if (this.#round) {
      this.#ask(this.#round)
      this.#decide(this.#round)
    } else this.#compareAll()
    this.#plan()
  }

  get #peers(): readonly LightPeer[] {
    return [...this.#modules.env.peers.values()].filter(peer => peer.servesFilters && !peer.blamed)
  }

  #begin(top: BlockEntry): void {
    const { chain, net } = this.#modules.env
    const from = chain.at(top.height + 1)
    const target = chain.at(Math.min(top.height + MAX_STRETCH, chain.tip.height))
    if (!from || !target) return
    const sinceMs = net.clock.now()
    this.#round = { from, target, sinceMs, leader: undefined, told: undefined, headers: new Map() }
  }

  #ask(round: Round): void {
    const { env } = this.#modules
    for (const peer of this.#peers) {
      if (peer.filterQuestion || !hasBlock(env, peer, round.target)) continue
      if (!round.leader && !peer.mute) {
        round.leader = peer
        this.#question(peer, round.from.height, round.target)
      } else if (round.leader !== peer && !round.headers.has(peer))
        this.#question(peer, round.target.height, round.target)
    }
  }

  #question(peer: LightPeer, start: number, stop: BlockEntry): void {
    const { env } = this.#modules
    peer.filterQuestion = { start, stop, askedMs: env.net.clock.now() }
    env.send(peer, 'getcfheaders', { type: BASIC_FILTER, start, stop: stop.hash })
  }

  #sideOf(start: number, { previousHeader, filterHashes }: Answer): Side {
    const header = filterHashes.reduce((before, hash) => filterHeader(hash, before), previousHeader)
    return { start, before: previousHeader, hashes: filterHashes, header }
  }

  #told(peer: LightPeer, side: Side, start: number, stop: BlockEntry): void {
    if (this.#dispute) return // asked again after it
    const round = this.#round
    if (round && stop === round.target) {
      if (round.leader === peer && start === round.from.height) round.told = side
      round.headers.set(peer, side.header)
    } else this.#compare(peer, stop, side.header)
  }

  /** Everybody who can be waited for has answered, or had his time. */
  #decide(round: Round): void {
    const { env, commitments } = this.#modules
    const { told } = round
    const before = commitments.get(commitments.top)
    if (!told || !before) return
    const header = told.hashes.reduce((so, hash) => filterHeader(hash, so), before.header)
    const graceMs = env.patience.answerMs
    const nowMs = env.net.clock.now()
    const waitedFor = this.#peers.filter(peer => !peer.mute && !round.headers.has(peer))
    if (waitedFor.length > 0 && nowMs - round.sinceMs < graceMs) return
    // At the beginning peers come one by one: the first to come is not believed alone.
    if (round.headers.size < 2 && nowMs - this.#startedMs < graceMs) return
    for (const peer of waitedFor) peer.mute = true
    const different = [...round.headers].find(([, said]) => !sameBytes(said, header))
    this.#round = undefined
    if (different) {
      const supporters = [...round.headers].flatMap(([peer, said]) => (sameBytes(said, header) ? [peer] : []))
      this.#quarrel(different[0], round.target, told.hashes, supporters)
      return
    }
    for (const peer of round.headers.keys()) peer.confirmed = round.target
    commitments.extend(told.hashes)
    this.#modules.onKnown()
    this.work()
  }

  /** Who did not speak of the tip yet is asked, and so compared with all that is held of the blocks before it. */
  #compareAll(): void {
    const { env, commitments } = this.#modules
    const { top } = commitments
    for (const peer of this.#peers)
      if (!peer.filterQuestion && peer.confirmed !== top && hasBlock(env, peer, top))
        this.#question(peer, top.height, top)
  }

  #compare(peer: LightPeer, stop: BlockEntry, header: Uint8Array): void {
    const known = this.#modules.commitments.get(stop)
    if (!known) return
    if (sameBytes(known.header, header)) {
      if (!peer.confirmed || stop.height > peer.confirmed.height) peer.confirmed = stop
    } else this.#quarrel(peer, stop, [], [])
  }

  /** `hashes`: what the supporters say of the blocks behind those that are known. */
  #quarrel(
    peer: LightPeer,
    stop: BlockEntry,
    hashes: readonly Uint8Array[],
    supporters: readonly LightPeer[],
  ): void {
    this.disputes++
    this.#round = undefined
    this.#dispute = new Dispute(this.#modules, {
      ...{ peer, stop, hashes, supporters },
      ask: (start, at) => this.#question(peer, start, at),
      end: (about, truth) => this.#judged(peer, about, truth),
    })
    this.#dispute.begin()
    this.#plan()
  }

  #judged(peer: LightPeer, about: BlockEntry, truth: Truth | undefined): void {
    const { commitments, env, onKnown } = this.#modules
    this.#dispute = undefined
    if (!truth) {
      // Without a finding nobody is blamed; it may come again.
      env.net.disconnect(peer.id, 'filters that could not be judged')
    } else {
      const held = commitments.get(about)
      const wasFalse = held !== undefined && !sameBytes(held.hash, truth.hash)
      if (wasFalse) commitments.forget(about)
      if (commitments.top.height === about.height - 1 - truth.before.length)
        commitments.extend([...truth.before, truth.hash])
      onKnown(wasFalse ? about : undefined)
    }
    for (const each of this.#peers)
      if (each.confirmed && each.confirmed.height > commitments.top.height) each.confirmed = undefined
    this.work()
  }

  #endDispute(): void {
    this.#dispute?.stop()
    this.#dispute = undefined
  }

  /** Looks again when the next of them will have kept us waiting too long. */
  #plan(): void {
    const { net } = this.#modules.env
    const peers = this.#peers
    if (!peers.some(peer => peer.filterQuestion !== undefined || this.#round !== undefined)) return
    this.#cancel ??= net.clock.after(LOOK_MS, () => this.#look())
  }

  #look(): void {
    this.#cancel = undefined
    const { env } = this.#modules
    const nowMs = env.net.clock.now()
    for (const peer of this.#peers) {
      const question = peer.filterQuestion
      if (!question || nowMs - question.askedMs < env.patience.answerMs) continue
      peer.filterQuestion = undefined
      peer.mute = true
      if (this.#round?.leader === peer && !this.#round.told) this.#round.leader = undefined
      if (this.#dispute?.onSilence(peer)) this.#endDispute()
    }
    this.work()
    if (this.#dispute) this.#plan()
  }
}
