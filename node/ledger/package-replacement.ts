// Package RBF, as far as Core 28 goes: a parent and its child, alone in the mempool, may replace others if together they are
// worth more to miners in every way.

import type { Candidate } from './admission.ts'
import { type Chunk, isBetter } from './diagram.ts'
import { rateText } from './money.ts'
import { inOrder, type MempoolEntry, reach } from './packages.ts'
import { rateOf } from './policy.ts'
import { type Bid, paysTooLittle, tooMany } from './replacement.ts'

export interface PackageFlaw {
  readonly reason: string
  readonly detail: string
}

export type Replacement =
  | { readonly replaced: ReadonlySet<MempoolEntry>; readonly flaw?: undefined }
  | { readonly flaw: PackageFlaw }

/** Whom these two would replace, or why they must not. */
export function packageReplaces(members: readonly Candidate[], total: Bid): Replacement {
  const [parent, child] = members
  if (!parent || !child || members.length !== 2) return failed('package must be 1-parent-1-child')
  if (members.some(member => member.ancestors.size > 0))
    return failed('new transaction cannot have mempool ancestors')
  const conflicts = new Set(members.flatMap(member => [...member.conflicts]))
  const excess = tooMany(child.facts.tx, conflicts)
  if (excess) return failed('too many potential replacements', excess)
  const replaced = reach(conflicts, 'children')
  const underpaid = paysTooLittle(child.facts.tx, total, replaced)
  if (underpaid) return failed('insufficient anti-DoS fees', underpaid)
  const alone = rateOf(parent.modifiedSat, parent.facts.vsize)
  const together = rateOf(total.feeSat, total.vsize)
  if (together <= alone)
    return failed(
      'package feerate is less than or equal to parent feerate',
      `package feerate ${rateText(together)} <= parent feerate is ${rateText(alone)}`,
    )
  const tangled = clusterFlaw(conflicts)
  if (tangled) return failed(tangled)
  if (!isBetter(chunksAfter(conflicts, replaced, total), chunksBefore(replaced)))
    return failed('insufficient feerate: does not improve feerate diagram')
  return { replaced }
}

function failed(why: string, detail = ''): { readonly flaw: PackageFlaw } {
  return { flaw: { reason: `package RBF failed: ${why}`, detail } }
}

/** Diagrams are drawn of clusters of two at most. */
function clusterFlaw(conflicts: ReadonlySet<MempoolEntry>): string | undefined {
  for (const { tx, ancestors, descendants, children, parents } of inOrder(conflicts)) {
    const { txid } = tx
    if (ancestors.count > 2) return `${txid} has ${ancestors.count - 1} ancestors, max 1 allowed`
    if (descendants.count > 2) return `${txid} has ${descendants.count - 1} descendants, max 1 allowed`
    if (ancestors.count > 1 && descendants.count > 1)
      return `${txid} has both ancestor and descendant, exceeding cluster limit of 2`
    const [[child], [parent]] = [[...children], [...parents]]
    if (child && child.ancestors.count > 2) return `${txid} is not the only parent of child ${child.tx.txid}`
    if (parent && parent.descendants.count > 2)
      return `${txid} is not the only child of parent ${parent.tx.txid}`
  }
  return undefined
}

/** What is mined together of those that go, and of what they hang on. */
function chunksBefore(replaced: ReadonlySet<MempoolEntry>): Chunk[] {
  const chunks: Chunk[] = []
  for (const { own, ancestors, descendants } of replaced) {
    if (descendants.count > 1) continue // counted with its descendant
    const rest = { feeSat: ancestors.feeSat - own.feeSat, vsize: ancestors.vsize - own.vsize }
    if (ancestors.count === 1) chunks.push(own)
    // A child that pays for its parent is mined with it.
    else if (own.feeSat * ancestors.vsize > ancestors.feeSat * own.vsize) chunks.push(ancestors)
    else chunks.push(rest, own)
  }
  return chunks
}

function chunksAfter(
  conflicts: ReadonlySet<MempoolEntry>,
  replaced: ReadonlySet<MempoolEntry>,
  total: Chunk,
): Chunk[] {
  const chunks = [total]
  for (const { parents } of conflicts)
    for (const parent of parents) if (!replaced.has(parent)) chunks.push(parent.own)
  return chunks
}
