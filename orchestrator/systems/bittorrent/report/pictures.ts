// Who has which pieces at the end, and who got what from whom: pictures of cells, each as dark as its share, told by a pointer.

import { formatBytes, formatCount, plural } from '../../../format.ts'
import { coordinate, escaped, section } from '../../../report/html/text.ts'
import { shadeOf } from '../cells.ts'
import type { ReportedContent, ReportedSwarms } from '../reported.ts'
import { contentText } from '../words.ts'

const SHADES = 8
const [ROW, CELL, NAME] = [12, 5, 96]

export function piecesSection({ contents }: ReportedSwarms): string {
  const shown = contents.filter(({ rows, pieces }) => rows.length > 0 && pieces > 0)
  if (shown.length === 0) return ''
  const partial = shown.filter(({ rows }) => rows.some(({ cells }) => cells.some(share => share < 100)))
  if (partial.length === 0)
    return section('pieces', 'Who has which pieces', 'At the end everybody had every piece.', '')
  const lead =
    'A row is a node, a column a piece or several; filled where it was there at the end. Above, copies of each on nodes that ran and gave what they had.'
  return section('pieces', 'Who has which pieces', lead, partial.map(piecesFigure).join('\n'))
}

function piecesFigure(content: ReportedContent): string {
  const { availability, rows } = content
  const most = Math.max(1, ...availability)
  const lines = [
    {
      name: 'copies',
      told: `${formatCount(Math.min(...availability))} to ${formatCount(most)} copies`,
      cells: availability.map(count => count / most),
    },
    ...rows.map(({ node, role, cells }) => ({
      name: node,
      told: `${node}, ${role === 'seed' ? 'a seed' : 'wanted it'}: ${formatCount(cells.filter(share => share === 100).length)} of ${plural(cells.length, 'column')} whole`,
      cells: cells.map(share => share / 100),
    })),
  ]
  return figure(contentText(content), lines, Math.max(CELL, 640 / Math.max(1, availability.length)))
}

export function givenSection({ contents }: ReportedSwarms): string {
  const shown = contents.filter(({ given }) => given.most > 0)
  if (shown.length === 0) return ''
  const lead =
    'A row is who got, a column who gave, in the same order from the left; the darker, the more verified bytes. Many nodes stand together, several a row.'
  const figures = shown.map(({ name, given: { names, bytes, most } }) => {
    const lines = names.map((to, row) => {
      const own = bytes.slice(row * names.length, (row + 1) * names.length)
      const best = own.indexOf(Math.max(...own))
      const from =
        (own[best] ?? 0) === 0 ? 'nothing' : `most, ${formatBytes(own[best] ?? 0)}, from ${names[best]}`
      return {
        name: to,
        told: `${to} got ${formatBytes(own.reduce((sum, value) => sum + value, 0))}: ${from}`,
        cells: own.map(value => value / most),
      }
    })
    return figure(`${name}; darkest: ${formatBytes(most)} from one to another`, lines, ROW)
  })
  return section('given', 'Who got what from whom', lead, figures.join('\n'))
}

interface PictureLine {
  readonly name: string
  readonly told: string
  readonly cells: readonly number[]
}

function figure(words: string, lines: readonly PictureLine[], cellPx: number): string {
  const width = NAME + cellPx * Math.max(0, ...lines.map(({ cells }) => cells.length))
  const height = lines.length * ROW
  const drawn = lines.map((line, row) => rowOf(line, row * ROW, cellPx)).join('')
  return `<figure class="cells"><figcaption>${escaped(words)}</figcaption><div class="scroll"><svg width="${coordinate(width)}" height="${height}" viewBox="0 0 ${coordinate(width)} ${height}" role="img" aria-label="${escaped(words)}">${drawn}</svg></div></figure>`
}

/** A path a shade; neighbours of one shade are one rectangle of it. */
function rowOf({ name, told, cells }: PictureLine, top: number, cellPx: number): string {
  const paths = new Map<number, string>()
  for (let at = 0; at < cells.length; ) {
    const shade = shadeOf(cells[at] ?? 0, SHADES)
    let to = at + 1
    while (to < cells.length && shadeOf(cells[to] ?? 0, SHADES) === shade) to += 1
    const x = coordinate(NAME + at * cellPx)
    const wide = coordinate((to - at) * cellPx - 0.5)
    if (shade > 0) paths.set(shade, `${paths.get(shade) ?? ''}M${x} ${top}h${wide}v${ROW - 1}h-${wide}z`)
    at = to
  }
  const marks = [...paths].map(
    ([shade, path]) =>
      `<path class="cell" fill-opacity="${Math.round((100 * shade) / SHADES) / 100}" d="${path}"/>`,
  )
  const back = `<rect class="empty" x="${NAME}" y="${top}" width="${coordinate(cells.length * cellPx)}" height="${ROW - 1}"/>`
  const shown = name.length > 15 ? `${name.slice(0, 14)}…` : name
  return `<g><title>${escaped(told)}</title><text x="0" y="${top + ROW - 3}">${escaped(shown)}</text>${back}${marks.join('')}</g>`
}
