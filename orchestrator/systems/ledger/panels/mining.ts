// Who has the hash power: each node's share of what is measured, beside its share of the blocks.

import { formatRate, formatShare } from '../../../format.ts'
import type { NodeState } from '../../../observe/state.ts'
import { TONES } from '../../../tui/colors.ts'
import { type Cell, row } from '../../../tui/lines.ts'
import { type Drawn, emptyLine, passes, type Scene } from '../../../tui/panels/panel.ts'

const [RATE, SHARE, FOUND] = [11, 7, 13]

export function miningPanel(scene: Scene, width: number, room: number): Drawn {
  const { state, filter, scrolled } = scene
  const all = state.nodes.filter(
    ({
      systems: {
        ledger: { askedHps, blocksMined },
      },
    }) => askedHps > 0 || blocksMined > 0,
  )
  // By what was asked, equals in the order of the network: what is measured wavers, and rows would trade places every second.
  const miners = all
    .filter(({ name, group, region, host }) => passes(filter, name, group, region, host))
    .sort((a, b) => b.systems.ledger.askedHps - a.systems.ledger.askedHps)
  const name = Math.max(5, Math.min(16, ...[Math.max(4, ...miners.map(miner => miner.name.length)) + 2]))
  // The share says as much as the rate; narrow panels do without the latter.
  const rate = width >= name + 1 + RATE + SHARE + FOUND ? RATE : 0
  const bar = Math.max(0, Math.min(30, width - name - rate - SHARE - FOUND - 1))
  const { measuredHps } = state.systems.ledger.hashRate
  const strongest = Math.max(0, ...miners.map(miner => miner.systems.ledger.measuredHps))
  const most = measuredHps > 0 && strongest > 0 ? strongest / measuredHps : 1
  const whole = { hps: measuredHps, most, blocks: state.systems.ledger.totals.blocks, rate, bar, name }
  const titles = row(
    [
      { text: ' node', width: name + 1 },
      { text: 'hash rate', width: rate, align: 'right' },
      { text: 'share', width: SHARE, align: 'right' },
      { text: '', width: bar },
      { text: 'blocks', width: FOUND, align: 'right' },
    ],
    TONES.label,
  )
  if (miners.length === 0) return { lines: [titles, emptyLine(scene, all.length, 'miner', 'nobody mines')] }
  const lines = miners.slice(scrolled, scrolled + room - 1).map(miner => row(minerCells(miner, whole)))
  const asked = state.systems.ledger.hashRate.askedHps
  return { note: asked > 0 ? `${formatRate(asked)} asked` : '', lines: [titles, ...lines] }
}

interface Whole {
  readonly hps: number
  /** The greatest share, which fills the bar. */
  readonly most: number
  readonly blocks: number
  readonly rate: number
  readonly bar: number
  readonly name: number
}

function minerCells(miner: NodeState, { hps, most, blocks, rate, bar, name }: Whole): Cell[] {
  const share = hps > 0 ? miner.systems.ledger.measuredHps / hps : 0
  const found = blocks > 0 ? ` (${Math.round((miner.systems.ledger.blocksMined / blocks) * 100)} %)` : ''
  return [
    { text: ` ${miner.name}`, width: name + 1 },
    { text: formatRate(miner.systems.ledger.measuredHps), width: rate, align: 'right' },
    { text: formatShare(Math.round(share * 1000) / 1000), width: SHARE, align: 'right' },
    {
      text: ` ${'█'.repeat(Math.round((share / most) * Math.max(0, bar - 2)))}`,
      width: bar,
      tone: TONES.chart,
    },
    { text: `${miner.systems.ledger.blocksMined}${found}`, width: FOUND, align: 'right' },
  ]
}
