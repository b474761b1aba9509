// Who has the hash power: each node's share of what is measured, beside its share of the blocks.

import { formatRate, formatShare } from '../../format.ts'
import type { NodeState } from '../../observe/state.ts'
import { TONES } from '../colors.ts'
import { type Cell, row } from '../lines.ts'
import { type Drawn, passes, type Scene } from './panel.ts'

const [RATE, SHARE, FOUND] = [11, 7, 13]

export function miningPanel({ state, filter, scrolled }: Scene, width: number, room: number): Drawn {
  const miners = state.nodes
    .filter(({ askedHps, blocksMined }) => askedHps > 0 || blocksMined > 0)
    .filter(({ name, group, region }) => passes(filter, name, group, region))
    .sort((a, b) => b.measuredHps - a.measuredHps || a.name.localeCompare(b.name))
  const name = Math.max(5, Math.min(16, ...[Math.max(4, ...miners.map(miner => miner.name.length)) + 2]))
  const bar = Math.max(0, Math.min(30, width - name - RATE - SHARE - FOUND - 1))
  const { measuredHps } = state.hashRate
  const most = measuredHps > 0 ? (miners[0]?.measuredHps ?? 0) / measuredHps : 1
  const whole = { hps: measuredHps, most, blocks: state.totals.blocks, bar, name }
  const titles = row(
    [
      { text: ' node', width: name + 1 },
      { text: 'hash rate', width: RATE, align: 'right' },
      { text: 'share', width: SHARE, align: 'right' },
      { text: '', width: bar },
      { text: 'blocks', width: FOUND, align: 'right' },
    ],
    TONES.label,
  )
  const lines = miners.slice(scrolled, scrolled + room - 1).map(miner => row(minerCells(miner, whole)))
  const asked = state.hashRate.askedHps
  return { note: asked > 0 ? `${formatRate(asked)} asked` : '', lines: [titles, ...lines] }
}

interface Whole {
  readonly hps: number
  /** The greatest share, which fills the bar. */
  readonly most: number
  readonly blocks: number
  readonly bar: number
  readonly name: number
}

function minerCells(miner: NodeState, { hps, most, blocks, bar, name }: Whole): Cell[] {
  const share = hps > 0 ? miner.measuredHps / hps : 0
  const found = blocks > 0 ? ` (${Math.round((miner.blocksMined / blocks) * 100)} %)` : ''
  return [
    { text: ` ${miner.name}`, width: name + 1 },
    { text: formatRate(miner.measuredHps), width: RATE, align: 'right' },
    { text: formatShare(Math.round(share * 1000) / 1000), width: SHARE, align: 'right' },
    {
      text: ` ${'█'.repeat(Math.round((share / most) * Math.max(0, bar - 2)))}`,
      width: bar,
      tone: TONES.chart,
    },
    { text: `${miner.blocksMined}${found}`, width: FOUND, align: 'right' },
  ]
}
