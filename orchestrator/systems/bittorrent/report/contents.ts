// Each content of a run: what it is, how long it took, and its completion curve beside the least time that there is.

import { formatBytes, formatCount, formatDuration, plural } from '../../../format.ts'
import { HEIGHT, stepLine, WIDTH } from '../../../report/html/panel.ts'
import { coordinate, escaped, htmlTable, section } from '../../../report/html/text.ts'
import type { ReportedContent, ReportedSwarms } from '../reported.ts'
import { copiesText, percentText, wasteText } from '../words.ts'

const time = (seconds: number) => formatDuration(1000 * seconds)

export function contentsSection({ contents }: ReportedSwarms): string {
  if (contents.length === 0) return section('contents', 'Contents', 'Nothing was shared.', '')
  const number = true
  const columns = [
    { title: 'content' },
    { title: 'size', number },
    { title: 'pieces', number },
    { title: 'complete', number },
    { title: 'of all bytes', number },
    { title: '50 %', number },
    { title: '90 %', number },
    { title: 'last', number },
    { title: 'bound', number },
    { title: 'copies at the end', number },
    { title: 'wasted', number },
  ]
  const rows = contents.map(each => [
    `<b>${escaped(each.name)}</b>`,
    formatBytes(each.bytes),
    formatCount(each.pieces),
    `${formatCount(each.complete)} of ${formatCount(each.wanted)}`,
    percentText(each.progress),
    ...[each.seconds.p50, each.seconds.p90, each.seconds.max].map(value =>
      each.complete === 0 ? '–' : time(value),
    ),
    each.boundSeconds === null ? '–' : time(each.boundSeconds),
    copiesText(each.copies),
    wasteText(each.wastedBytes, each.verifiedBytes),
  ])
  const lead =
    'Times run from when a peer was told to get it. Bound: no network with these lines gets it to everybody in less (Kurose, Ross); – where no line limits it.'
  const curves = contents.filter(({ tookSeconds }) => tookSeconds.length > 0).map(curve)
  return section(
    'contents',
    'Contents',
    lead,
    `${htmlTable(columns, rows)}<div class="charts">${curves.join('')}</div>`,
  )
}

function curve({ name, tookSeconds, wanted, boundSeconds }: ReportedContent): string {
  const end = Math.max(1e-3, 1.05 * (tookSeconds.at(-1) ?? 0), 1.1 * (boundSeconds ?? 0))
  const x = (seconds: number) => (seconds / end) * WIDTH
  const y = (peers: number) => (1 - peers / Math.max(1, wanted)) * HEIGHT
  const points = [
    [0, y(0)] as const,
    ...tookSeconds.map((seconds, i) => [x(seconds), y(i + 1)] as const),
    [WIDTH, y(tookSeconds.length)] as const,
  ]
  const bound =
    boundSeconds === null
      ? ''
      : `<line class="asked" x1="${coordinate(x(boundSeconds))}" x2="${coordinate(x(boundSeconds))}" y1="0" y2="${HEIGHT}"/>`
  const words = `${name}: ${plural(tookSeconds.length, 'peer')} of ${formatCount(wanted)} complete, over the time since each was told to get it`
  const key = boundSeconds === null ? '' : `<span class="key asked">bound ${time(boundSeconds)}</span>`
  const labels = `<span style="left:0">0</span><span style="left:50%">${time(end / 2)}</span><span style="right:0;transform:none">${time(end)}</span>`
  return `<figure class="chart"><figcaption><b>${escaped(name)}</b> <span class="quiet">peers that are complete, over the time since they were told to get it</span>${key}</figcaption>
<div class="ylabels"><span style="bottom:0">0</span><span style="bottom:100%">${formatCount(wanted)}</span></div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escaped(words)}">${stepLine('line', points)}${bound}</svg></figure>
<div class="xlabels">${labels}</div>`
}
