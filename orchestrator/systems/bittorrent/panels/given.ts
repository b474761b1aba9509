// Who got what from whom: a row for each who got, a column for each who gave, as dark as the most that one gave another.

import { formatBytes } from '../../../format.ts'
import { TONES } from '../../../tui/colors.ts'
import { type Line, line, row } from '../../../tui/lines.ts'
import type { Drawn, Scene } from '../../../tui/panels/panel.ts'
import { type Matrix, matrixOf, shadeOf } from '../cells.ts'
import { contentShown } from './peers.ts'

const [NAME, BYTES] = [16, 11]
const SHADES = ' ░▒▓█'

export function givenPanel({ state, scrolled }: Scene, width: number, room: number): Drawn {
  const content = contentShown(state.systems.bittorrent.contents)
  if (!content || content.given.length === 0)
    return { lines: [line(' nobody has got anything yet', TONES.label)] }
  const names = state.nodes.map(({ name }) => name)
  const matrix = matrixOf(content.given, names, Math.max(2, Math.floor((width - NAME - BYTES) / 2)))
  const size = matrix.names.length
  const columns = matrix.names.map((_, at) => `${letterOf(at)} `).join('')
  const rows = matrix.names.map((name, at) => matrixLine(matrix, name, at))
  return {
    note: `darkest: ${formatBytes(matrix.most)}`,
    lines: [
      row(
        [
          { text: ' got … from', width: NAME },
          { text: columns, width: 2 * size },
          { text: 'in all', width: BYTES, align: 'right' },
        ],
        TONES.label,
      ),
      ...rows.slice(scrolled, scrolled + room - 1),
    ],
  }
}

/** Rows and columns are named alike, and more often than there are letters they begin anew. */
const letterOf = (at: number) => String.fromCharCode(97 + (at % 26))

function matrixLine({ names, bytes, most }: Matrix, name: string, at: number): Line {
  const own = bytes.slice(at * names.length, (at + 1) * names.length)
  const cells = own.map(value => (SHADES[shadeOf(value / most, SHADES.length - 1)] ?? ' ').repeat(2)).join('')
  return row([
    { text: ` ${letterOf(at)} ${name}`, width: NAME },
    { text: cells, width: 2 * names.length, tone: TONES.chart },
    { text: formatBytes(own.reduce((sum, value) => sum + value, 0)), width: BYTES, align: 'right' },
  ])
}
