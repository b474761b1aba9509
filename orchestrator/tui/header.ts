// The network on three lines: who it is, whether it agrees, how it does.

import { formatCount, formatDuration, formatRate, formatShare, plural } from '../format.ts'
import type { FaultState, NetworkState } from '../observe/state.ts'
import type { LedgerState } from '../systems/ledger/state.ts'
import { TONES } from './colors.ts'
import { type Fact, facts, type Line, widthOf } from './lines.ts'
import { agreement, countRunning, elapsedText, hashRateText, phaseText, staleShare } from './words.ts'

export function headerLines(state: NetworkState, width: number): Line[] {
  return [titleLine(state, width), fitting(chainFacts(state), width), fitting(speedFacts(state), width)]
}

/** As said in full where there is room, else each as short as it can be. */
function fitting(list: readonly ShortFact[], width: number): Line {
  const full = facts(list)
  return widthOf(full) <= width ? full : facts(list.map(({ brief, ...fact }) => ({ ...fact, ...brief })))
}

interface ShortFact extends Fact {
  /** What narrow terminals show. */
  readonly brief?: Partial<Fact>
}

function titleLine(state: NetworkState, width: number): Line {
  const left: Line = [
    { text: ' netsplit ', tone: TONES.title },
    { text: state.network, tone: TONES.value },
    {
      text: `  ${state.runtime} · seed ${state.seed} · ${formatCount(countRunning(state.nodes))}/${plural(state.nodes.length, 'node')} up`,
      tone: TONES.label,
    },
  ]
  const right: Line = [
    { text: phaseText(state), tone: phaseText(state) === 'running' ? TONES.good : TONES.warn },
    { text: ` ${elapsedText(state)} `, tone: TONES.value },
  ]
  const gap = Math.max(1, width - widthOf(left) - widthOf(right))
  return [...left, { text: ' '.repeat(gap), tone: TONES.plain }, ...right]
}

function chainFacts(state: NetworkState): ShortFact[] {
  const { ok, text } = agreement(state)
  const {
    systems: {
      ledger: { totals },
    },
  } = state
  return [
    { label: 'height', value: formatCount(state.systems.ledger.height) },
    { label: '', value: `${ok ? '●' : '◆'} ${text}`, tone: ok ? TONES.good : TONES.warn },
    { label: 'mining', value: hashRateText(state), brief: { value: briefHashRate(state) } },
    {
      label: 'stale',
      value: `${formatCount(totals.staleBlocks)} of ${formatCount(totals.blocks)} (${formatShare(staleShare(totals))})`,
      brief: { value: `${formatCount(totals.staleBlocks)} (${formatShare(staleShare(totals))})` },
    },
  ]
}

/** What is wrong comes first: narrow terminals cut the end. */
function speedFacts(state: NetworkState): ShortFact[] {
  const {
    systems: {
      ledger: { propagation, totals },
    },
  } = state
  const time = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms))
  const active = state.faults.filter(fault => fault.toMs === undefined)
  const fault: Fact =
    active.length === 0
      ? { label: '', value: 'no faults', tone: TONES.label }
      : { label: '', value: faultText(active), tone: TONES.bad }
  return [
    fault,
    {
      label: '50 % reached in',
      value: time(propagation.p50Ms),
      brief: { label: '50 % in' },
    },
    { label: '90 %', value: time(propagation.p90Ms) },
    { label: 'tx', value: transactionText(totals), brief: { label: '', value: briefTransactions(totals) } },
  ]
}

/** What is measured, or that nothing is. */
function briefHashRate({
  systems: {
    ledger: { hashRate, checkProofOfWork },
  },
}: NetworkState): string {
  return `${formatRate(hashRate.measuredHps)}${checkProofOfWork ? '' : ' (simulated)'}`
}

function briefTransactions({ transactionsSent, transactionsConfirmed }: LedgerState['totals']): string {
  return `${formatCount(transactionsConfirmed)}/${formatCount(transactionsSent)} tx`
}

function faultText(active: readonly FaultState[]): string {
  const kinds = [...new Set(active.map(fault => fault.kind))].join(', ')
  const gone = active.filter(({ lapsed, verified }) => lapsed && verified === false).length
  return `▲ ${plural(active.length, 'fault')}: ${kinds}${gone > 0 ? `, ${gone} no longer ${gone === 1 ? 'holds' : 'hold'}` : ''}`
}

function transactionText({ transactionsSent, transactionsConfirmed }: LedgerState['totals']): string {
  const sent = transactionsSent > 0 ? `${formatCount(transactionsSent)} sent, ` : ''
  return `${sent}${formatCount(transactionsConfirmed)} confirmed`
}
