// The network on three lines: who it is, whether it agrees, how it does.

import { formatCount, formatDuration, formatShare, plural } from '../format.ts'
import type { FaultState, NetworkState } from '../observe/state.ts'
import { TONES } from './colors.ts'
import { type Fact, facts, type Line, widthOf } from './lines.ts'
import { agreement, countRunning, elapsedText, hashRateText, phaseText, staleShare } from './words.ts'

export function headerLines(state: NetworkState, width: number): Line[] {
  return [titleLine(state, width), facts(chainFacts(state)), facts(speedFacts(state))]
}

function titleLine(state: NetworkState, width: number): Line {
  const left: Line = [
    { text: ' netsplit ', tone: TONES.title },
    { text: state.network, tone: TONES.value },
    {
      text: `  ${state.runtime} · seed ${state.seed} · ${countRunning(state.nodes)}/${plural(state.nodes.length, 'node')} up`,
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

function chainFacts(state: NetworkState): Fact[] {
  const { ok, text } = agreement(state)
  const { totals } = state
  return [
    { label: 'height', value: formatCount(state.height) },
    { label: '', value: `${ok ? '●' : '◆'} ${text}`, tone: ok ? TONES.good : TONES.warn },
    { label: 'mining', value: hashRateText(state) },
    {
      label: 'stale',
      value: `${totals.staleBlocks} of ${formatCount(totals.blocks)} (${formatShare(staleShare(totals))})`,
    },
  ]
}

/** What is wrong comes first: narrow terminals cut the end. */
function speedFacts(state: NetworkState): Fact[] {
  const { propagation, totals } = state
  const time = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms))
  const active = state.faults.filter(fault => fault.toMs === undefined)
  const fault: Fact =
    active.length === 0
      ? { label: '', value: 'no faults', tone: TONES.label }
      : { label: '', value: faultText(active), tone: TONES.bad }
  return [
    fault,
    { label: '50 % reached in', value: time(propagation.p50Ms) },
    { label: '90 %', value: time(propagation.p90Ms) },
    { label: 'tx', value: transactionText(totals) },
  ]
}

function faultText(active: readonly FaultState[]): string {
  const kinds = [...new Set(active.map(fault => fault.kind))].join(', ')
  return `▲ ${plural(active.length, 'fault')}: ${kinds}`
}

function transactionText({ transactionsSent, transactionsConfirmed }: NetworkState['totals']): string {
  const sent = transactionsSent > 0 ? `${formatCount(transactionsSent)} sent, ` : ''
  return `${sent}${formatCount(transactionsConfirmed)} confirmed`
}
