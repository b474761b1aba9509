// Filters for light clients (BIP157): the questions that are answered, which are refused, and no faster than the asker reads.

import type { Cancel, PeerId } from '../../core/host.ts'
import type { BlockEntry } from '../chain/types.ts'
import type { GetFilterCheckpoints, GetFilters } from '../messages.ts'
import type { LedgerEnv, LedgerPeer } from '../peers.ts'
import { BASIC_FILTER } from './basic-filter.ts'
import { type FilterIndex, NO_FILTER_HEADER } from './filter-index.ts'

/** Core's MAX_GETCFILTERS_SIZE, MAX_GETCFHEADERS_SIZE and CFCHECKPT_INTERVAL. */
const MAX_FILTERS = 1_000
const MAX_HEADERS = 2_000
const CHECKPOINT_BLOCKS = 1_000
/** Filters that may wait for one peer; who asks for more does not read. */
const MAX_WAITING = 4 * MAX_FILTERS
const BACKLOG_POLL_MS = 50

interface Waiting {
  entries: readonly BlockEntry[]
  cancel: Cancel
}

export class FilterServer {
  readonly #env: LedgerEnv
  readonly #index: FilterIndex | undefined
  readonly #waiting = new Map<PeerId, Waiting>()

  /** `index`: absent, every question is refused. */
  constructor(env: LedgerEnv, index: FilterIndex | undefined) {
    this.#env = env
    this.#index = index
  }

  onPeerGone(peer: LedgerPeer): void {
    this.#waiting.get(peer.id)?.cancel()
    this.#waiting.delete(peer.id)
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel()
    this.#waiting.clear()
  }

  onGetFilters(peer: LedgerPeer, question: GetFilters): void {
    const entries = this.#asked(peer, question, MAX_FILTERS)
    if (!entries) return
    const before = this.#waiting.get(peer.id)
    const all = [...(before?.entries ?? []), ...entries]
    if (all.length > MAX_WAITING) this.#env.net.disconnect(peer.id, 'asks faster than it reads')
    else if (before) before.entries = all
    else this.#give(peer, { entries: all, cancel: () => {} })
  }

  onGetHeaders(peer: LedgerPeer, question: GetFilters): void {
    const entries = this.#asked(peer, question, MAX_HEADERS)
    const parent = entries?.[0]?.parent
    const previousHeader = parent ? this.#index?.get(parent)?.header : NO_FILTER_HEADER
    const filterHashes = entries?.map(entry => this.#index?.get(entry)?.hash)
    if (!previousHeader || !filterHashes?.every(hash => hash !== undefined)) return
    const { type, stop } = question
    this.#env.send(peer, 'cfheaders', { type, stop, previousHeader, filterHashes })
  }

  onGetCheckpoints(peer: LedgerPeer, { type, stop }: GetFilterCheckpoints): void {
    const last = this.#stopOf(peer, type, stop)
    if (!last) return
    const headers: Uint8Array[] = []
    for (let height = CHECKPOINT_BLOCKS; height <= last.height; height += CHECKPOINT_BLOCKS) {
      const entry = this.#env.chain.ancestor(last, height)
      const header = entry && this.#index?.get(entry)?.header
      if (!header) return
      headers.push(header)
    }
    this.#env.send(peer, 'cfcheckpt', { type, stop, headers })
  }

  /** The blocks that are asked about, in order; undefined: refused, or not looked at yet. */
  #asked(peer: LedgerPeer, { type, start, stop }: GetFilters, most: number): BlockEntry[] | undefined {
    const last = this.#stopOf(peer, type, stop)
    if (!last) return undefined
    if (start > last.height || last.height - start >= most) {
      this.#env.net.disconnect(peer.id, 'asks for too many block filters')
      return undefined
    }
    const entries: BlockEntry[] = []
    for (let at: BlockEntry | undefined = last; at && at.height >= start; at = at.parent) entries.push(at)
    // Core says nothing, too, to who asks for what is not indexed yet.
    return entries.every(entry => this.#index?.get(entry)) ? entries.reverse() : undefined
  }

  /** Who asks for what its peer does not have, or was not told that it has, is hung up on (Core's PrepareBlockFilterRequest). */
  #stopOf(peer: LedgerPeer, type: number, stop: string): BlockEntry | undefined {
    const entry = this.#env.chain.entry(stop)
    if (this.#index && type === BASIC_FILTER && entry?.status === 'valid') return entry
    const what = this.#index && type === BASIC_FILTER ? 'filters of an unknown block' : 'unsupported filters'
    this.#env.net.disconnect(peer.id, `asks for ${what}`)
    return undefined
  }

  #give(peer: LedgerPeer, waiting: Waiting): void {
    const { net, peers } = this.#env
    let given = 0
    for (const entry of waiting.entries) {
      if (net.hasEnough(peer.id)) break
      const filter = this.#index?.filter(entry)
      if (filter) this.#env.send(peer, 'cfilter', { type: BASIC_FILTER, block: entry.hash, filter })
      given++
    }
    this.#waiting.delete(peer.id)
    waiting.entries = waiting.entries.slice(given)
    if (waiting.entries.length === 0 || !peers.has(peer.id)) return
    waiting.cancel = net.clock.after(BACKLOG_POLL_MS, () => this.#give(peer, waiting))
    this.#waiting.set(peer.id, waiting)
  }
}
