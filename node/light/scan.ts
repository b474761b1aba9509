// Looks through the blocks for what concerns the wallet: the filters of all of them, and whole blocks where a filter says that one of
// its scripts may be in there. In order, so that what a block teaches (a key that is in use) counts for those behind it.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel } from '../core/host.ts'
import { ProtocolError } from '../errors.ts'
import type { Block, BlockEntry } from '../ledger/chain/types.ts'
import { BASIC_FILTER, filterHash, filterMatches } from '../ledger/filters/basic-filter.ts'
import type { BlockFilter } from '../ledger/messages.ts'
import type { BlockFetcher } from './blocks.ts'
import type { Commitments } from './commitments.ts'
import { hasBlock, type LightEnv, type LightPeer } from './peers.ts'
import { sameBytes } from './same-bytes.ts'
import type { LightWallet } from './wallet.ts'

/** Filters asked for at once; twice as many may wait for a block that matched. */
const BATCH = 500
const LOOK_MS = 500

interface Held {
  readonly filter: Uint8Array
  /** Whether it matched, with so many scripts looked for. */
  matches: boolean
  scripts: number
}

interface Question {
  readonly peer: LightPeer
  readonly stop: BlockEntry
  next: number
  /** When it was asked, or last answered. */
  heardMs: number
}

export interface ScanModules {
  readonly env: LightEnv
  readonly commitments: Commitments
  readonly blocks: BlockFetcher
  readonly wallet: LightWallet
}

export class Scan {
  readonly #modules: ScanModules
  readonly #held = new Map<HashHex, Held>()
  readonly #blocks = new Map<HashHex, Block>()
  readonly #wanted = new Set<HashHex>()
  #scanned: BlockEntry
  #told: BlockEntry | undefined
  #question: Question | undefined
  #cancel: Cancel | undefined
  /** Filters that were looked at, and how many of them matched. */
  readonly counts = { filters: 0, matches: 0 }

  constructor(modules: ScanModules) {
    this.#modules = modules
    const { env, wallet } = modules
    const kept = env.chain.entry(wallet.scannedTo ?? '')
    this.#scanned = kept ?? env.chain.genesis
  }

  stop(): void {
    this.#cancel?.()
  }

  /** Everything up to here was looked through. */
  get scanned(): BlockEntry {
    return this.#scanned
  }

  /** The chain goes another way, or further: what was found in blocks that were left is in no block any more. */
  onTip(): void {
    const { env, wallet } = this.#modules
    const { chain } = env
    if (!chain.isActive(this.#scanned)) {
      this.#scanned = chain.forkPoint(this.#scanned, chain.tip)
      wallet.rewind(this.#scanned)
    }
    const keep = (hash: HashHex) => {
      const entry = chain.entry(hash)
      return entry !== undefined && chain.isActive(entry)
    }
    for (const hash of [...this.#held.keys()]) if (!keep(hash)) this.#drop(hash)
    if (this.#question && !chain.isActive(this.#question.stop)) this.#question = undefined
    this.work()
  }

  /** What was held of the filters from here on was false: they are looked through again. */
  again(from: BlockEntry): void {
    const { env } = this.#modules
    for (const hash of [...this.#held.keys()])
      if ((env.chain.entry(hash)?.height ?? 0) >= from.height) this.#drop(hash)
    this.#question = undefined
    if (from.parent && this.#scanned.height >= from.height) this.#scanned = from.parent
    this.work()
  }

  onPeerGone(peer: LightPeer): void {
    if (this.#question?.peer === peer) this.#question = undefined
    this.work()
  }

  onFilter(peer: LightPeer, { type, block, filter }: BlockFilter): void {
    const { env, commitments } = this.#modules
    const question = this.#question
    const entry = env.chain.entry(block)
    const known = entry && commitments.get(entry)
    if (!question || question.peer !== peer || type !== BASIC_FILTER || !known) return
    if (entry.height !== question.next || !env.chain.isActive(entry)) return
    if (!sameBytes(filterHash(filter), known.hash)) {
      this.#question = undefined
      env.blame(peer, 'filter', entry.height, 'a filter that its filter header does not commit to')
      this.work()
      return
    }
    question.next++
    question.heardMs = env.net.clock.now()
    this.counts.filters++
    this.#held.set(block, this.#look(entry, filter))
    if (question.next > question.stop.height) this.#question = undefined
    this.work()
  }

  work(): void {
    this.#advance()
    this.#ask()
    this.#tell()
    if (this.#question) this.#cancel ??= this.#modules.env.net.clock.after(LOOK_MS, () => this.#lookAgain())
  }

  #advance(): void {
    const { env, commitments, wallet } = this.#modules
    for (;;) {
      const next = env.chain.at(this.#scanned.height + 1)
      const held = next && commitments.get(next) && this.#held.get(next.hash)
      if (!held) return
      if (held.scripts !== wallet.scripts.length) Object.assign(held, this.#look(next, held.filter))
      const block = this.#blocks.get(next.hash)
      if (held.matches && !block) {
        this.#want(next)
        return
      }
      if (block && held.matches) wallet.apply(next, block)
      this.#drop(next.hash)
      this.#scanned = next
    }
  }

  #look(entry: BlockEntry, filter: Uint8Array): Held {
    const { wallet } = this.#modules
    const held = { filter, matches: matches(filter, entry, wallet.scripts), scripts: wallet.scripts.length }
    if (held.matches) this.#want(entry)
    return held
  }

  #want(entry: BlockEntry): void {
    if (this.#wanted.has(entry.hash) || this.#blocks.has(entry.hash)) return
    this.#wanted.add(entry.hash)
    this.counts.matches++
    this.#modules.blocks.want(entry, block => {
      if (!this.#wanted.delete(block.hash)) return
      this.#blocks.set(block.hash, block)
      this.work()
    })
  }

  #drop(hash: HashHex): void {
    this.#held.delete(hash)
    this.#blocks.delete(hash)
    this.#wanted.delete(hash)
  }

  #ask(): void {
    const { env, commitments } = this.#modules
    if (this.#question || this.#held.size > BATCH) return
    const start = this.#scanned.height + 1 + this.#held.size
    const stop = env.chain.at(Math.min(start + BATCH - 1, commitments.top.height))
    if (!stop || stop.height < start) return
    const able = [...env.peers.values()].filter(
      peer => peer.servesFilters && !peer.blamed && hasBlock(env, peer, stop),
    )
    const peer = able.find(each => !each.mute) ?? able[0]
    if (!peer) return
    this.#question = { peer, stop, next: start, heardMs: env.net.clock.now() }
    env.send(peer, 'getcfilters', { type: BASIC_FILTER, start, stop: stop.hash })
  }

  /** Who keeps us waiting is not waited for. */
  #lookAgain(): void {
    this.#cancel = undefined
    const { env } = this.#modules
    const question = this.#question
    if (question && env.net.clock.now() - question.heardMs >= env.patience.answerMs) {
      question.peer.mute = true
      this.#question = undefined
    }
    this.work()
  }

  /** When all that is known was looked through, and now and then on the way. */
  #tell(): void {
    const { env, commitments, wallet } = this.#modules
    const { height, hash } = this.#scanned
    if (this.#scanned === this.#told) return
    const far = Math.abs(height - (this.#told?.height ?? 0)) >= BATCH
    if (this.#scanned !== commitments.top && !far) return
    this.#told = this.#scanned
    wallet.reached(this.#scanned)
    const { trustedSat, pendingSat } = wallet.balance()
    env.emit({ type: 'light-scanned', hash, height, balanceSat: trustedSat, pendingSat })
  }
}

/** Bytes that are no filter say nothing: then the block is looked at. */
function matches(filter: Uint8Array, { header }: BlockEntry, scripts: readonly Uint8Array[]): boolean {
  try {
    return filterMatches(filter, header, scripts)
  } catch (error) {
    if (error instanceof ProtocolError) return true
    throw error
  }
}
