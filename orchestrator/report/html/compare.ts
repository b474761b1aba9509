// Two runs on one page: the table, and the distributions one below the other on the same scale.

import { formatDuration, plural } from '../../format.ts'
import type { CompareDocument, Comparison, Named, Side } from '../compare.ts'
import { differenceWords, method, sideWords, verdictWords, written } from '../compare-words.ts'
import { document } from './page.ts'
import { escaped, htmlTable, percent } from './text.ts'

export function comparePage(compared: CompareDocument): string {
  const { a, b, comparisons, unlike } = compared
  const columns = ['', 'A', 'B', 'difference, B − A', ''].map(title => ({ title }))
  const rows = comparisons.map(row => [
    escaped(row.name),
    escaped(sideWords(row.a, row.unit)),
    escaped(sideWords(row.b, row.unit)),
    escaped(differenceWords(row)),
    row.differs
      ? `<b>${escaped(verdictWords(row))}</b>`
      : `<span class="quiet">${escaped(verdictWords(row))}</span>`,
  ])
  const warning =
    unlike.length === 0
      ? ''
      : `<p class="note">Not the same from the beginning: ${escaped(unlike.join('; '))}.</p>`
  const spread = comparisons.filter(({ a, b }) => a.p90 !== undefined && b.p90 !== undefined).map(range)
  const body = `<header><h1>${escaped(a.network)} and ${escaped(b.network)}</h1>
<p><b>A</b> ${escaped(runWords(a))}<br><b>B</b> ${escaped(runWords(b))}</p>${warning}</header>
<section><h2>Side by side</h2><div class="wide">${htmlTable(columns, rows)}</div><p class="quiet">${escaped(method(compared))}</p></section>
<section><h2>Where the samples lie</h2><p class="lead">The mark is the median; the bar takes 80 % of the samples.</p><div class="ranges">${spread.join('\n')}</div></section>`
  return document(`netsplit: ${a.network} and ${b.network}`, body)
}

function range({ name, unit, a, b }: Comparison): string {
  const top = Math.max(a.p90 ?? 0, b.p90 ?? 0, a.value ?? 0, b.value ?? 0) || 1
  const bar = (label: string, { value = 0, p10 = 0, p90 = 0, samples }: Side) =>
    `<div class="range"><span>${label}</span><div title="${escaped(plural(samples, 'sample'))}"><i class="${label === 'A' ? 'c0' : 'c1'}" style="left:${percent(p10 / top)};width:${percent((p90 - p10) / top)}"></i><b style="left:${percent(value / top)}"></b></div></div>`
  return `<figure><figcaption><b>${escaped(name)}</b> <span class="quiet">0 … ${written(top, unit)}</span></figcaption>${bar('A', a)}${bar('B', b)}</figure>`
}

function runWords({ runDirectory, runtime, nodes, seed, seconds }: Named): string {
  return `${runDirectory}: ${plural(nodes, 'node')}, ${runtime}, seed ${seed}, ${formatDuration(seconds * 1000)}`
}
