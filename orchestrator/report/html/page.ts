// The report as one HTML file that needs nothing else: no script, no font, no picture, no network.

import { plural } from '../../format.ts'
import type { Report } from '../model.ts'
import { answers } from './answers.ts'
import { timeCharts } from './chart.ts'
import { reportFacesIn } from './faces.ts'
import { hostsSection } from './hosts.ts'
import { checksSection, faultsSection, nodesSection, runSection, troubleSection } from './sections.ts'
import { STYLE } from './style.ts'
import { duration, escaped, section } from './text.ts'

export function reportPage(report: Report, spec: string): string {
  const body = [
    header(report),
    answers(report),
    checksSection(report),
    timeSection(report),
    faultsSection(report),
    nodesSection(report),
    hostsSection(report),
    ...reportFacesIn(report).flatMap(face => face.sections?.(report) ?? []),
    troubleSection(report),
    runSection(report, spec),
  ]
  return document(`netsplit: ${report.network}`, body.filter(part => part !== '').join('\n'))
}

function timeSection(report: Report): string {
  const charts = timeCharts(report)
  return charts === '' ? '' : section('time', 'Over the run', '', charts)
}

/** A page of the report's look around `body`. */
export function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`
}

function header(report: Report): string {
  const { vacuous } = report.report
  const faces = reportFacesIn(report)
  const verdict = verdictOf(report)
  const hollow = vacuous
    ? '<p class="note">A fault provoked nothing, or none was verified: what passed here was not put to the test.</p>'
    : ''
  const cut =
    report.unrecorded === undefined
      ? ''
      : `<p class="note">The record of this run is not whole, so it has failed, and what is told here may lack something. Missing: ${escaped(report.unrecorded)}</p>`
  const notes = faces
    .flatMap(face => face.notes?.(report) ?? [])
    .map(note => `<p class="note">${escaped(note)}</p>`)
  const facts = [
    plural(report.nodes, 'node'),
    report.runtime,
    `seed ${report.seed}`,
    duration(report.seconds * 1000),
    ...faces.flatMap(face => face.standing?.(report) ?? []),
  ]
  return `<header><h1>${escaped(report.network)}</h1> ${verdict}<p class="quiet">${escaped(facts.join(' · '))}</p>${cut}${hollow}${notes.join('')}</header>`
}

function verdictOf({ unrecorded, report: { checks } }: Report): string {
  if (unrecorded !== undefined) return '<span class="verdict bad">✗ not recorded</span>'
  if (checks === undefined) return ''
  const failed = checks.filter(({ passed }) => !passed).length
  const count = plural(checks.length, 'check')
  return failed === 0
    ? `<span class="verdict good">✓ passed</span> <span class="quiet">${count}</span>`
    : `<span class="verdict bad">✗ failed</span> <span class="quiet">${failed} of ${count}</span>`
}
