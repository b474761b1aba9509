// The mempool: transactions that may be in the next blocks, each checked against the chain's tip and against each other.
// A conflict with what is here is refused (`txn-mempool-conflict`): there is no replacement by fee.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Clock } from '../core/host.ts'
import { ConsensusError } from '../errors.ts'
import type { Chain } from './chain/chain.ts'
import { isFinal, sequenceLocksMet } from './chain/locks.ts'
import { isCoinbase, outPointKey } from './chain/tx.ts'
import { checkAmounts, checkTransaction } from './chain/tx-rules.ts'
import type { Block, Coin, OutPoint, OutPointKey, Tx } from './chain/types.ts'
import { worstFirst } from './eviction.ts'
import { FeeFloor } from './fee-floor.ts'
import { type EntryFacts, type MempoolEntry, PackageGraph, reach } from './packages.ts'
import {
  checkSigops,
  checkStandard,
  checkStandardSpends,
  feeForSize,
  MIN_RELAY_SAT_PER_KVB,
  virtualSize,
} from './policy.ts'
import { checkStandardInput, type SignatureCache } from './script/input.ts'
import { sigopCost } from './script/sigops.ts'
import type { Secp256k1 } from './services.ts'

export type { MempoolEntry } from './packages.ts'

export interface MempoolLimits {
  /** Memory that all transactions may take, as `usageBytes` counts it. */
  readonly maxBytes: number
  /** What was not confirmed after this time is given up. */
  readonly expiryMs: number
  /** Unconfirmed ancestors of one transaction, or descendants of one, itself included … */
  readonly maxPackageCount: number
  /** … and their size together, in virtual bytes. */
  readonly maxPackageVsize: number
}

export const MEMPOOL_LIMITS: MempoolLimits = Object.freeze({
  maxBytes: 50_000_000,
  expiryMs: 14 * 24 * 60 * 60_000,
  maxPackageCount: 25,
  maxPackageVsize: 101_000,
})

/** What an entry takes beside its transaction's bytes: objects, map slots and sums, roughly. */
const ENTRY_OVERHEAD_BYTES = 1_000
/** A full mempool is emptied to this share, so that the next transactions do not each have to look for a victim. */
const EVICTION_TARGET = 0.95

export interface MempoolOptions {
  readonly chain: Chain
  readonly secp: Secp256k1
  readonly clock: Pick<Clock, 'now'>
  readonly limits?: Partial<MempoolLimits>
  /** Filled here, read where blocks are verified. */
  readonly signatures?: SignatureCache
}

/** Hears of every transaction that comes or goes, whatever the cause. */
export interface MempoolListener {
  added(tx: Tx): void
  removed(tx: Tx): void
}

export class Mempool {
  readonly limits: MempoolLimits
  readonly #options: MempoolOptions
  readonly #listeners: MempoolListener[] = []
  #graph = new PackageGraph()
  #usageBytes = 0
  #vsize = 0
  #feesSat = 0
  #sequence = 1
  readonly #floor = new FeeFloor()

  constructor(options: MempoolOptions) {
    this.#options = options
    this.limits = { ...MEMPOOL_LIMITS, ...options.limits }
  }

  get size(): number {
    return this.#graph.size
  }

  /** Virtual bytes of all transactions. */
  get bytes(): number {
    return this.#vsize
  }

  /** Estimated memory; what `limits.maxBytes` bounds. */
  get usageBytes(): number {
    return this.#usageBytes
  }

  get feesSat(): number {
    return this.#feesSat
  }

  /** The fee rate that a transaction must pay now, in sat per 1000 virtual bytes. */
  get minFeeSatPerKvb(): number {
    return Math.max(MIN_RELAY_SAT_PER_KVB, Math.ceil(this.#floor.at(...this.#now())))
  }

  /** In the order of arrival, so parents before their children. */
  entries(): IterableIterator<MempoolEntry> {
    return this.#graph.entries()
  }

  has(txid: HashHex): boolean {
    return this.#graph.get(txid) !== undefined
  }

  get(txid: HashHex): MempoolEntry | undefined {
    return this.#graph.get(txid)
  }

  byWtxid(wtxid: HashHex): MempoolEntry | undefined {
    return this.#graph.byWtxid(wtxid)
  }

  /** The unconfirmed transaction that spends this output, if any. */
  spender(key: OutPointKey): MempoolEntry | undefined {
    return this.#graph.spender(key)
  }

  /** An output as the next transaction may spend it: confirmed or not, but not spent by one that is here. */
  coin(point: OutPoint): Coin | undefined {
    return this.#graph.spender(outPointKey(point)) ? undefined : this.#coinAt(point)
  }

  /** An output as a transaction that is here spends it. */
  spentCoin(point: OutPoint): Coin | undefined {
    return this.#coinAt(point)
  }

  /** Rises with every transaction that comes or goes (Core's mempool sequence). */
  get sequence(): number {
    return this.#sequence
  }

  /** Gives what ends it. */
  listen(listener: MempoolListener): () => void {
    this.#listeners.push(listener)
    return () => {
      const place = this.#listeners.indexOf(listener)
      if (place !== -1) this.#listeners.splice(place, 1)
    }
  }

  /** Takes a transaction in, or throws a ConsensusError that says why not; `missing-inputs` may be cured by its parents. */
  accept(tx: Tx): { readonly accepted: true; readonly feeSat: number } {
    const entry = this.#insert(this.#check(tx, this.minFeeSatPerKvb))
    const evicted = new Set(this.#evict())
    // nobody heard of the newcomer yet
    const isOut = evicted.delete(entry)
    if (!isOut) this.#tell('added', [entry])
    this.#tell('removed', [...evicted])
    if (isOut) throw new ConsensusError('mempool-full', tx.txid)
    return { accepted: true, feeSat: entry.feeSat }
  }

  /** Whether each of these would be taken in, on top of those before it. Nothing changes, and nobody hears of it. */
  test(txs: readonly Tx[]): (EntryFacts | ConsensusError)[] {
    const added: MempoolEntry[] = []
    const outcomes = txs.map(tx => {
      try {
        const entry = this.#insert(this.#check(tx, this.minFeeSatPerKvb))
        added.push(entry)
        return entry
      } catch (error) {
        if (error instanceof ConsensusError) return error
        throw error
      }
    })
    for (const entry of added.toReversed()) this.#giveUp(entry)
    return outcomes
  }

  /** Blocks were connected, the chain stands on its new tip: what they confirm goes, and what they make impossible. */
  onConnected(blocks: readonly Block[]): void {
    const gone: MempoolEntry[] = []
    if (this.size > 0) {
      for (const block of blocks) for (const tx of block.transactions) gone.push(...this.#confirm(tx))
      gone.push(...this.#expire())
    }
    this.#floor.onBlock(...this.#now())
    this.#tell('removed', gone)
  }

  /**
   * Blocks were taken off (tip first), and the chain stands on its new tip, be it after others were connected. Their
   * transactions come back, the oldest first, then those that were here; each is checked anew, since coins may be gone or
   * spent otherwise, and the chain's clock may have gone back. That is one check for each, but for the signatures, which
   * are remembered: reorganisations are rare.
   */
  onDisconnected(blocks: readonly Block[]): void {
    const before = this.#graph
    const returned = blocks.toReversed().flatMap(block => block.transactions.slice(1))
    this.#graph = new PackageGraph()
    this.#usageBytes = this.#vsize = this.#feesSat = 0
    for (const tx of returned) this.#readmit(tx)
    for (const entry of before.entries()) this.#readmit(entry.tx, entry)
    this.#evict()
    const without = (a: PackageGraph, b: PackageGraph) =>
      [...a.entries()].filter(entry => !b.get(entry.tx.txid))
    this.#tell('removed', without(before, this.#graph))
    this.#tell('added', without(this.#graph, before))
  }

  /** All checks, cheapest first; the order and the reasons are Bitcoin Core's. `minSatPerKvb` 0: whatever it pays. */
  #check(tx: Tx, minSatPerKvb: number): EntryFacts {
    const { chain, secp, signatures, clock } = this.#options
    checkTransaction(tx)
    if (isCoinbase(tx)) throw new ConsensusError('coinbase', tx.txid)
    checkStandard(tx)
    const height = chain.tip.height + 1
    const medianTime = chain.medianTimePast(chain.tip)
    if (!isFinal(tx, height, medianTime)) throw new ConsensusError('non-final', tx.txid)
    this.#checkConflicts(tx)
    const coins = tx.inputs.map(input => this.#coinAt(input.previous) ?? this.#missing(tx))
    const medianTimeAt = (at: number) => chain.medianTimePast(chain.at(at) ?? chain.tip)
    if (!sequenceLocksMet(tx, coins, { height, medianTime, medianTimeAt }))
      throw new ConsensusError('non-BIP68-final', tx.txid)

    const feeSat = checkAmounts(tx, coins, height, chain.params.coinbaseMaturity)
    checkStandardSpends(tx, coins)
    const cost = sigopCost(tx, point => this.#coinAt(point))
    checkSigops(cost)
    const vsize = virtualSize(tx.weight, cost)
    const leastSat = feeForSize(minSatPerKvb, vsize)
    if (feeSat < leastSat) throw new ConsensusError('min-relay-fee-not-met', `${feeSat} < ${leastSat}`)
    this.#checkPackage(tx, vsize)
    for (const index of tx.inputs.keys()) checkStandardInput({ tx, index, coins, secp }, signatures)
    return { tx, feeSat, vsize, sigopCost: cost, timeMs: clock.now(), height: height - 1 }
  }

  #checkConflicts(tx: Tx): void {
    if (this.#graph.byWtxid(tx.wtxid)) throw new ConsensusError('txn-already-in-mempool', tx.txid)
    if (this.#graph.get(tx.txid)) throw new ConsensusError('txn-same-nonwitness-data-in-mempool', tx.txid)
    for (const { previous } of tx.inputs) {
      const other = this.#graph.spender(outPointKey(previous))
      if (other) throw new ConsensusError('txn-mempool-conflict', `with ${other.tx.txid}`)
    }
  }

  /** Ancestors of the newcomer, and descendants of each of them, stay within the limits: no walk over relatives is long. */
  #checkPackage(tx: Tx, vsize: number): void {
    const { maxPackageCount, maxPackageVsize } = this.limits
    const ancestors = reach(this.#graph.parentsOf(tx), 'parents')
    let size = vsize
    for (const ancestor of ancestors) {
      size += ancestor.vsize
      const { descendants } = ancestor
      if (descendants.count + 1 > maxPackageCount || descendants.vsize + vsize > maxPackageVsize)
        throw new ConsensusError('too-long-mempool-chain', `too many descendants of ${ancestor.tx.txid}`)
    }
    if (ancestors.size + 1 > maxPackageCount || size > maxPackageVsize)
      throw new ConsensusError('too-long-mempool-chain', `${ancestors.size} ancestors, ${size} vB`)
  }

  /** Confirmed, or of a transaction that is here; spent or not. Unconfirmed coins count as made by the next block. */
  #coinAt(point: OutPoint): Coin | undefined {
    const { chain } = this.#options
    const output = this.#graph.get(point.txid)?.tx.outputs[point.index]
    return output
      ? { ...output, height: chain.tip.height + 1, coinbase: false }
      : chain.coin(outPointKey(point))
  }

  #missing(tx: Tx): never {
    const { chain } = this.#options
    const confirmed = tx.outputs.some((_, index) => chain.coin(outPointKey({ txid: tx.txid, index })))
    throw new ConsensusError(confirmed ? 'txn-already-known' : 'missing-inputs', tx.txid)
  }

  #insert(facts: EntryFacts): MempoolEntry {
    const entry = this.#graph.add(facts)
    this.#count(entry, 1)
    return entry
  }

  #count({ tx, vsize, feeSat }: MempoolEntry, sign: 1 | -1): void {
    this.#usageBytes += sign * (tx.bytes.length + ENTRY_OVERHEAD_BYTES)
    this.#vsize += sign * vsize
    this.#feesSat += sign * feeSat
  }

  /** Puts back what was in the chain or in here before, whatever its fee, unless it has become impossible. */
  #readmit(tx: Tx, was?: MempoolEntry): void {
    try {
      const facts = this.#check(tx, 0)
      this.#insert(was ? { ...facts, timeMs: was.timeMs, height: was.height } : facts)
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
    }
  }

  /** A transaction is in the chain now; what is removed for it. */
  #confirm(tx: Tx): MempoolEntry[] {
    const gone: MempoolEntry[] = []
    const entry = this.#graph.get(tx.txid)
    if (entry) {
      this.#graph.remove(entry)
      this.#count(entry, -1)
      gone.push(entry)
    }
    for (const { previous } of tx.inputs) {
      const rival = this.#graph.spender(outPointKey(previous))
      if (rival) gone.push(...this.#giveUp(rival))
    }
    return gone
  }

  #giveUp(entry: MempoolEntry): MempoolEntry[] {
    const gone = this.#graph.removeWithDescendants(entry)
    for (const member of gone) this.#count(member, -1)
    return gone
  }

  #expire(): MempoolEntry[] {
    const since = this.#options.clock.now() - this.limits.expiryMs
    const old = [...this.#graph.entries()].filter(entry => entry.timeMs < since)
    // a parent may have taken its child along already
    return old.flatMap(entry => (this.has(entry.tx.txid) ? this.#giveUp(entry) : []))
  }

  /** Makes room when there is too much, and asks more of the next. */
  #evict(): MempoolEntry[] {
    const gone: MempoolEntry[] = []
    if (this.#usageBytes <= this.limits.maxBytes) return gone
    for (const entry of worstFirst(this.#graph)) {
      this.#floor.raise((1000 * entry.descendants.feeSat) / entry.descendants.vsize, ...this.#now())
      gone.push(...this.#giveUp(entry))
      if (this.#usageBytes <= this.limits.maxBytes * EVICTION_TARGET) break
    }
    return gone
  }

  /** The clock, and the share of the room that is in use. */
  #now(): [nowMs: number, fill: number] {
    return [this.#options.clock.now(), this.#usageBytes / this.limits.maxBytes]
  }

  #tell(what: keyof MempoolListener, entries: readonly MempoolEntry[]): void {
    this.#sequence += entries.length
    for (const listener of this.#listeners) for (const { tx } of entries) listener[what](tx)
  }
}
