// The faults over the time of the run: when each was in force, whether it was measured, what it did.

import { formatElapsed } from '../../format.ts'
import type { FaultState, NetworkState } from '../../observe/state.ts'
import { verdictOf, verdictText } from '../../observe/verdict.ts'
import { TONES, type Tone } from '../colors.ts'
import { type Cell, type Line, row } from '../lines.ts'
import { wrapped } from '../width.ts'
import { type Drawn, emptyLine, passes, type Scene } from './panel.ts'

const SIGN = 3
const SPAN = 14

export function faultsPanel(scene: Scene, width: number, room: number): Drawn {
  const { state, filter, scrolled, alone } = scene
  const listed = state.faults.filter(({ id, kind, target }) => passes(filter, id, kind, target))
  if (listed.length === 0)
    return {
      lines: [emptyLine(scene, state.faults.length, 'fault', 'no faults so far; p or :partition makes one')],
    }
  const newestFirst = [...listed].reverse().slice(scrolled, scrolled + room)
  const inForce = listed.filter(({ toMs }) => toMs === undefined).length
  return {
    note: `${inForce} in force · ${listed.length} in all`,
    lines: newestFirst.flatMap(fault => faultLines(fault, state, width, alone)).slice(0, room),
  }
}

/** One line, and alone as many more as its words take. */
function faultLines(fault: FaultState, state: NetworkState, width: number, alone: boolean): Line[] {
  const { cells, text, room } = faultCells(fault, state, width)
  const [first = '', ...more] = alone ? wrapped(text, room) : [text]
  const shown = (text: string): Cell => ({ text, width: room, tone: TONES.label })
  const before: Cell = { text: '', width: width - room }
  return [row([...cells, shown(first)]), ...more.map(rest => row([before, shown(rest)]))]
}

function faultCells(fault: FaultState, state: NetworkState, width: number) {
  const kind = Math.max(10, fault.kind.length + 2)
  const bar = width >= 70 ? Math.floor((width - SIGN - kind - SPAN) * 0.4) : 0
  const { sign, tone } = standing(fault)
  const at = (ms: number) => formatElapsed(ms - state.startedMs)
  const end = fault.toMs === undefined ? 'now' : at(fault.toMs)
  const lapsed = fault.lapsed ? (verdictText(fault) ?? '') : ''
  const found = fault.measured ?? fault.detail
  // That it took is seen by the sign; why it did not is what one wants to know first.
  const told = fault.verified ? [fault.did ?? '', found] : [found, fault.did ?? '']
  const text = [fault.target, lapsed, ...told].filter(part => part !== '').join(' · ')
  const gap = bar > 0 ? 2 : 0
  const cells: readonly Cell[] = [
    { text: ` ${sign}`, width: SIGN, tone },
    { text: fault.kind, width: kind, tone: fault.toMs === undefined ? tone : TONES.plain },
    { text: `${at(fault.fromMs)}–${end}`, width: SPAN },
    { text: faultBar(fault, state, bar), width: bar, tone },
    { text: '', width: gap },
  ]
  return { cells, text, room: Math.max(1, width - SIGN - kind - SPAN - bar - gap) }
}

/** In force, over, not there as asked, or hidden behind others: sign and colour say the same. */
function standing(fault: FaultState): { readonly sign: string; readonly tone: Tone } {
  const { toMs } = fault
  const verdict = verdictOf(fault)
  if (verdict === 'not taken' || verdict === 'lapsed') return { sign: '?', tone: TONES.warn }
  if (verdict === 'disturbed' || verdict === 'not measured') return { sign: '~', tone: TONES.warn }
  return toMs === undefined ? { sign: '▲', tone: TONES.bad } : { sign: '✓', tone: TONES.good }
}

/** From the start of the run to now, the time in force drawn thick. */
export function faultBar(
  { fromMs, toMs }: Pick<FaultState, 'fromMs' | 'toMs'>,
  { startedMs, nowMs }: Pick<NetworkState, 'startedMs' | 'nowMs'>,
  width: number,
): string {
  const spanMs = Math.max(1, nowMs - startedMs)
  const column = (ms: number) => Math.max(0, Math.min(width, Math.round(((ms - startedMs) / spanMs) * width)))
  const from = Math.min(column(fromMs), Math.max(0, width - 1))
  const to = Math.max(from + 1, column(toMs ?? nowMs))
  return (
    '─'.repeat(from) +
    '━'.repeat(Math.max(0, Math.min(width, to) - from)) +
    '─'.repeat(Math.max(0, width - to))
  )
}
