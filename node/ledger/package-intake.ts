// Several transactions together: a child that pays for its parents, or a row that is only asked about. The order of the checks,
// which results stand for which transaction, and the reasons are Bitcoin Core 28's.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { ConsensusError, RefusedForFee } from '../errors.ts'
import {
  type Acceptance,
  type Admission,
  acceptance,
  type Candidate,
  checkMostRate,
  type Family,
  TERMS,
  type Terms,
} from './admission.ts'
import type { Chain } from './chain/chain.ts'
import { outPointKey } from './chain/tx.ts'
import type { Tx } from './chain/types.ts'
import type { Chunk } from './diagram.ts'
import { type PackageFlaw, packageReplaces } from './package-replacement.ts'
import { formFlaw, isChildWithParents } from './package-rules.ts'
import type { MempoolEntry } from './packages.ts'
import { rateOf } from './policy.ts'
import { packageExcess } from './relatives.ts'
import { trucPackageFlaw } from './truc.ts'

export type Outcome =
  | ({ readonly kind: 'accepted' } & Acceptance & PaidRate)
  | { readonly kind: 'refused'; readonly error: ConsensusError }
  /** It is here already. */
  | { readonly kind: 'resident'; readonly feeSat: number; readonly vsize: number }
  /** With another witness, it is. */
  | { readonly kind: 'twin'; readonly wtxid: HashHex }

interface PaidRate {
  /** What it counts for, alone or together with the others, in satoshi per 1,000 virtual bytes. */
  readonly satPerKvb: number
  /** By wtxid, whose fees and sizes are in that. */
  readonly includes: readonly HashHex[]
}

export interface PackageResult {
  /** Of the whole; by `isPolicy` no transaction's own, so that they may have no outcome. */
  readonly flaw: (PackageFlaw & { readonly isPolicy: boolean }) | undefined
  /** By wtxid. */
  readonly outcomes: ReadonlyMap<HashHex, Outcome>
}

/** What is done with who is let in. */
export interface Gate {
  enter(candidate: Candidate, replaced: Iterable<MempoolEntry>): void
  trim(): void
}

const UNSPENT_DUST = { reason: 'unspent-dust', detail: '', isPolicy: false }
const FAILED = { reason: 'transaction failed', detail: '', isPolicy: false }

export class PackageIntake {
  readonly #chain: Chain
  readonly #admission: Admission
  readonly #gate: Gate

  constructor(chain: Chain, admission: Admission, gate: Gate) {
    this.#chain = chain
    this.#admission = admission
    this.#gate = gate
  }

  testAlone(tx: Tx): PackageResult {
    const outcome = outcomeOf(() => {
      const { candidate, replaced } = this.#admission.judge(tx, TERMS.alone)
      return accepted(candidate, replaced, paidAlone(candidate))
    })
    const flaw = outcome.kind === 'refused' ? FAILED : undefined
    return { flaw, outcomes: new Map([[tx.wtxid, outcome]]) }
  }

  /** Each on top of those before it; none may replace what is here. */
  test(txs: readonly Tx[]): PackageResult {
    return this.#together(txs, TERMS.tested, undefined, false)
  }

  /** A child, which stands last, and its parents: as many as can come in alone do, the rest together. */
  take(txs: readonly Tx[], mostSatPerKvb: number | undefined): PackageResult {
    const flaw = formFlaw(txs) ?? this.#kinshipFlaw(txs)
    if (flaw) return refused(flaw)
    const outcomes = new Map<HashHex, Outcome>()
    const left: Tx[] = []
    let isHopeless = false
    for (const tx of txs) {
      const outcome = this.#resident(tx) ?? this.#alone(tx, mostSatPerKvb)
      outcomes.set(tx.wtxid, outcome)
      if (outcome.kind !== 'refused') continue
      left.push(tx)
      isHopeless ||= !isCurable(outcome.error)
    }
    let whole: PackageResult['flaw']
    if (isHopeless) whole = FAILED
    else if (left.length > 0) {
      // Who is alone after all has its verdict anew: its parents may have come in since.
      const result =
        left.length === 1
          ? this.#last(left[0] as Tx, mostSatPerKvb)
          : this.#together(left, TERMS.together, mostSatPerKvb, true)
      whole = result.flaw
      for (const [wtxid, outcome] of result.outcomes) outcomes.set(wtxid, outcome)
    }
    this.#gate.trim()
    return this.#withoutEvicted(txs, whole, outcomes)
  }

  /** The child's coins are confirmed, or made by those who stand before it. */
  #kinshipFlaw(txs: readonly Tx[]): string | undefined {
    if (!isChildWithParents(txs)) return 'package-not-child-with-parents'
    const parents = new Set(txs.slice(0, -1).map(({ txid }) => txid))
    const isKnown = txs
      .at(-1)
      ?.inputs.every(({ previous }) => parents.has(previous.txid) || this.#chain.coin(outPointKey(previous)))
    return isKnown ? undefined : 'package-not-child-with-unconfirmed-parents'
  }

  #resident({ txid, wtxid }: Tx): Outcome | undefined {
    const entry = this.#admission.residents.graph.get(txid)
    if (!entry) return undefined
    if (entry.tx.wtxid !== wtxid) return { kind: 'twin', wtxid: entry.tx.wtxid }
    return { kind: 'resident', feeSat: entry.feeSat, vsize: entry.vsize }
  }

  #alone(tx: Tx, mostSatPerKvb: number | undefined): Outcome {
    return outcomeOf(() => {
      const { candidate, replaced } = this.#admission.judge(tx, TERMS.first, mostSatPerKvb)
      this.#gate.enter(candidate, replaced)
      return accepted(candidate, replaced, paidAlone(candidate))
    })
  }

  #last(tx: Tx, mostSatPerKvb: number | undefined): PackageResult {
    const outcome = this.#alone(tx, mostSatPerKvb)
    return {
      flaw: outcome.kind === 'refused' ? FAILED : undefined,
      outcomes: new Map([[tx.wtxid, outcome]]),
    }
  }

  /** As one: what all pay counts for each. */
  #together(
    txs: readonly Tx[],
    terms: Terms,
    mostSatPerKvb: number | undefined,
    enters: boolean,
  ): PackageResult {
    const flaw = formFlaw(txs)
    if (flaw) return refused(flaw)
    const candidates: Candidate[] = []
    const family = new Map<HashHex, Tx>()
    for (const tx of txs) {
      const error = errorOf(() => candidates.push(this.#member(tx, terms, family, mostSatPerKvb)))
      if (error) return failedBy(tx, error)
      family.set(tx.txid, tx)
    }
    const tangled = trucPackageFlaw(candidates.map(({ facts, ancestors }) => ({ ...facts, ancestors })))
    if (tangled) return refused('TRUC-violation', tangled)
    const total = totalOf(candidates)
    const poor = terms.paysTogether && errorOf(() => this.#admission.checkRate(total.feeSat, total.vsize))
    if (poor) return failedBy(txs.at(-1) as Tx, poor)
    const whole = this.#replaced(candidates, total)
    if (whole.flaw) return refused(whole.flaw.reason, whole.flaw.detail)
    for (const candidate of candidates) {
      const error = errorOf(() => this.#admission.checkDust(candidate, family))
      if (error) return { ...failedBy(candidate.facts.tx, error), flaw: UNSPENT_DUST }
    }
    return this.#enterAll(candidates, whole.replaced, terms.paysTogether ? total : undefined, enters)
  }

  #member(tx: Tx, terms: Terms, family: Family, mostSatPerKvb: number | undefined): Candidate {
    const candidate = this.#admission.check(tx, terms, family)
    checkMostRate(candidate, mostSatPerKvb)
    return candidate
  }

  #replaced(candidates: readonly Candidate[], total: Chunk): ReturnType<typeof packageReplaces> {
    const { graph, limits, policy } = this.#admission.residents
    const parents = new Set(candidates.flatMap(({ facts }) => [...graph.parentsOf(facts.tx)]))
    const excess = packageExcess(parents, { count: candidates.length, vsize: total.vsize }, limits)
    if (excess) return { flaw: { reason: 'package-mempool-limits', detail: excess } }
    if (candidates.every(({ conflicts }) => conflicts.size === 0)) return { replaced: new Set() }
    return packageReplaces(candidates, { ...total, stepSatPerKvb: policy.incrementalSatPerKvb })
  }

  /** `total`: where they pay together. */
  #enterAll(
    candidates: readonly Candidate[],
    replaced: ReadonlySet<MempoolEntry>,
    total: Chunk | undefined,
    enters: boolean,
  ): PackageResult {
    const includes = candidates.map(({ facts }) => facts.tx.wtxid)
    const outcomes = new Map<HashHex, Outcome>()
    for (const candidate of candidates) {
      const { tx } = candidate.facts
      const error = errorOf(() => this.#admission.checkScripts(candidate))
      if (error)
        return { ...failedBy(tx, error), outcomes: outcomes.set(tx.wtxid, { kind: 'refused', error }) }
      const paid = total ? { satPerKvb: rateOf(total.feeSat, total.vsize), includes } : paidAlone(candidate)
      // The first one is told of as the one that replaces.
      outcomes.set(tx.wtxid, accepted(candidate, outcomes.size === 0 ? replaced : [], paid))
    }
    if (enters)
      for (const [place, candidate] of candidates.entries())
        this.#gate.enter(candidate, place === 0 ? replaced : [])
    return { flaw: undefined, outcomes }
  }

  /** Who came in, or was here, may have been the next to go. */
  #withoutEvicted(
    txs: readonly Tx[],
    flaw: PackageResult['flaw'],
    outcomes: Map<HashHex, Outcome>,
  ): PackageResult {
    let isFull = false
    for (const { txid, wtxid } of txs) {
      if (outcomes.get(wtxid)?.kind === 'refused' || this.#admission.residents.graph.get(txid)) continue
      outcomes.set(wtxid, { kind: 'refused', error: new ConsensusError('mempool full') })
      isFull = true
    }
    return { flaw: isFull ? FAILED : flaw, outcomes }
  }
}

function totalOf(candidates: readonly Candidate[]): Chunk {
  return candidates.reduce(
    (sum, { facts, modifiedSat }) => ({
      feeSat: sum.feeSat + modifiedSat,
      vsize: sum.vsize + facts.vsize,
    }),
    { feeSat: 0, vsize: 0 },
  )
}

function paidAlone({ facts, modifiedSat }: Candidate): PaidRate {
  return { satPerKvb: rateOf(modifiedSat, facts.vsize), includes: [facts.tx.wtxid] }
}

function accepted(candidate: Candidate, replaced: Iterable<MempoolEntry>, paid: PaidRate): Outcome {
  return { kind: 'accepted', ...acceptance(candidate, replaced), ...paid }
}

/** Together with the others it may be let in. */
function isCurable(error: ConsensusError): boolean {
  return error instanceof RefusedForFee || error.reason === 'missing-inputs'
}

function refused(reason: string, detail = ''): PackageResult {
  return { flaw: { reason, detail, isPolicy: true }, outcomes: new Map() }
}

function failedBy({ wtxid }: Tx, error: ConsensusError): PackageResult {
  return { flaw: FAILED, outcomes: new Map([[wtxid, { kind: 'refused', error }]]) }
}

function outcomeOf(judge: () => Outcome): Outcome {
  try {
    return judge()
  } catch (error) {
    if (error instanceof ConsensusError) return { kind: 'refused', error }
    throw error
  }
}

function errorOf(check: () => unknown): ConsensusError | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof ConsensusError) return error
    throw error
  }
}
