// The table of nodes: what each is doing, where it stands, how fast it mines.

import { formatRate, shortHash, sparkline } from '../format.ts'
import type { NetworkState, NodeState } from '../observe/state.ts'
import { tipGroups } from '../observe/tips.ts'
import { PHASE_TONES, TONES, tipTone } from './colors.ts'
import { type Cell, Panel, Row } from './parts.tsx'
import { windowStart } from './view.ts'
import { countRunning, PHASE_GLYPHS } from './words.ts'

export interface NodesProps {
  readonly state: NetworkState
  readonly selected: number
  readonly width: number
  /** Nodes shown at a time. */
  readonly room: number
}

export function Nodes({ state, selected, width, room }: NodesProps) {
  const { nodes } = state
  const from = windowStart(nodes.length, room, selected)
  const shown = nodes.slice(from, from + room)
  const groups = tipGroups(nodes)
  const widths = columnWidths(width, nodes)
  // What is asked stands at two thirds of the height, so that more and less both show.
  const top = Math.max(...nodes.map(node => Math.max(1.5 * node.askedHps, ...node.hashRateHistory)), 1)
  const more = nodes.length > room ? `${from + 1}–${from + shown.length} of ${nodes.length} · ` : ''
  return (
    <Panel title="Nodes" note={`${more}${countRunning(nodes)} up`} width={width} height={room + 1}>
      <Row cells={titles(widths)} base={TONES.label} />
      {shown.map((node, i) => (
        <Row
          key={node.name}
          cells={nodeCells(node, groups.get(node.tip), widths, top, from + i === selected)}
          base={from + i === selected ? TONES.selected : TONES.plain}
        />
      ))}
    </Panel>
  )
}

interface Widths {
  readonly name: number
  /** 0 where there is no room for it. */
  readonly pool: number
  readonly spark: number
}

const [PHASE, HEIGHT, TIP, PEERS, POOL, RATE] = [13, 7, 11, 6, 6, 11]

/** Names get what they need, the sparkline what is left; narrow terminals do without the mempool. */
function columnWidths(width: number, nodes: readonly NodeState[]): Widths {
  const pool = width >= 72 ? POOL : 0
  const fixed = 2 + PHASE + HEIGHT + TIP + PEERS + pool + RATE
  const longest = Math.max(4, ...nodes.map(node => node.name.length)) + 2
  const name = Math.max(10, Math.min(longest, width - fixed - 8, 30))
  return { name, pool, spark: Math.max(0, Math.min(60, width - fixed - name - 2)) }
}

function titles(widths: Widths): Cell[] {
  return [
    { text: '', width: 2 },
    { text: 'node', width: widths.name },
    { text: 'state', width: PHASE },
    { text: 'height', width: HEIGHT, align: 'right' },
    { text: '  tip', width: TIP },
    { text: 'peers', width: PEERS, align: 'right' },
    { text: 'pool', width: widths.pool, align: 'right' },
    { text: 'hash rate', width: RATE, align: 'right' },
  ]
}

function nodeCells(
  node: NodeState,
  group: number | undefined,
  widths: Widths,
  top: number,
  selected: boolean,
): Cell[] {
  const up = node.phase === 'running' || node.phase === 'paused' || node.phase === 'unreachable'
  const number = (value: number) => (up ? String(value) : '–')
  return [
    { text: selected ? '▸' : '', width: 2, tone: TONES.key },
    { text: node.name, width: widths.name },
    { text: `${PHASE_GLYPHS[node.phase]} ${node.phase}`, width: PHASE, tone: PHASE_TONES[node.phase] },
    { text: String(node.height), width: HEIGHT, align: 'right' },
    {
      text: node.tip ? `  ${shortHash(node.tip)}` : '  –',
      width: TIP,
      tone: up ? tipTone(group) : TONES.label,
    },
    { text: number(node.peers), width: PEERS, align: 'right' },
    { text: number(node.mempool), width: widths.pool, align: 'right' },
    { text: up ? formatRate(node.measuredHps) : '–', width: RATE, align: 'right' },
    {
      text: `  ${sparkline(node.hashRateHistory, widths.spark, top)}`,
      width: widths.spark + 2,
      tone: TONES.chart,
    },
  ]
}
