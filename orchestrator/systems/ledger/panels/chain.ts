// The newest blocks as a fork tree: who found each, what is in it, how fast it reached everyone.

import { formatDuration, plural, shortHash } from '../../../format.ts'
import type { NetworkState } from '../../../observe/state.ts'
import { TONES, type Tone, tipTone } from '../../../tui/colors.ts'
import { type Cell, line, row } from '../../../tui/lines.ts'
import type { Drawn, Scene } from '../../../tui/panels/panel.ts'
import { type ForkRow, forkRows } from '../observe/fork-rows.ts'
import { reachOf } from '../observe/propagation.ts'
import { tipGroups } from '../observe/tips.ts'
import type { BlockState } from '../state.ts'

/** So long a new block stands out. */
const FRESH_MS = 2000

export function chainPanel({ state, scrolled }: Scene, width: number, room: number): Drawn {
  const rows = forkRows(state.systems.ledger.blocks, room + scrolled).slice(scrolled)
  const graph = Math.max(3, ...rows.map(({ graph }) => graph.length)) + 2
  const standing = new Map<string | undefined, number>()
  for (const {
    phase,
    systems: {
      ledger: { tip },
    },
  } of state.nodes)
    if (phase === 'running') standing.set(tip, (standing.get(tip) ?? 0) + 1)
  const groups = tipGroups(state.nodes)
  const {
    systems: {
      ledger: { totals },
    },
  } = state
  const parts = [
    totals.staleBlocks > 0 && `${totals.staleBlocks} stale`,
    totals.reorgMaxDepth > 0 && `deepest reorg ${plural(totals.reorgMaxDepth, 'block')}`,
    scrolled > 0 && `${scrolled} down`,
  ]
  const lines = rows.map(fork =>
    row(
      blockCells(fork, { graph, width, at: standing.get(fork.block.hash) ?? 0 }),
      toneOf(fork.block, state, groups.get(fork.block.hash)),
    ),
  )
  return {
    note: parts.filter(Boolean).join(' · '),
    lines: lines.length > 0 ? lines : [line(' waiting for the first block', TONES.label)],
  }
}

function toneOf(block: BlockState, state: NetworkState, group: number | undefined): Tone {
  if (state.nowMs - block.firstSeenMs < FRESH_MS) return TONES.fresh
  if (block.active) return TONES.plain
  return group === undefined ? TONES.stale : tipTone(group)
}

const [HEIGHT, HASH, TX, REACH, TIME, REMARK] = [6, 12, 7, 7, 9, 11]

interface BlockPlace {
  readonly graph: number
  readonly width: number
  /** Running nodes whose tip it is. */
  readonly at: number
}

function blockCells({ block, graph }: ForkRow, place: BlockPlace): Cell[] {
  // Names take what is left; where nothing is, the remark goes first.
  const rest = place.width - (place.graph + HEIGHT + HASH + TX + REACH + TIME)
  const miner = Math.max(9, Math.min(24, rest - REMARK))
  const { had, running, allMs } = reachOf(block)
  return [
    { text: ` ${graph}`, width: place.graph, tone: block.active ? TONES.good : TONES.stale },
    { text: String(block.height), width: HEIGHT, align: 'right' },
    { text: `  ${shortHash(block.hash)}`, width: HASH },
    { text: ` ${block.miner ?? 'unknown'}`, width: miner },
    { text: `${block.transactions} tx`, width: TX, align: 'right' },
    { text: `${had}/${Math.max(had, running)}`, width: REACH, align: 'right', tone: TONES.label },
    { text: allMs === undefined ? '' : formatDuration(allMs), width: TIME, align: 'right' },
    { text: `  ${remark(block, place.at)}`, width: Math.min(REMARK, rest - miner), tone: TONES.label },
  ]
}

function remark(block: BlockState, at: number): string {
  if (block.rejected !== undefined && !block.connected) return 'invalid'
  if (block.against !== undefined) return 'refused'
  if (at > 0) return `◂ ${at} here`
  return block.active ? '' : 'stale'
}
