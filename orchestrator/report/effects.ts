// What a fault did to the network: while it was in force, and until the nodes agreed again. Pure.

import type { FaultState } from '../observe/state.ts'
import type { ReorgState } from '../systems/ledger/state.ts'
import type { BlockLine } from './chronicle.ts'
import type { Disagreement } from './standing.ts'

export interface FaultEffect extends FaultState {
  /** Tips while it was in force, for most of the time that they were not one; 1: the nodes kept agreeing. */
  readonly tips: number
  /** Found while it was in force, and how many of them did not make it. */
  readonly blocks: number
  readonly staleBlocks: number
  readonly reorgs: number
  readonly reorgMaxDepth: number
  /** From its end until all running nodes stood on one tip; undefined while it lasts, or when they never did. */
  readonly agreedAfterMs: number | undefined
}

export interface Seen {
  readonly lines: readonly BlockLine[]
  readonly chain: ReadonlySet<string>
  readonly disagreements: readonly Disagreement[]
  readonly reorgs: readonly ReorgState[]
  readonly endMs: number
}

export function effectOf(fault: FaultState, seen: Seen): FaultEffect {
  const { fromMs } = fault
  const toMs = fault.toMs ?? seen.endMs
  const open = seen.disagreements.find(time => time.fromMs <= toMs && toMs < time.toMs)
  // What is open at the very end never closed.
  const agreed = fault.toMs !== undefined && (open === undefined || open.toMs < seen.endMs)
  const settledMs = Math.max(toMs, open?.toMs ?? toMs)
  const meanwhile = seen.disagreements.filter(time => time.fromMs < toMs && fromMs < time.toMs)
  const blocks = seen.lines.filter(({ timeMs }) => fromMs <= timeMs && timeMs < toMs)
  const reorgs = seen.reorgs.filter(({ timeMs }) => fromMs <= timeMs && timeMs <= settledMs)
  return {
    ...fault,
    tips: Math.max(1, ...meanwhile.map(({ tips }) => tips)),
    blocks: blocks.length,
    staleBlocks: blocks.filter(({ hash, rejected }) => !rejected && !seen.chain.has(hash)).length,
    reorgs: reorgs.length,
    reorgMaxDepth: Math.max(0, ...reorgs.map(({ depth }) => depth)),
    agreedAfterMs: agreed ? settledMs - toMs : undefined,
  }
}
