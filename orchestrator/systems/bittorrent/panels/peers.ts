// Peers of a content, how far each is, and which pieces it has: a strip each, with the copies of each piece above.

import { formatCount } from '../../../format.ts'
import type { NodeState } from '../../../observe/state.ts'
import { TONES } from '../../../tui/colors.ts'
import { type Line, line, row } from '../../../tui/lines.ts'
import { type Drawn, emptyLine, passes, type Scene } from '../../../tui/panels/panel.ts'
import { leastCells, type PieceRow, pieceRows, shadeOf } from '../cells.ts'
import type { ContentState } from '../state.ts'
import { contentText, percentText, rateText, roleText, shareOf } from '../words.ts'

const [NAME, ROLE, PROGRESS, RATE] = [14, 9, 7, 13]
const SHADES = ' ░▒▓█'
/** Narrower than this says nothing of pieces. */
const LEAST_MAP = 10

/** The content that most is missing of; the first where nothing is. */
export function contentShown(contents: readonly ContentState[]): ContentState | undefined {
  const missing = ({ wanted, bytes, progress }: ContentState) => wanted * bytes * (1 - progress)
  return [...contents].sort((a, b) => missing(b) - missing(a))[0]
}

export function peersPanel(scene: Scene, width: number, room: number): Drawn {
  const { state, filter, scrolled } = scene
  const content = contentShown(state.systems.bittorrent.contents)
  if (!content) return { lines: [line(' nothing is shared yet', TONES.label)] }
  const rates = width >= NAME + ROLE + PROGRESS + 2 * RATE + LEAST_MAP
  const map = Math.max(LEAST_MAP, width - NAME - ROLE - PROGRESS - 2 - (rates ? 2 * RATE : RATE))
  const places = new Map(state.nodes.map(node => [node.name, node]))
  const all = pieceRows(state.nodes, content, map)
  const shown = all.filter(({ node }) => {
    const { group, region, host } = places.get(node) as NodeState
    return passes(filter, node, group, region, host)
  })
  const lines = [
    titles(map, rates),
    copiesLine(content, map),
    ...shown.slice(scrolled, scrolled + room - 2).map(each => peerLine(each, content, map, rates)),
  ]
  const others = state.systems.bittorrent.contents.length - 1
  const more = others > 0 ? `, and ${formatCount(others)} more` : ''
  return {
    note: contentText(content) + more,
    lines: shown.length > 0 ? lines : [...lines, emptyLine(scene, all.length, 'peer', 'nobody has it')],
  }
}

function titles(map: number, rates: boolean): Line {
  return row(
    [
      { text: ' node', width: NAME },
      { text: 'is', width: ROLE },
      { text: 'has', width: PROGRESS, align: 'right' },
      { text: '  pieces', width: map + 2 },
      { text: 'down', width: RATE, align: 'right' },
      { text: 'up', width: rates ? RATE : 0, align: 'right' },
    ],
    TONES.label,
  )
}

/** A digit for each cell: copies of its rarest piece; `+` are ten or more. */
function copiesLine({ availability, copies }: ContentState, map: number): Line {
  const cells = leastCells(availability, map)
  return row([
    { text: ' copies', width: NAME + ROLE, tone: TONES.label },
    { text: copies.toFixed(2), width: PROGRESS, align: 'right', tone: copies < 1 ? TONES.bad : TONES.value },
    { text: `  ${cells.map(count => (count > 9 ? '+' : String(count))).join('')}`, width: map + 2 },
  ])
}

function peerLine({ node, held, cells }: PieceRow, content: ContentState, map: number, rates: boolean): Line {
  const role = roleText(held)
  return row([
    { text: ` ${node}`, width: NAME },
    {
      text: role,
      width: ROLE,
      tone: held.complete ? TONES.good : role === 'stuck' ? TONES.bad : TONES.plain,
    },
    { text: percentText(shareOf(held, content)), width: PROGRESS, align: 'right' },
    { text: `  ${strip(cells)}`, width: map + 2, tone: TONES.chart },
    { text: rate(held.downBps), width: RATE, align: 'right' },
    { text: rate(held.upBps), width: rates ? RATE : 0, align: 'right' },
  ])
}

const rate = (bytesPerSecond: number) => (bytesPerSecond === 0 ? '–' : rateText(bytesPerSecond))

/** A character a cell, as dark as the share of its pieces that are there. */
export const strip = (cells: readonly number[]) =>
  cells.map(share => SHADES[shadeOf(share, SHADES.length - 1)]).join('')
