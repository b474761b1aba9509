// Whether a transaction may come into the mempool, but for its scripts: against the chain's tip and against what is here. The
// order of the checks, cheapest first, and the reasons are Bitcoin Core 28's.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Clock } from '../core/host.ts'
import { ConsensusError, RefusedForFee, WitnessStripped } from '../errors.ts'
import { forbiddenOutput } from './chain/block-rules.ts'
import type { Chain } from './chain/chain.ts'
import { isFinal, sequenceLocksMet } from './chain/locks.ts'
import { isCoinbase, outPointKey } from './chain/tx.ts'
import { checkAmounts, checkTransaction } from './chain/tx-rules.ts'
import type { BlockEntry, Coin, OutPoint, Tx } from './chain/types.ts'
import type { Rules } from './consensus/rules.ts'
import { checkDustSpent, checkDustUnpaid } from './ephemeral.ts'
import type { EntryFacts, MempoolEntry, PackageGraph } from './packages.ts'
import { checkSigops, checkStandard, checkStandardSpends, feeForSize, rateOf, virtualSize } from './policy.ts'
import type { Policy } from './policy-rules.ts'
import { CARVE_OUT_VSIZE, type RelativeLimits, relativesWithin } from './relatives.ts'
import { checkDisjoint, replacedBy, signalsReplacement } from './replacement.ts'
import { STANDARD_FLAGS, VERIFY } from './script/flags.ts'
import { checkStandardInput, type SignatureCache } from './script/input.ts'
import { sigopCost } from './script/sigops.ts'
import { verifySpend } from './script/verify.ts'
import type { Secp256k1 } from './services.ts'
import { TRUC_VERSION, trucFlaw } from './truc.ts'

export interface AdmissionOptions {
  readonly chain: Chain
  readonly secp: Secp256k1
  readonly clock: Pick<Clock, 'now'>
  /** Filled here, read where blocks are verified. */
  readonly signatures?: SignatureCache | undefined
}

/** How a transaction comes, and what it may do therefore. */
export interface Terms {
  /** Others may have to go for it. */
  readonly replaces: boolean
  /** Its sibling as well, where both are of version 3. */
  readonly evictsSibling: boolean
  /** The limits of relatives may be stretched by one. */
  readonly carvesOut: boolean
  /** What it pays is looked at together with others. */
  readonly paysTogether: boolean
  /** It was here or in the chain before: whatever it pays. */
  readonly returns: boolean
  /** However many hang on what it hangs on: they came in while most of them were confirmed. */
  readonly stays: boolean
}

const ALONE: Terms = {
  replaces: true,
  evictsSibling: true,
  carvesOut: true,
  paysTogether: false,
  returns: false,
  stays: false,
}
export const TERMS = {
  alone: ALONE,
  /** By itself, as a part of a package. */
  first: { ...ALONE, carvesOut: false },
  together: { ...ALONE, evictsSibling: false, carvesOut: false, paysTogether: true },
  /** Several that are only asked about. */
  tested: { ...ALONE, replaces: false, evictsSibling: false, carvesOut: false },
  /** Of version 3 there may be more together than otherwise: each came in while the others were confirmed. */
  returning: { ...ALONE, replaces: false, evictsSibling: false, returns: true },
  staying: { ...ALONE, replaces: false, evictsSibling: false, returns: true, stays: true },
} as const satisfies Record<string, Terms>

/** A transaction that could come in, if its scripts are good. */
export interface Candidate {
  readonly facts: EntryFacts
  /** What it counts for in a choice between transactions: its fee and what `prioritise` put on it. */
  readonly modifiedSat: number
  /** What it spends, in order. */
  readonly coins: readonly Coin[]
  /** In the mempool. */
  readonly ancestors: ReadonlySet<MempoolEntry>
  /** Those who spend the same, and a sibling that is to go. */
  readonly conflicts: ReadonlySet<MempoolEntry>
  readonly evictsSibling: boolean
}

/** A candidate, and whom it would replace. */
export interface Judgement {
  readonly candidate: Candidate
  readonly replaced: ReadonlySet<MempoolEntry>
}

/** A transaction is taken. */
export interface Acceptance {
  readonly feeSat: number
  readonly vsize: number
  /** In whose place. */
  readonly replaced: readonly Tx[]
}

export function acceptance({ facts }: Candidate, replaced: Iterable<MempoolEntry>): Acceptance {
  const { feeSat, vsize } = facts
  return { feeSat, vsize, replaced: Array.from(replaced, entry => entry.tx) }
}

/** What is here. */
export interface Residents {
  readonly graph: PackageGraph
  readonly policy: Policy
  readonly limits: RelativeLimits
  /** The fee rate that keeps a newcomer from being the next to go, in satoshi per 1,000 virtual bytes. */
  readonly floorSatPerKvb: number
  deltaOf(txid: HashHex): number
}

/** Transactions of the same package, which stand before. */
export type Family = ReadonlyMap<HashHex, Tx>

/** What the block after `tip` is held to. */
interface NextBlock {
  readonly tip: BlockEntry
  readonly medianTime: number
  readonly rules: Rules
}

export class Admission {
  readonly #options: AdmissionOptions
  readonly #residents: Residents
  #next: NextBlock | undefined

  constructor(options: AdmissionOptions, residents: Residents) {
    this.#options = options
    this.#residents = residents
  }

  get residents(): Residents {
    return this.#residents
  }

  /** One alone, with its scripts. Throws a ConsensusError that says why not. */
  judge(tx: Tx, terms: Terms, mostSatPerKvb?: number): Judgement {
    const candidate = this.check(tx, terms)
    checkMostRate(candidate, mostSatPerKvb)
    if (candidate.ancestors.size > 0) this.checkDust(candidate)
    const replaced = candidate.conflicts.size > 0 ? this.#replaced(candidate) : NOBODY
    this.checkScripts(candidate)
    return { candidate, replaced }
  }

  /** All but the scripts. Throws a ConsensusError; a RefusedForFee where a child could change that. */
  check(tx: Tx, terms: Terms, family?: Family): Candidate {
    const { chain, clock } = this.#options
    const { policy } = this.#residents
    checkTransaction(tx)
    if (isCoinbase(tx)) throw new ConsensusError('coinbase', tx.txid)
    checkStandard(tx, policy)
    const { tip, medianTime, rules } = this.#afterTip()
    const forbidden = forbiddenOutput(tx, rules)
    if (forbidden) throw new ConsensusError('bad-txns-vout-forbidden', tx.txid, forbidden.by)
    const height = tip.height + 1
    if (!isFinal(tx, height, medianTime)) throw new ConsensusError('non-final', tx.txid)
    const rivals = this.#rivals(tx, terms)
    const coins = tx.inputs.map(input => this.coinAt(input.previous, family) ?? this.#missing(tx))
    const medianTimeAt = (at: number) => chain.medianTimePast(chain.at(at) ?? tip)
    if (!sequenceLocksMet(tx, coins, { height, medianTime, medianTimeAt }))
      throw new ConsensusError('non-BIP68-final', tx.txid)

    const feeSat = checkAmounts(tx, coins, height, chain.params.coinbaseMaturity)
    if (!policy.acceptNonStandard) checkStandardSpends(tx, coins)
    let next = 0
    const cost = sigopCost(tx, () => coins[next++]) // asked once for each input, in order
    const vsize = virtualSize(tx.weight, cost, policy)
    const modifiedSat = feeSat + this.#residents.deltaOf(tx.txid)
    if (!policy.acceptNonStandard) checkDustUnpaid(tx, feeSat, modifiedSat, policy)
    checkSigops(cost)
    this.#checkFee(tx, modifiedSat, vsize, terms)
    const ancestors = this.#ancestors(tx, vsize, rivals, terms)
    const sibling = this.#checkTruc(tx, vsize, ancestors, rivals, terms)
    const conflicts = sibling ? new Set([...rivals, sibling]) : rivals
    checkDisjoint(tx, ancestors, conflicts)
    const facts = { tx, feeSat, vsize, sigopCost: cost, timeMs: clock.now(), height: height - 1 }
    return { facts, modifiedSat, coins, ancestors, conflicts, evictsSibling: sibling !== undefined }
  }

  /** Of its unconfirmed parents no dust is left. */
  checkDust({ facts: { tx } }: Candidate, family?: Family): void {
    const { graph, policy } = this.#residents
    const parentOf = (txid: HashHex) => family?.get(txid) ?? graph.get(txid)?.tx
    if (!policy.acceptNonStandard) checkDustSpent(tx, parentOf, policy)
  }

  /** The costly part, for the end. */
  checkScripts({ facts: { tx }, coins }: Candidate): void {
    const { secp, signatures } = this.#options
    const { flags } = this.#afterTip().rules
    try {
      for (const index of tx.inputs.keys()) checkStandardInput({ tx, index, coins, secp }, signatures, flags)
    } catch (error) {
      if (error instanceof ConsensusError && !tx.hasWitness && lacksWitness(tx, coins, secp))
        throw new WitnessStripped(error.reason, error.detail)
      throw error
    }
  }

  /** What a package pays together must be enough, too. */
  checkRate(feeSat: number, vsize: number): void {
    const floorSat = feeForSize(this.#residents.floorSatPerKvb, vsize)
    if (feeSat < floorSat) throw new RefusedForFee('mempool min fee not met', `${feeSat} < ${floorSat}`)
    const leastSat = feeForSize(this.#residents.policy.minRelaySatPerKvb, vsize)
    if (feeSat < leastSat) throw new RefusedForFee('min relay fee not met', `${feeSat} < ${leastSat}`)
  }

  /** Confirmed, or of a transaction that is here or in the family; spent or not. Unconfirmed coins count as made by the next block. */
  coinAt(point: OutPoint, family?: Family): Coin | undefined {
    const { chain } = this.#options
    const tx = family?.get(point.txid) ?? this.#residents.graph.get(point.txid)?.tx
    const output = tx?.outputs[point.index]
    return output
      ? { ...output, height: chain.tip.height + 1, coinbase: false }
      : chain.coin(outPointKey(point))
  }

  /** Asked for every transaction, and the same until the tip is another. */
  #afterTip(): NextBlock {
    const { chain } = this.#options
    const { tip } = chain
    if (this.#next?.tip !== tip)
      this.#next = { tip, medianTime: chain.medianTimePast(tip), rules: chain.rules.after(tip) }
    return this.#next
  }

  #replaced({ facts, modifiedSat, conflicts, evictsSibling }: Candidate): Set<MempoolEntry> {
    const { graph, policy } = this.#residents
    const bid = { feeSat: modifiedSat, vsize: facts.vsize, stepSatPerKvb: policy.incrementalSatPerKvb }
    return replacedBy(facts.tx, bid, conflicts, txid => graph.get(txid) !== undefined, evictsSibling)
  }

  #missing(tx: Tx): never {
    const { chain } = this.#options
    const confirmed = tx.outputs.some((_, index) => chain.coin(outPointKey({ txid: tx.txid, index })))
    throw new ConsensusError(confirmed ? 'txn-already-known' : 'missing-inputs', tx.txid)
  }

  /** Those here who spend the same coins. */
  #rivals(tx: Tx, { replaces }: Terms): ReadonlySet<MempoolEntry> {
    const { graph, policy } = this.#residents
    if (graph.byWtxid(tx.wtxid)) throw new ConsensusError('txn-already-in-mempool', tx.txid)
    if (graph.get(tx.txid)) throw new ConsensusError('txn-same-nonwitness-data-in-mempool', tx.txid)
    let rivals: Set<MempoolEntry> | undefined
    for (const { previous } of tx.inputs) {
      const rival = graph.spender(outPointKey(previous))
      if (!rival) continue
      if (!replaces) throw new ConsensusError('bip125-replacement-disallowed', `by ${rival.tx.txid}`)
      if (!policy.fullRbf && !signalsReplacement(rival.tx) && rival.tx.version !== TRUC_VERSION)
        throw new ConsensusError('txn-mempool-conflict', `with ${rival.tx.txid}`)
      rivals = (rivals ?? new Set()).add(rival)
    }
    return rivals ?? NOBODY
  }

  /** The least that is relayed no child can pay, but among those of version 3; what the mempool asks beyond it one can. */
  #checkFee(tx: Tx, feeSat: number, vsize: number, { paysTogether, returns }: Terms): void {
    if (returns) return
    const leastSat = feeForSize(this.#residents.policy.minRelaySatPerKvb, vsize)
    if (feeSat < leastSat && tx.version !== TRUC_VERSION)
      throw new ConsensusError('min relay fee not met', `${feeSat} < ${leastSat}`)
    if (!paysTogether) this.checkRate(feeSat, vsize)
  }

  #ancestors(
    tx: Tx,
    vsize: number,
    rivals: ReadonlySet<MempoolEntry>,
    { carvesOut, stays }: Terms,
  ): ReadonlySet<MempoolEntry> {
    const { graph } = this.#residents
    const parents = graph.parentsOf(tx)
    if (parents.size === 0) return NOBODY
    let { limits } = this.#residents
    const newcomer = { count: 1, vsize }
    if (stays) limits = { ...limits, descendants: Infinity, descendantsVsize: Infinity }
    const [rival] = rivals
    // Its rival's place is its own: as if that were gone already, of which the sums know nothing.
    if (carvesOut && rival && rivals.size === 1)
      limits = {
        ...limits,
        descendants: limits.descendants + 1,
        descendantsVsize: limits.descendantsVsize + rival.descendants.vsize,
      }
    const usual = relativesWithin(parents, newcomer, limits)
    if (usual.excess === undefined) return usual.ancestors
    const mayCarve = carvesOut && vsize <= CARVE_OUT_VSIZE && tx.version !== TRUC_VERSION
    const carved = mayCarve ? relativesWithin(parents, newcomer, carvedOut(limits)) : usual
    if (carved.excess === undefined) return carved.ancestors
    throw new ConsensusError('too-long-mempool-chain', usual.excess)
  }

  /** The sibling that is to go, if one is. */
  #checkTruc(
    tx: Tx,
    vsize: number,
    ancestors: ReadonlySet<MempoolEntry>,
    rivals: ReadonlySet<MempoolEntry>,
    { evictsSibling, returns }: Terms,
  ): MempoolEntry | undefined {
    if (returns) return undefined
    const flaw = trucFlaw(tx, vsize, ancestors, rivals)
    if (!flaw) return undefined
    if (evictsSibling && flaw.sibling) return flaw.sibling
    throw new ConsensusError('TRUC-violation', flaw.detail)
  }
}

/** Nobody means to pay such a rate. */
export function checkMostRate({ facts, modifiedSat }: Candidate, mostSatPerKvb: number | undefined): void {
  if (mostSatPerKvb !== undefined && rateOf(modifiedSat, facts.vsize) > mostSatPerKvb)
    throw new ConsensusError('max feerate exceeded')
}

/** All is well before segwit's rules, and not with them. */
function lacksWitness(tx: Tx, coins: readonly Coin[], secp: Secp256k1): boolean {
  const isGood = (flags: number) =>
    tx.inputs.every((_, index) => verifySpend({ tx, index, coins, secp }, flags) === undefined)
  const bare = STANDARD_FLAGS & ~VERIFY.CLEANSTACK
  return isGood(bare & ~VERIFY.WITNESS) && !isGood(bare)
}

const NOBODY: ReadonlySet<MempoolEntry> = new Set()

/** For who distrusts whom he shares a transaction with: both can add a child to it, whatever the other hangs on it. */
function carvedOut(limits: RelativeLimits): RelativeLimits {
  return {
    ancestors: 2,
    ancestorsVsize: limits.ancestorsVsize,
    descendants: limits.descendants + 1,
    descendantsVsize: limits.descendantsVsize + CARVE_OUT_VSIZE,
  }
}
