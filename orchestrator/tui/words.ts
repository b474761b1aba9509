// The state in words: phases, agreement, the status line and the summary of a run. Shared by screen and plain lines.

import type { RunSummary } from '../control/api.ts'
import {
  formatCount,
  formatDuration,
  formatElapsed,
  formatRate,
  formatShare,
  plural,
  printable,
} from '../format.ts'
import type { LogLine, NetworkState, NodePhase, NodeState } from '../observe/state.ts'
import type { LedgerState } from '../systems/ledger/state.ts'

/** A glyph for each phase; the word stands beside it wherever there is room. */
export const PHASE_GLYPHS: Readonly<Record<NodePhase, string>> = {
  planned: '○',
  starting: '◌',
  running: '●',
  paused: '‖',
  unreachable: '?',
  stopped: '■',
  failed: '✗',
}

/** The phase in a word. One that was killed says so: it had no chance to write anything down. */
export function phaseWord({ phase, exit }: Pick<NodeState, 'phase' | 'exit'>): string {
  return phase === 'stopped' && exit?.signal === 'SIGKILL' ? 'killed' : phase
}

/** Do the running nodes agree? */
export function agreement(state: NetworkState): { readonly ok: boolean; readonly text: string } {
  if (state.systems.ledger.converged) return { ok: true, text: 'one tip' }
  if (state.systems.ledger.tips > 1) return { ok: false, text: plural(state.systems.ledger.tips, 'tip') }
  return { ok: state.phase === 'starting', text: 'no common tip yet' }
}

export function countRunning(nodes: readonly NodeState[]): number {
  return nodes.filter(node => node.phase === 'running').length
}

export function staleShare(totals: LedgerState['totals']): number {
  return totals.blocks === 0 ? 0 : totals.staleBlocks / totals.blocks
}

/** `998 kH/s of 1 MH/s`; `simulated` where no work is done. */
export function hashRateText({
  systems: {
    ledger: { hashRate, checkProofOfWork },
  },
}: NetworkState): string {
  const { askedHps, measuredHps } = hashRate
  const measured =
    askedHps > 0 ? `${formatRate(measuredHps)} of ${formatRate(askedHps)}` : formatRate(measuredHps)
  return checkProofOfWork ? measured : `${measured} (simulated)`
}

/** What many nodes say one after another becomes one line: `12 nodes  left 2 blocks …`. */
export function condensed(log: readonly LogLine[]): LogLine[] {
  const lines: { line: LogLine; nodes: Set<string | undefined> }[] = []
  for (const line of log) {
    const last = lines.at(-1)
    if (last && last.line.text === line.text && last.line.level === line.level) {
      last.nodes.add(line.node)
      last.line = { ...line, node: last.nodes.size > 1 ? plural(last.nodes.size, 'node') : line.node }
    } else lines.push({ line, nodes: new Set([line.node]) })
  }
  return lines.map(({ line }) => line)
}

/** How long it has run; of a simulation on both clocks: `3:00:00 in 0:12`. */
export function elapsedText({ nowMs, startedMs, realMs }: NetworkState): string {
  const elapsed = formatElapsed(nowMs - startedMs)
  return realMs === undefined ? elapsed : `${elapsed} in ${formatElapsed(realMs)}`
}

/** What the network does; when somebody has stopped its time, that. */
export function phaseText({ phase, time }: Pick<NetworkState, 'phase' | 'time'>): string {
  return phase === 'running' && time === 'stands' ? TIME_STANDS : phase
}

const TIME_STANDS = 'time stands'

/** One line that says how the network stands. */
export function statusLine(state: NetworkState): string {
  const {
    nodes,
    systems: {
      ledger: { totals, propagation },
    },
  } = state
  const active = state.faults.filter(fault => fault.toMs === undefined).length
  return [
    elapsedText(state),
    phaseText(state) === TIME_STANDS ? TIME_STANDS : '',
    `height ${state.systems.ledger.height}`,
    agreement(state).text,
    `${formatCount(countRunning(nodes))}/${plural(nodes.length, 'node')} up`,
    hashRateText(state),
    `${formatCount(totals.staleBlocks)} stale`,
    propagation.p50Ms === undefined ? '' : `half reached in ${formatDuration(propagation.p50Ms)}`,
    totals.transactionsSent > 0
      ? `${formatCount(totals.transactionsConfirmed)}/${formatCount(totals.transactionsSent)} tx`
      : '',
    active > 0 ? plural(active, 'fault') : '',
  ]
    .filter(part => part !== '')
    .join(' · ')
}

/** What to print after the screen is gone. */
export function summaryLines(summary: RunSummary): string[] {
  const { propagation, transactions, hashRate } = summary
  const ms = (value: number | null) => (value === null ? '–' : formatDuration(value))
  const stale = formatShare(summary.blocks === 0 ? 0 : summary.staleBlocks / summary.blocks)
  const facts: (readonly [string, string])[] = [
    [
      'chain',
      `height ${summary.height}, ${summary.converged ? 'all nodes agree' : plural(summary.tips, 'tip')}`,
    ],
    [
      'blocks',
      `${formatCount(summary.blocks)}, ${formatCount(summary.staleBlocks)} stale (${stale}), deepest reorg ${plural(summary.reorgMaxDepth, 'block')}`,
    ],
    ['hash rate', `${formatRate(hashRate.measuredHps)} measured, ${formatRate(hashRate.askedHps)} asked`],
    [
      'propagation',
      `${ms(propagation.p50Ms)} (50 %)  ${ms(propagation.p90Ms)} (90 %)  ${ms(propagation.p99Ms)} (99 %)`,
    ],
  ]
  if (transactions.sent + transactions.failed > 0)
    facts.push([
      'transactions',
      `${formatCount(transactions.sent)} sent, ${formatCount(transactions.confirmed)} confirmed, ${formatCount(transactions.failed)} failed`,
    ])
  const { simulatedEvents, realSeconds = 0 } = summary
  if (simulatedEvents !== undefined && realSeconds > 0)
    facts.push([
      'simulated',
      `${plural(simulatedEvents, 'event')}, ${formatCount(Math.round(simulatedEvents / realSeconds))} a second`,
    ])
  facts.push(['recorded in', summary.runDirectory])
  const title = `${summary.network}: ${plural(summary.nodes, 'node')} for ${runTime(summary)}, ${summary.runtime}, seed ${summary.seed}`
  return [title, ...facts.map(([name, value]) => `  ${name.padEnd(13)} ${printable(value)}`)]
}

function runTime({ seconds, realSeconds }: RunSummary): string {
  const run = formatElapsed(seconds * 1000)
  return realSeconds === undefined ? run : `${run} in ${formatDuration(realSeconds * 1000)}`
}
