// The ledger in words: agreement, stale blocks, hash rate.

import { formatRate, plural } from '../../format.ts'
import type { NetworkState } from '../../observe/state.ts'
import { ruleSplit, splitText } from './deployment-words.ts'
import type { LedgerState } from './state.ts'

/** Do the running nodes agree? */
export function agreement(state: NetworkState): { readonly ok: boolean; readonly text: string } {
  if (state.systems.ledger.converged) return { ok: true, text: 'one tip' }
  const { refusing, tips } = state.systems.ledger
  const parted = ruleSplit(state)
  const told = parted ? splitText(parted) : plural(tips, 'tip')
  if (refusing > 0) return { ok: false, text: `${tips === 1 ? 'one tip' : told}, ${refusalText(refusing)}` }
  if (tips > 1) return { ok: false, text: told }
  return { ok: state.phase === 'starting', text: 'no common tip yet' }
}

/** What nodes say that do not follow where their peers may be. */
export function refusalText(refusing: number): string {
  return `${plural(refusing, 'node')} ${refusing === 1 ? 'refuses' : 'refuse'} a chain with more work`
}

export function staleShare(totals: LedgerState['totals']): number {
  return totals.blocks === 0 ? 0 : totals.staleBlocks / totals.blocks
}

/** What a hash rate is that nobody computes; empty where it is one. */
export function miningNote(
  { checkProofOfWork, paced }: Pick<LedgerState, 'checkProofOfWork' | 'paced'>,
  before: string,
  after = '',
): string {
  if (checkProofOfWork && !paced) return ''
  return `${before}${paced ? 'paced' : 'simulated'}${after}`
}

/** `998 kH/s of 1 MH/s`; `simulated` or `paced` where it is not computed. */
export function hashRateText({ systems: { ledger } }: NetworkState): string {
  const { askedHps, measuredHps } = ledger.hashRate
  const measured =
    askedHps > 0 ? `${formatRate(measuredHps)} of ${formatRate(askedHps)}` : formatRate(measuredHps)
  return `${measured}${miningNote(ledger, ' (', ')')}`
}
