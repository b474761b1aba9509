// Replacement by fee (BIP 125's rules but for the signal: Core 28 lets anything be replaced): what a newcomer must pay to take
// the place of those that spend its coins, and of all that hang on them. Reasons and words are Core's.

import { ConsensusError, RefusedForFee } from '../errors.ts'
import type { Tx } from './chain/types.ts'
import { coinText, rateText } from './money.ts'
import { inOrder, type MempoolEntry, reach } from './packages.ts'
import { feeForSize, rateOf } from './policy.ts'

/** Transactions that may go for the sake of one. */
const MAX_REPLACED = 100

/** What pays for a replacement; `stepSatPerKvb`: what its own relay costs. */
export interface Bid {
  readonly stepSatPerKvb: number
  readonly feeSat: number
  readonly vsize: number
}

/** Everything that would have to go, or which rule forbids it. `isSibling`: a relative is to go that spends nothing of the same. */
export function replacedBy(
  tx: Tx,
  bid: Bid,
  conflicts: ReadonlySet<MempoolEntry>,
  has: (txid: string) => boolean,
  isSibling: boolean,
): Set<MempoolEntry> {
  const suffix = isSibling ? ' (including sibling eviction)' : ''
  checkRates(tx, bid, conflicts, `insufficient fee${suffix}`)
  const excess = tooMany(tx, conflicts)
  if (excess) throw new ConsensusError(`too many potential replacements${suffix}`, excess)
  const replaced = reach(conflicts, 'children')
  checkInputs(tx, replaced, has)
  const underpaid = paysTooLittle(tx, bid, replaced)
  if (underpaid) throw new RefusedForFee(`insufficient fee${suffix}`, underpaid)
  return replaced
}

/** Who is replaced himself, not for the sake of others, paid a lower rate. */
function checkRates(
  tx: Tx,
  { feeSat, vsize }: Bid,
  conflicts: ReadonlySet<MempoolEntry>,
  reason: 'insufficient fee' | 'insufficient fee (including sibling eviction)',
): void {
  const rate = rateOf(feeSat, vsize)
  for (const { own } of inOrder(conflicts)) {
    const before = rateOf(own.feeSat, own.vsize)
    if (rate <= before)
      throw new RefusedForFee(
        reason,
        `rejecting replacement ${tx.txid}; new feerate ${rateText(rate)} <= old feerate ${rateText(before)}`,
      )
  }
}

/** More may be counted than there are: whoever hangs on two of them counts twice. Core's words end their line. */
export function tooMany(tx: Tx, conflicts: ReadonlySet<MempoolEntry>): string | undefined {
  let count = 0
  for (const { descendants } of inOrder(conflicts)) {
    count += descendants.count
    if (count > MAX_REPLACED)
      return `rejecting replacement ${tx.txid}; too many potential replacements (${count} > ${MAX_REPLACED})\n`
  }
  return undefined
}

/** Nothing unconfirmed is spent that those who go did not spend as well: it could be junk that nobody would mine first. */
function checkInputs(tx: Tx, replaced: ReadonlySet<MempoolEntry>, has: (txid: string) => boolean): void {
  const known = new Set<string>()
  for (const entry of replaced) for (const { previous } of entry.tx.inputs) known.add(previous.txid)
  for (const [index, { previous }] of tx.inputs.entries())
    if (!known.has(previous.txid) && has(previous.txid))
      throw new ConsensusError(
        'replacement-adds-unconfirmed',
        `replacement ${tx.txid} adds unconfirmed input, idx ${index}`,
      )
}

/** The newcomer pays no less than all that go, and its own relay besides. `tx`: whom the words are about. */
export function paysTooLittle(
  tx: Tx,
  { feeSat, vsize, stepSatPerKvb }: Bid,
  replaced: ReadonlySet<MempoolEntry>,
): string | undefined {
  let beforeSat = 0
  for (const { own } of replaced) beforeSat += own.feeSat
  if (feeSat < beforeSat)
    return `rejecting replacement ${tx.txid}, less fees than conflicting txs; ${coinText(feeSat)} < ${coinText(beforeSat)}`
  const [moreSat, dueSat] = [feeSat - beforeSat, feeForSize(stepSatPerKvb, vsize)]
  if (moreSat < dueSat)
    return `rejecting replacement ${tx.txid}, not enough additional fees to relay; ${coinText(moreSat)} < ${coinText(dueSat)}`
  return undefined
}

/** Does `tx` hang on what it is to replace? */
export function checkDisjoint(
  tx: Tx,
  ancestors: ReadonlySet<MempoolEntry>,
  conflicts: ReadonlySet<MempoolEntry>,
): void {
  if (conflicts.size === 0) return
  for (const ancestor of inOrder(ancestors))
    if (conflicts.has(ancestor))
      throw new ConsensusError(
        'bad-txns-spends-conflicting-tx',
        `${tx.txid} spends conflicting transaction ${ancestor.tx.txid}`,
      )
}

/** BIP 125's signal, which changes nothing here, but is told. */
export function signalsReplacement(tx: Tx): boolean {
  return tx.inputs.some(({ sequence }) => sequence <= 0xfffffffd)
}
