// The newest blocks as a small fork tree: who found each, what is in it, how fast it reached everyone.

import { formatDuration, shortHash } from '../format.ts'
import { type ForkRow, forkRows } from '../observe/fork-rows.ts'
import { blockPropagation } from '../observe/propagation.ts'
import type { BlockState, NetworkState } from '../observe/state.ts'
import { tipGroups } from '../observe/tips.ts'
import { TONES, type Tone, tipTone } from './colors.ts'
import { type Cell, Panel, Row } from './parts.tsx'

/** So long a new block stands out. */
const FRESH_MS = 2000

export interface BlocksProps {
  readonly state: NetworkState
  readonly width: number
  readonly room: number
}

export function Blocks({ state, width, room }: BlocksProps) {
  const rows = forkRows(state.blocks, room)
  const graph = Math.max(3, ...rows.map(row => row.graph.length)) + 2
  const standing = new Map<string | undefined, number>()
  for (const { phase, tip } of state.nodes)
    if (phase === 'running') standing.set(tip, (standing.get(tip) ?? 0) + 1)
  const groups = tipGroups(state.nodes)
  const { totals } = state
  const note = totals.reorgMaxDepth > 0 ? `deepest reorg ${totals.reorgMaxDepth}` : ''
  return (
    <Panel title="Blocks" note={note} width={width} height={room}>
      {rows.length === 0 && (
        <Row cells={[{ text: ' waiting for the first block', width, tone: TONES.label }]} />
      )}
      {rows.map(row => (
        <Row
          key={row.block.hash}
          cells={blockCells(row, state, { graph, width, at: standing.get(row.block.hash) ?? 0 })}
          base={toneOf(row.block, state, groups.get(row.block.hash))}
        />
      ))}
    </Panel>
  )
}

function toneOf(block: BlockState, state: NetworkState, group: number | undefined): Tone {
  if (state.nowMs - block.firstSeenMs < FRESH_MS) return TONES.fresh
  if (block.active) return TONES.plain
  return group === undefined ? TONES.stale : tipTone(group)
}

const [HEIGHT, HASH, TX, REACH, TIME, REMARK] = [6, 12, 7, 7, 9, 11]

interface Place {
  readonly graph: number
  readonly width: number
  /** Running nodes whose tip it is. */
  readonly at: number
}

function blockCells({ block, graph }: ForkRow, state: NetworkState, place: Place): Cell[] {
  // Names take what is left; where nothing is, the remark goes first.
  const rest = place.width - (place.graph + HEIGHT + HASH + TX + REACH + TIME)
  const miner = Math.max(9, Math.min(24, rest - REMARK))
  const reached = Object.keys(block.receivedMs).length
  const { allMs } = blockPropagation(block)
  return [
    { text: ` ${graph}`, width: place.graph, tone: block.active ? TONES.good : TONES.stale },
    { text: String(block.height), width: HEIGHT, align: 'right' },
    { text: `  ${shortHash(block.hash)}`, width: HASH },
    { text: ` ${block.miner ?? 'unknown'}`, width: miner },
    { text: `${block.transactions} tx`, width: TX, align: 'right' },
    { text: `${reached}/${state.nodes.length}`, width: REACH, align: 'right', tone: TONES.label },
    { text: allMs === undefined ? '' : formatDuration(allMs), width: TIME, align: 'right' },
    { text: `  ${remark(block, place.at)}`, width: Math.min(REMARK, rest - miner), tone: TONES.label },
  ]
}

function remark(block: BlockState, at: number): string {
  if (block.rejected !== undefined && !block.connected) return 'invalid'
  if (at > 0) return `◂ ${at} here`
  return block.active ? '' : 'stale'
}
