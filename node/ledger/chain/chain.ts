// The block chain of one peer: which blocks are known, which of them form the chain with most work, and what is unspent on it.
// Headers and blocks are accepted here and nowhere else; every call leaves the chain, the UTXO set and the store in step.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import { ConsensusError, DamagedStore } from '../../errors.ts'
import type { ChainParams } from '../../params.ts'
import { medianTimePast } from '../consensus/header-rules.ts'
import { RuleBook } from '../consensus/rules.ts'
import { subsidySat } from '../consensus/subsidy.ts'
import { acceptResult, NOTHING_CHANGED } from './accept-result.ts'
import { ActiveChain, type ActiveChainModules } from './active-chain.ts'
import { BlockCache } from './block-cache.ts'
import { checkBlock, checkBlockAt, isMutation } from './block-rules.ts'
import { BlockSequence } from './block-sequence.ts'
import type { ChainDeps } from './chain-deps.ts'
import { ChainStore } from './chain-store.ts'
import { sameContents } from './connect.ts'
import { genesisBlock } from './genesis.ts'
import { HeaderAcceptance, type HeaderModules } from './header-acceptance.ts'
import { loadChain } from './load.ts'
import { chainTips } from './tips.ts'
import { BlockTree, forkPoint, locator, pathUp } from './tree.ts'
import {
  type AcceptResult,
  type Block,
  type BlockEntry,
  type BlockUndo,
  type ChainTip,
  type Coin,
  type Header,
  type InvalidBlock,
  isRefused,
  markOf,
  type OutPointKey,
} from './types.ts'
import type { UtxoHash, UtxoStats } from './utxo.ts'
import { verifyChain } from './verify.ts'

export type { ChainDeps } from './chain-deps.ts'
export { SharedValidation } from './connect.ts'
export type { AcceptResult, ChainTip } from './types.ts'

export class Chain {
  readonly params: ChainParams
  readonly rules: RuleBook
  #tree: BlockTree
  #active: ActiveChain
  #headers: HeaderAcceptance
  #sequence: BlockSequence
  /** What the tip may move to; undefined: to whatever has most work. */
  #fits: ((entry: BlockEntry) => boolean) | undefined
  readonly #store: ChainStore
  readonly #modules: ActiveChainModules & HeaderModules
  readonly #genesis: Block

  constructor(deps: ChainDeps) {
    const { params, secp, nowMs, shared, signatures, leastWork = 0n } = deps
    this.params = params
    this.rules = deps.rules ?? new RuleBook(params)
    this.#store = new ChainStore(deps.store, new BlockCache(deps.blockCacheBytes), shared?.ops)
    const around = { rules: this.rules, store: this.#store, shared, signatures }
    this.#modules = { params, secp, nowMs, leastWork, ...around }
    this.#genesis = genesisBlock(params)
    this.#tree = new BlockTree(this.#genesis.header)
    Object.assign(this.#tree.genesis, { status: 'valid', sequence: 1, transactions: 1 })
    this.#active = new ActiveChain(this.#modules, [this.#tree.genesis])
    this.#headers = new HeaderAcceptance(this.#modules, this.#tree, this.#active)
    this.#sequence = new BlockSequence(this.#tree.entries())
  }

  /** Reads the store, or begins it. After `damaged` the chain stands at genesis: set the store aside and start again. */
  load(): { damaged: string | undefined } {
    try {
      return { damaged: this.#load() }
    } catch (error) {
      if (error instanceof DamagedStore) return { damaged: error.message }
      throw error
    }
  }

  get tip(): BlockEntry {
    return this.#active.tip
  }

  get genesis(): BlockEntry {
    return this.#tree.genesis
  }

  /** The known header with most work, whether its block is here or not. */
  get bestHeader(): BlockEntry {
    return this.#tree.best
  }

  /** The end of the refused chain with most work, where that is more than ours; peers may be on it. */
  get refusedAhead(): BlockEntry | undefined {
    const { bestRefused } = this.#tree
    return bestRefused && bestRefused.work > this.tip.work ? bestRefused : undefined
  }

  /** How many known headers lack their blocks, invalid chains apart. */
  get missingBlocks(): number {
    return this.#tree.missing
  }

  entry(hash: HashHex): BlockEntry | undefined {
    return this.#tree.get(hash)
  }

  /** The block of the active chain at a height. */
  at(height: number): BlockEntry | undefined {
    return this.#active.entries[height]
  }

  isActive(entry: BlockEntry): boolean {
    return this.#active.includes(entry)
  }

  ancestor(entry: BlockEntry, height: number): BlockEntry | undefined {
    return this.#active.ancestor(entry, height)
  }

  forkPoint(a: BlockEntry, b: BlockEntry): BlockEntry {
    return forkPoint(a, b)
  }

  locator(from: BlockEntry = this.tip): HashHex[] {
    return locator(from)
  }

  /** Every branch's end, the active one first. */
  tips(): ChainTip[] {
    return chainTips(this.#tree, this.tip)
  }

  medianTimePast(entry: BlockEntry): number {
    return medianTimePast(entry)
  }

  /** The bits of a block on `parent`. No rule of ours depends on its time. */
  nextBits(parent: BlockEntry, _time?: number): number {
    return this.#headers.demandsAfter(parent).bits
  }

  subsidySat(height: number): number {
    return subsidySat(this.params, height)
  }

  /** So much work is enough to be the network's. */
  isWorthy({ work } = this.tip): boolean {
    return work >= this.#modules.leastWork
  }

  /** The work that a branch must reach before it is worth storing. */
  minimumHeaderWork(): bigint {
    return this.#headers.minimumWork()
  }

  /** Headers on `parent` that reach that work. */
  hasEnoughWork(parent: BlockEntry, headers: readonly Header[]): boolean {
    return this.#headers.haveEnoughWork(parent, headers)
  }

  block(hash: HashHex): Block | undefined {
    return this.hasBlock(hash) ? this.#store.block(hash) : undefined
  }

  hasBlock(hash: HashHex): boolean {
    return (this.#tree.get(hash)?.transactions ?? 0) > 0
  }

  /** What a connected block spent; who has the block at hand spares it to be read. */
  undo(which: HashHex | Block): BlockUndo | undefined {
    const block = typeof which === 'string' ? this.block(which) : which
    return block && this.#store.undo(block)
  }

  coin(key: OutPointKey): Coin | undefined {
    return this.#active.utxo.get(key)
  }

  /** Every coin of the UTXO set, as when a wallet looks for its own. */
  coins(): Iterable<readonly [OutPointKey, Coin]> {
    return this.#active.utxo.entries()
  }

  utxoStats(kind?: UtxoHash): UtxoStats {
    return this.#active.utxo.stats(kind)
  }

  /** Checks the last `depth` blocks again (0: all): bodies, undo data, and that they rebuild this very UTXO set. */
  verify(depth: number): boolean {
    return verifyChain(this.#active, depth, this.#modules)
  }

  /** Throws the rule that a block on the tip would break, its work aside; takes nothing. */
  tryBlock(block: Block): void {
    this.#headers.checkOn(block.header, this.tip)
    checkBlock(block)
    checkBlockAt(block, { height: this.tip.height + 1, parent: this.tip }, this.#modules)
    this.#active.validate(block)
  }

  /** Takes one header. Its entry, new or not. */
  acceptHeader(header: Header): BlockEntry {
    const entry = this.#headers.accept(header)
    this.#store.commit()
    return entry
  }

  /** Takes headers, each on one known before it. Those before one that breaks a rule stay. */
  acceptHeaders(headers: readonly Header[]): { added: BlockEntry[]; last: BlockEntry } {
    try {
      return this.#headers.acceptAll(headers)
    } finally {
      this.#store.commit()
    }
  }

  /** Takes a whole block. Throws the rule that it breaks itself; then the tip has not changed. */
  acceptBlock(block: Block): AcceptResult {
    const known = this.#tree.get(block.hash)
    if (known && known.transactions > 0 && !isRefused(known))
      return { ...NOTHING_CHANGED, entry: known, outcome: 'duplicate' }
    const oldTip = this.tip
    const invalid: InvalidBlock[] = []
    let entry: BlockEntry
    try {
      entry = this.#headers.accept(block.header)
      if (isRefused(entry)) throw new ConsensusError('duplicate-invalid', `set aside: ${entry.hash}`)
      const complete = this.#storeBlock(this.#checkBlock(block, entry), entry)
      this.#activate(complete, invalid)
    } catch (error) {
      // What a broken rule leaves to remember is written; after any other error nothing half done is.
      if (error instanceof ConsensusError) this.#store.commit()
      this.#active.release()
      throw error
    }
    this.#store.commit()
    const own = invalid.find(({ hash }) => hash === block.hash)
    if (own) {
      this.#active.release()
      throw new ConsensusError(own.reason, own.detail ?? own.hash, own.deployment)
    }
    return this.#resultOf(entry, oldTip, invalid)
  }

  /** Takes a block for the first seen among those of the tip's work (Core's PreciousBlock). */
  prefer(entry: BlockEntry): AcceptResult {
    const oldTip = this.tip
    const invalid: InvalidBlock[] = []
    const fit = entry.work === oldTip.work && entry.sequence > 0 && !isRefused(entry)
    if (fit && entry !== oldTip) this.#moveTo(entry, invalid)
    this.#store.commit()
    return this.#resultOf(entry, oldTip, invalid)
  }

  /** From now on the tip moves to such blocks only, whatever has most work. */
  stay(fits: (entry: BlockEntry) => boolean): void {
    this.#fits = fits
  }

  get stays(): boolean {
    return this.#fits !== undefined
  }

  /** From now on this block and all on it count as refused, whatever is in them (Core's InvalidateBlock). */
  invalidate(entry: BlockEntry): AcceptResult {
    const oldTip = this.tip
    if (entry.parent) {
      if (this.isActive(entry)) this.#active.moveTo(entry.parent)
      this.#refuse(entry, 'set-aside')
    }
    return this.#settle(oldTip)
  }

  /** Takes such marks, and those of broken rules, off a block, what it stands on and what stands on it: they are looked at anew. */
  reconsider(entry: BlockEntry): AcceptResult {
    for (const one of this.#tree.absolve(entry)) this.#store.stageEntry(one)
    return this.#settle(this.tip)
  }

  /** To most work again, as far as its blocks are here. */
  follow(): AcceptResult {
    this.#fits = undefined
    const oldTip = this.tip
    const invalid: InvalidBlock[] = []
    const { best } = this.#tree
    this.#activate(pathUp(forkPoint(oldTip, best), best), invalid)
    this.#store.commit()
    return this.#resultOf(this.tip, oldTip, invalid)
  }

  #load(): string | undefined {
    const stored = this.#store.tip()
    if (stored === 'damaged') return 'the record of the tip is unreadable'
    if (stored === 'none') {
      this.#store.stageBlock(this.#genesis)
      this.#store.stageUndo(this.#genesis.hash, { spent: [] })
      this.#store.stageEntry(this.genesis)
      this.#active.commitTip()
      return undefined
    }
    const loaded = loadChain(this.#store, stored, this.genesis)
    if (typeof loaded === 'string') return loaded
    const { tree, tip, utxo } = loaded
    this.#tree = tree
    this.#active = new ActiveChain(this.#modules, [tree.genesis, ...pathUp(tree.genesis, tip)], utxo)
    this.#headers = new HeaderAcceptance(this.#modules, tree, this.#active)
    this.#sequence = new BlockSequence(tree.entries())
    // Blocks that were stored, but not yet connected, when the last run ended.
    this.#activate([...tree.entries()], [])
    this.#active.release()
    this.#store.commit()
    return undefined
  }

  /** All rules that need no coins. A block whose fault is proven is marked invalid. Returns the shared copy if there is one. */
  #checkBlock(block: Block, entry: BlockEntry): Block {
    const shared = this.#modules.shared?.get(block.hash)?.block
    if (shared && sameContents(shared, block)) return shared
    // What breaks a rule by its bytes alone is not remembered: its header may stand for other bytes, in ways nobody knows yet (Core).
    checkBlock(block)
    try {
      checkBlockAt(block, entry, this.#modules)
    } catch (error) {
      if (error instanceof ConsensusError && !isMutation(error.reason)) this.#refuse(entry, markOf(error))
      throw error
    }
    return block
  }

  /** Stores a block. Returns the entries that are now complete down to genesis, in order. */
  #storeBlock(block: Block, entry: BlockEntry): BlockEntry[] {
    this.#tree.blockStored(entry, block.transactions.length)
    this.#store.stageBlock(block)
    this.#store.stageEntry(entry)
    const complete = this.#sequence.add(entry)
    for (const one of complete) this.#store.stageEntry(one)
    // A block on the tip is written together with what connecting it changes; any other stands by itself.
    if (entry.parent !== this.tip) this.#store.commit()
    return complete
  }

  /** Moves the tip to the best of these candidates that turns out valid. */
  #activate(candidates: readonly BlockEntry[], invalid: InvalidBlock[]): void {
    for (let best = this.#best(candidates); best; best = this.#best(candidates)) this.#moveTo(best, invalid)
  }

  #moveTo(entry: BlockEntry, invalid: InvalidBlock[]): void {
    const failed = this.#active.moveTo(entry)
    if (failed === undefined) return
    this.#refuse(failed.at, markOf(failed.broken))
    invalid.push(failed.broken)
  }

  /** The one with most work, if that is more than the tip's; of equal ones, the first seen. */
  #best(candidates: readonly BlockEntry[]): BlockEntry | undefined {
    let best: BlockEntry | undefined
    for (const entry of candidates) {
      if (isRefused(entry) || entry.sequence === 0 || entry.work <= this.tip.work) continue
      if (this.#fits && !this.#fits(entry)) continue
      if (best && (best.work > entry.work || (best.work === entry.work && best.sequence < entry.sequence)))
        continue
      best = entry
    }
    return best
  }

  #refuse(entry: BlockEntry, as: 'invalid' | 'set-aside'): void {
    for (const one of this.#tree.refuse(entry, as)) this.#store.stageEntry(one)
  }

  /** To the best of all blocks that are here. */
  #settle(oldTip: BlockEntry): AcceptResult {
    const invalid: InvalidBlock[] = []
    this.#activate([...this.#tree.entries()], invalid)
    this.#store.commit()
    return this.#resultOf(this.tip, oldTip, invalid)
  }

  #resultOf(entry: BlockEntry, oldTip: BlockEntry, invalid: AcceptResult['invalid']): AcceptResult {
    const result = acceptResult(this.#active, entry, oldTip, invalid)
    this.#active.release()
    return result
  }
}
