// A run in a few small tables of Markdown, for the page of a CI job. Pure.

import { formatDuration, formatElapsed, plural } from '../format.ts'
import { verdictOf, verdictText } from '../observe/verdict.ts'
import type { FaultEffect } from './effects.ts'
import { reportFacesIn } from './html/faces.ts'
import type { Report } from './model.ts'

/** Faults beyond are told by their number. */
const MAX_FAULTS = 30

export function markdownOf(report: Report): string {
  return [...heading(report), '', ...figures(report), ...checks(report), ...faults(report), ''].join('\n')
}

function heading({
  network,
  nodes,
  runtime,
  seed,
  seconds,
  runDirectory,
  unrecorded,
  report,
}: Report): string[] {
  const { checks, vacuous } = report
  const failed = checks?.filter(({ passed }) => !passed).length ?? 0
  const bad = failed > 0 || unrecorded !== undefined
  const verdict = bad ? '❌ ' : checks === undefined ? '' : '✅ '
  const facts = `${plural(nodes, 'node')}, ${runtime}, seed ${seed}, ${formatDuration(seconds * 1000)}`
  return [
    `### ${verdict}${cell(network)}`,
    '',
    `${facts}; recorded in \`${runDirectory.replaceAll('`', '')}\``,
    ...(unrecorded === undefined
      ? []
      : ['', `❌ The record of this run is not whole, so it has failed. Missing: ${cell(unrecorded)}`]),
    ...(vacuous
      ? ['', '⚠️ A fault provoked nothing, or none was verified: what passed was not put to the test.']
      : []),
  ]
}

function figures(report: Report): string[] {
  const shown = reportFacesIn(report).flatMap(face => face.figures ?? [])
  if (shown.length === 0) return []
  return tableOf(
    shown.map(({ title }) => title),
    [shown.map(({ text }) => text(report))],
  )
}

function checks({ report: { checks } }: Report): string[] {
  if (checks === undefined || checks.length === 0) return []
  const rows = checks.map(({ name, passed, asked, measured, message }) => [
    passed ? '✅' : '❌',
    name,
    asked,
    message === '' || passed ? measured : `${measured}: ${message}`,
  ])
  return ['', ...tableOf(['', 'check', 'asked', 'measured'], rows)]
}

function faults(report: Report): string[] {
  const { faults, startedMs, endMs } = report.report
  const figures = reportFacesIn(report).flatMap(face => face.faultFigures ?? [])
  if (faults.length === 0) return []
  const rows = faults
    .slice(0, MAX_FAULTS)
    .map(fault => [
      fault.id,
      fault.kind,
      formatElapsed(fault.fromMs - startedMs),
      formatDuration((fault.toMs ?? endMs) - fault.fromMs),
      markOf(fault),
      ...figures.map(({ text }) => text(fault)),
    ])
  const more = faults.length - rows.length
  const titles = ['fault', 'kind', 'from', 'for', 'verified', ...figures.map(({ title }) => title)]
  return ['', ...tableOf(titles, rows), ...(more > 0 ? ['', `… and ${plural(more, 'fault')} more`] : [])]
}

function markOf(fault: FaultEffect): string {
  const verdict = verdictOf(fault)
  if (verdict === 'disturbed' || verdict === 'not measured' || verdict === 'by hand')
    return `${verdictText(fault)}`
  return verdict === undefined ? '' : verdict === 'verified' ? '✅' : '❌'
}

function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)]
}

/** Text that stays in its cell and is no markup. */
function cell(text: string): string {
  return text.replace(/[\\|`*_[\]<>]/g, character => `\\${character}`).replace(/\s+/g, ' ')
}
