// The mempool: transactions that may be in the next blocks, each checked against the chain's tip and against each other. What
// comes in is judged in admission.ts, alone, and in package-intake.ts, together; here it is kept, and goes again.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { ConsensusError, RefusedForFee } from '../errors.ts'
import {
  type Acceptance,
  Admission,
  type AdmissionOptions,
  acceptance,
  type Candidate,
  TERMS,
  type Terms,
} from './admission.ts'
import { outPointKey } from './chain/tx.ts'
import type { Block, Coin, OutPoint, OutPointKey, Tx } from './chain/types.ts'
import { Victims } from './eviction.ts'
import { FeeEstimator, type SeenTx } from './fee-estimator.ts'
import { FeeFloor } from './fee-floor.ts'
import { PackageIntake, type PackageResult } from './package-intake.ts'
import { type EntryFacts, type MempoolEntry, PackageGraph } from './packages.ts'
import { rateOf } from './policy.ts'
import { type Policy, policyOf } from './policy-rules.ts'

export type { MempoolEntry } from './packages.ts'

/** What an entry takes beside its transaction's bytes: objects, map slots and sums, roughly. */
const ENTRY_OVERHEAD_BYTES = 1_000
/** With so much room again nobody keeps in mind who would be the next to go. */
const NO_LONGER_FULL = 0.9
/** Of a tip on which the waiting of transactions says something. */
const MAX_TIP_AGE_MS = 3 * 60 * 60_000

export interface MempoolOptions extends AdmissionOptions {
  /** Where it differs from the usual one. */
  readonly policy?: Partial<Policy> | undefined
}

/** Hears of every transaction that comes or goes, whatever the cause. */
export interface MempoolListener {
  added(tx: Tx): void
  removed(tx: Tx): void
}

export class Mempool {
  readonly policy: Policy
  /** Learns from what comes, and how long it waits. */
  readonly estimator = new FeeEstimator()
  readonly #options: MempoolOptions
  readonly #admission: Admission
  readonly #packages: PackageIntake
  readonly #listeners: MempoolListener[] = []
  /** What fees count for beyond what is paid, by order of the operator; of transactions that are not here as well. */
  readonly #deltas = new Map<HashHex, number>()
  #graph = new PackageGraph()
  #usageBytes = 0
  #vsize = 0
  #feesSat = 0
  #sequence = 1
  readonly #floor: FeeFloor
  /** While it is full. */
  #victims: Victims | undefined
  /** Of the change that is under way. */
  readonly #arrived = new Set<MempoolEntry>()
  #gone: MempoolEntry[] = []
  /** Nothing here came before. */
  #oldestMs = Number.POSITIVE_INFINITY

  constructor(options: MempoolOptions) {
    this.#options = options
    this.policy = policyOf(options.policy)
    this.#floor = new FeeFloor(this.policy.incrementalSatPerKvb)
    this.#admission = this.#createAdmission()
    this.#packages = new PackageIntake(options.chain, this.#admission, {
      enter: (candidate, replaced) => this.#enter(candidate, replaced),
      trim: () => this.#trim(),
    })
  }

  get size(): number {
    return this.#graph.size
  }

  /** Virtual bytes of all transactions. */
  get bytes(): number {
    return this.#vsize
  }

  /** Estimated memory; what the policy bounds. */
  get usageBytes(): number {
    return this.#usageBytes
  }

  get feesSat(): number {
    return this.#feesSat
  }

  /** The fee rate that a transaction must pay now, in sat per 1000 virtual bytes. */
  get minFeeSatPerKvb(): number {
    return Math.max(this.policy.minRelaySatPerKvb, this.floorSatPerKvb)
  }

  /** What it must pay since it is full, or was; 0: nothing. */
  get floorSatPerKvb(): number {
    return this.#floor.at(...this.#now())
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
    return this.#graph.spender(outPointKey(point)) ? undefined : this.spentCoin(point)
  }

  /** An output as a transaction that is here spends it. */
  spentCoin(point: OutPoint): Coin | undefined {
    return this.#admission.coinAt(point)
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

  /**
   * Takes a transaction in, or throws a ConsensusError that says why not; `missing-inputs` may be cured by its parents. `timeMs`:
   * when it came, where that was in an earlier life.
   */
  accept(tx: Tx, timeMs?: number): Acceptance {
    const { candidate, replaced } = this.#admission.judge(tx, TERMS.alone)
    const entry = this.#enter(timeMs === undefined ? candidate : came(candidate, { timeMs }), replaced)
    if (entry.parents.size === 0 && this.#isCurrent()) this.estimator.entered(seen(entry))
    this.#trim()
    this.#report()
    if (!this.has(tx.txid)) throw new RefusedForFee('mempool full')
    return acceptance(candidate, replaced)
  }

  /** A child and its parents, what each pays counting for all; `mostSatPerKvb`: no rate beyond it is meant by the caller. */
  acceptPackage(txs: readonly Tx[], mostSatPerKvb?: number): PackageResult {
    const result = this.#packages.take(txs, mostSatPerKvb)
    this.#report()
    return result
  }

  /** Whether one would be taken in, or several together. Nothing changes, and nobody hears of it. */
  test(txs: readonly Tx[]): PackageResult {
    const [tx] = txs
    return tx && txs.length === 1 ? this.#packages.testAlone(tx) : this.#packages.test(txs)
  }

  /** Its fee counts for so much more from now on, wherever transactions are chosen; here or not. */
  prioritise(txid: HashHex, deltaSat: number): void {
    const sum = this.deltaOf(txid) + deltaSat
    if (sum === 0) this.#deltas.delete(txid)
    else this.#deltas.set(txid, sum)
    const entry = this.#graph.get(txid)
    if (!entry) return
    this.#graph.prioritise(entry, deltaSat)
    this.#victims?.changed([entry])
  }

  deltaOf(txid: HashHex): number {
    return this.#deltas.get(txid) ?? 0
  }

  /** By transaction. */
  deltas(): ReadonlyMap<HashHex, number> {
    return this.#deltas
  }

  /** Blocks were connected, the chain stands on its new tip: what they confirm goes, and what they make impossible. */
  onConnected(blocks: readonly Block[]): void {
    const { tip } = this.#options.chain
    for (const [i, block] of blocks.entries()) {
      const confirmed: SeenTx[] = []
      for (const tx of block.transactions) {
        this.#deltas.delete(tx.txid)
        const entry = this.size > 0 && this.#confirm(tx)
        if (entry) confirmed.push(seen(entry))
      }
      this.estimator.onBlock(tip.height - (blocks.length - 1 - i), confirmed)
    }
    this.#expire()
    this.#floor.onBlock(...this.#now())
    this.#report()
  }

  /**
   * Blocks were taken off (tip first), and the chain stands on its new tip, be it after others were connected. Their
   * transactions come back, the oldest first, then those that were here; each is checked anew, since coins may be gone or
   * spent otherwise, and the chain's clock may have gone back. That is one check for each, but for the signatures, which
   * are remembered: reorganisations are rare. What stood in one block that somebody declared invalid is held to the limits of
   * descendants, as in Core; of several each comes off while those before it still stand.
   */
  onDisconnected(blocks: readonly Block[], mostBlocks = Number.POSITIVE_INFINITY): void {
    const before = this.#graph
    const returned = blocks
      .slice(0, mostBlocks)
      .toReversed()
      .flatMap(block => block.transactions.slice(1))
    this.#graph = new PackageGraph()
    this.#victims = undefined
    this.#usageBytes = this.#vsize = this.#feesSat = 0
    const single = blocks.length === 1 && Number.isFinite(mostBlocks)
    for (const tx of returned) this.#readmit(tx, single ? TERMS.returning : TERMS.staying)
    for (const entry of before.entries()) this.#readmit(entry.tx, TERMS.staying, entry)
    this.#trim()
    const without = (a: PackageGraph, b: PackageGraph) =>
      [...a.entries()].filter(entry => !b.get(entry.tx.txid))
    const gone = without(before, this.#graph)
    for (const { tx } of gone) this.estimator.left(tx.txid)
    this.#tell('removed', gone)
    this.#tell('added', without(this.#graph, before))
    this.#forget()
  }

  #createAdmission(): Admission {
    const { policy } = this
    const graph = () => this.#graph
    const floor = () => this.#floor.at(...this.#now())
    return new Admission(this.#options, {
      get graph() {
        return graph()
      },
      get floorSatPerKvb() {
        return floor()
      },
      policy,
      limits: {
        ancestors: policy.maxAncestors,
        ancestorsVsize: policy.maxAncestorVsize,
        descendants: policy.maxDescendants,
        descendantsVsize: policy.maxDescendantVsize,
      },
      deltaOf: txid => this.deltaOf(txid),
    })
  }

  /** Whom it replaces goes, and all that hangs on them. */
  #enter(
    { facts, modifiedSat }: Candidate,
    replaced: Iterable<MempoolEntry> = [],
    sequence = this.#sequence,
  ): MempoolEntry {
    for (const entry of replaced) this.#giveUp(entry)
    const entry = this.#graph.add(facts, modifiedSat - facts.feeSat, sequence)
    this.#count(entry, 1)
    this.#oldestMs = Math.min(this.#oldestMs, facts.timeMs)
    this.#arrived.add(entry)
    this.#victims?.changed([entry])
    return entry
  }

  /** Only of a chain that keeps up can it be told how long anything waits. */
  #isCurrent(): boolean {
    const { chain, clock } = this.#options
    const { tip, bestHeader } = chain
    return tip.height >= bestHeader.height - 1 && 1000 * tip.header.time >= clock.now() - MAX_TIP_AGE_MS
  }

  /** Puts back what was in the chain or in here before, whatever its fee, unless it has become impossible. */
  #readmit(tx: Tx, terms: Terms, was?: MempoolEntry): void {
    try {
      const { candidate } = this.#admission.judge(tx, terms)
      if (!was) this.#enter(candidate, [], 0)
      else this.#enter(came(candidate, { timeMs: was.timeMs, height: was.height }), [], was.sequence)
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
    }
  }

  /** A transaction is in the chain now; it was here. */
  #confirm(tx: Tx): MempoolEntry | undefined {
    const entry = this.#graph.get(tx.txid)
    if (entry) {
      this.#graph.remove(entry)
      this.#left(entry)
    }
    for (const { previous } of tx.inputs) {
      const rival = this.#graph.spender(outPointKey(previous))
      if (rival) this.#giveUp(rival)
    }
    return entry
  }

  /** It may be gone already, with another. */
  #giveUp(entry: MempoolEntry): void {
    if (this.#graph.get(entry.tx.txid) !== entry) return
    const family = this.#graph.removeWithDescendants(entry)
    for (const member of family) {
      this.#left(member)
      this.estimator.left(member.tx.txid)
    }
    this.#victims?.changed(family.flatMap(({ parents }) => [...parents]))
  }

  #left(entry: MempoolEntry): void {
    this.#count(entry, -1)
    if (!this.#arrived.delete(entry)) this.#gone.push(entry)
  }

  #count({ tx, vsize, feeSat }: MempoolEntry, sign: 1 | -1): void {
    this.#usageBytes += sign * (tx.bytes.length + ENTRY_OVERHEAD_BYTES)
    this.#vsize += sign * vsize
    this.#feesSat += sign * feeSat
  }

  #expire(): void {
    const since = this.#options.clock.now() - this.policy.expiryMs
    if (this.#oldestMs >= since) return
    for (const entry of [...this.#graph.entries()]) if (entry.timeMs < since) this.#giveUp(entry)
    this.#oldestMs = Number.POSITIVE_INFINITY
    for (const { timeMs } of this.#graph.entries()) this.#oldestMs = Math.min(this.#oldestMs, timeMs)
  }

  /** What is too old goes, and where there is too much, what pays least; more is asked of the next. */
  #trim(): void {
    this.#expire()
    const { maxMempoolBytes } = this.policy
    if (this.#usageBytes < NO_LONGER_FULL * maxMempoolBytes) this.#victims = undefined
    if (this.#usageBytes <= maxMempoolBytes) return
    this.#victims ??= new Victims(this.#graph)
    for (let worst = this.#victims.worst(); worst; worst = this.#victims.worst()) {
      this.#floor.raise(rateOf(worst.descendants.feeSat, worst.descendants.vsize), ...this.#now())
      this.#giveUp(worst)
      if (this.#usageBytes <= maxMempoolBytes) return
    }
  }

  /** The clock, and the share of the room that is in use. */
  #now(): [nowMs: number, fill: number] {
    return [this.#options.clock.now(), this.#usageBytes / this.policy.maxMempoolBytes]
  }

  /** Tells of what has changed since the last time; who came and went in between was never here. */
  #report(): void {
    if (this.#gone.length > 0) this.#tell('removed', this.#gone)
    if (this.#arrived.size > 0) this.#tell('added', this.#arrived)
    this.#forget()
  }

  #forget(): void {
    if (this.#gone.length > 0) this.#gone = []
    this.#arrived.clear()
  }

  #tell(what: keyof MempoolListener, entries: Iterable<MempoolEntry>): void {
    for (const { tx } of entries) {
      this.#sequence++
      for (const listener of this.#listeners) listener[what](tx)
    }
  }
}

function seen({ tx, feeSat, vsize, height }: MempoolEntry): SeenTx {
  return { txid: tx.txid, satPerKvb: rateOf(feeSat, vsize), height }
}

/** Earlier than now. */
function came(candidate: Candidate, when: Partial<Pick<EntryFacts, 'timeMs' | 'height'>>): Candidate {
  return { ...candidate, facts: { ...candidate.facts, ...when } }
}
