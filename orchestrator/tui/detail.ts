// Everything about one node.

import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatRate,
  formatShare,
  plural,
  printable,
  sparkline,
} from '../format.ts'
import type { NetworkState, NodePhase, NodeState } from '../observe/state.ts'
import { PHASE_TONES, sideMark, TONES, type Tone } from './colors.ts'
import { type Line, rule } from './lines.ts'
import { eventLines } from './panels/events.ts'
import { PHASE_GLYPHS, phaseWord } from './words.ts'

export function detailLines(state: NetworkState, node: NodeState, width: number, room: number): Line[] {
  const lastLines = node.exit && !node.exit.expected ? node.exit.lastLines.slice(-4) : []
  const top: Line[] = [
    rule(node.name, width, [node.group, node.region].filter(Boolean).join(' · ')),
    ...factsOf(state, node).map(([label, value, tone]) => [
      { text: ` ${label.padEnd(12)}`, tone: TONES.label },
      { text: value, tone: tone ?? TONES.plain },
    ]),
    ...lastLines.map(text => [{ text: `   ${printable(text)}`, tone: TONES.bad }]),
    rule('Events of this node', width),
  ]
  const left = Math.max(0, room - top.length)
  const log = left > 0 ? state.log.filter(({ node: name }) => name === node.name).slice(-left) : []
  return [...top, ...eventLines(log, width)].slice(0, room)
}

const DOWN: ReadonlySet<NodePhase> = new Set(['stopped', 'failed'])

type FactLine = readonly [label: string, value: string, tone?: Tone]

function factsOf(state: NetworkState, node: NodeState): FactLine[] {
  const since = (ms: number | undefined) => (ms === undefined ? '–' : formatElapsed(state.nowMs - ms))
  const share =
    state.systems.ledger.totals.blocks > 0
      ? ` (${formatShare(node.systems.ledger.blocksMined / state.systems.ledger.totals.blocks)})`
      : ''
  const {
    side,
    systems: {
      ledger: { hashing },
    },
  } = node
  const average = hashing.seconds > 0 ? formatRate(hashing.hashes / hashing.seconds) : '–'
  const up = DOWN.has(node.phase) ? '; s starts it' : `, up ${since(node.upSinceMs)}`
  const phase = `${PHASE_GLYPHS[node.phase]} ${phaseWord(node)}${up}`
  const cut = side === undefined ? '' : `, on side ${sideMark(side).text} of the partition`
  const amounts = `mempool ${formatCount(node.systems.ledger.mempool)}   memory ${formatBytes(node.rssBytes)}`
  return [
    ['state', phase + cut, PHASE_TONES[node.phase]],
    ['tip', `${node.systems.ledger.height}  ${node.systems.ledger.tip ?? '–'}`],
    [
      '',
      `on it for ${since(node.systems.ledger.tipSinceMs)}, ${plural(node.systems.ledger.reorgs, 'reorg')}`,
      TONES.label,
    ],
    ['peers', `${node.peers}   ${node.peerNames.join(' ')}`],
    ['holds', amounts],
    ['addresses', `peers ${node.p2p ?? '–'}   control ${node.control ?? '–'}   pid ${node.pid ?? '–'}`],
    ['mined', `${plural(node.systems.ledger.blocksMined, 'block')}${share}`],
    [
      'hash rate',
      `${formatRate(node.systems.ledger.measuredHps)} now   ${average} on average   ${formatRate(node.systems.ledger.askedHps)} asked`,
    ],
    ['', sparkline(node.systems.ledger.hashRateHistory, 60).trimStart(), TONES.chart],
  ]
}
