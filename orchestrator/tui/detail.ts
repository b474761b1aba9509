// Everything about one node.

import { endInWords } from '../endings.ts'
import { formatBytes, formatElapsed, printable } from '../format.ts'
import { isThinner, lineText } from '../observe/access-words.ts'
import { memoryText } from '../observe/memory-words.ts'
import { PHASE_GLYPHS, phaseWord } from '../observe/phases.ts'
import { programWords } from '../observe/program-words.ts'
import type { NetworkState, NodePhase, NodeState } from '../observe/state.ts'
import { PHASE_TONES, sideMark, TONES } from './colors.ts'
import type { FactLine } from './face.ts'
import { facesIn } from './faces.ts'
import { type Line, rule } from './lines.ts'
import { eventLines } from './panels/events.ts'

export function detailLines(state: NetworkState, node: NodeState, width: number, room: number): Line[] {
  const lastLines = node.exit && !node.exit.expected ? node.exit.lastLines.slice(-4) : []
  const top: Line[] = [
    rule(
      node.name,
      width,
      [node.group, node.client && programWords(node), node.region, node.host && `on ${node.host}`]
        .filter(Boolean)
        .join(' · '),
    ),
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

function factsOf(state: NetworkState, node: NodeState): FactLine[] {
  const since = (ms: number | undefined) => (ms === undefined ? '–' : formatElapsed(state.nowMs - ms))
  const ended = node.exit && !node.exit.expected ? `: ${endInWords(node.exit)}` : ''
  const up = DOWN.has(node.phase) ? '; s starts it' : `, up ${since(node.upSinceMs)}`
  const phase = `${PHASE_GLYPHS[node.phase]} ${phaseWord(node)}${ended}${up}`
  const { side } = node
  const line = lineText(node)
  const cut = side === undefined ? '' : `, on side ${sideMark(side).text} of the partition`
  const details = facesIn(state).map(face => face.detail(state, node))
  const holds = [...details.flatMap(detail => detail.holds), `memory ${memoryText(node) ?? formatBytes(0)}`]
  return [
    ['state', phase + cut, PHASE_TONES[node.phase]],
    ...details.flatMap(detail => detail.standing),
    ...(line === undefined ? [] : [['line', line, isThinner(node) ? TONES.warn : undefined] as const]),
    ['peers', `${node.peers}   ${[...node.peerNames, ...unknown(node)].join(' ')}`],
    ['holds', holds.join('   ')],
    ['addresses', `peers ${node.p2p ?? '–'}   control ${node.control ?? '–'}   pid ${node.pid ?? '–'}`],
    ...details.flatMap(detail => detail.doing),
  ]
}

function unknown({ strangers }: NodeState): string[] {
  return strangers.length === 0 ? [] : [`and, not of this network, ${strangers.join(' ')}`]
}
