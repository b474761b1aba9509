// A plot as a page that needs nothing else: the picture, and its points as a table.

import { document } from '../../report/html/page.ts'
import { escaped, htmlTable, section } from '../../report/html/text.ts'
import type { Curves } from './curves.ts'
import { drawn, type Look } from './draw.ts'
import { pointRows } from './words.ts'

export function plotPage(curves: Curves, look: Look, by: string | undefined): string {
  const columns = [
    ...(by === undefined ? [] : [{ title: by }]),
    { title: curves.x.label, number: curves.x.categories === undefined },
    { title: curves.y.label, number: true },
    { title: '95 % interval', number: true },
    { title: 'runs', number: true },
  ]
  const rows = pointRows(curves, by).map(row => row.map(escaped))
  const body = [
    `<header><h1>${escaped(look.title)}</h1></header>`,
    `<section id="plot"><style>#plot .plot{width:100%;--paper:var(--panel)}</style>${drawn(curves, look, false)}</section>`,
    section(
      'points',
      'Points',
      `Intervals hold the true value in 95 of 100 such experiments: ${escaped(curves.method)}.`,
      htmlTable(columns, rows),
    ),
  ]
  return document(`netsplit: ${look.title}`, body.join('\n'))
}
