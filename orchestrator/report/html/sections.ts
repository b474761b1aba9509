// The parts of every report: faults, checks, nodes, trouble, and what was run.

import { formatBytes, formatElapsed, plural } from '../../format.ts'
import { VERDICT_SIGNS, verdictOf, verdictText } from '../../observe/verdict.ts'
import type { FaultEffect } from '../effects.ts'
import type { Report } from '../model.ts'
import { effectOf, targetOf } from './answers.ts'
import { reportFacesIn } from './faces.ts'
import { duration, escaped, htmlTable, section } from './text.ts'

export function checksSection({ report }: Report): string {
  const { checks } = report
  if (checks === undefined) return ''
  const rows = checks.map(({ name, passed, asked, measured, message }) => [
    passed ? '<span class="good">✓ passed</span>' : '<b class="bad">✗ failed</b>',
    escaped(name),
    escaped(asked),
    `${escaped(measured)}${message === '' ? '' : `<br><span class="quiet">${escaped(message)}</span>`}`,
  ])
  const columns = ['', 'check', 'asked', 'measured'].map(title => ({ title }))
  return section('checks', 'Checks', '', htmlTable(columns, rows))
}

export function faultsSection(report: Report): string {
  const { faults, startedMs, endMs } = report.report
  if (faults.length === 0) return ''
  const rows = faults.map(fault => [
    `<b>${escaped(fault.id)}</b><br><span class="quiet" title="${escaped(fault.target)}">${escaped(fault.kind)} ${escaped(targetOf(fault))}</span>`,
    formatElapsed(fault.fromMs - startedMs),
    duration((fault.toMs ?? endMs) - fault.fromMs),
    `${truth(fault)}${fault.byHand ? '' : `<br><span class="quiet">asked ${escaped(fault.asked ?? '–')}; measured ${escaped(fault.measured ?? '–')}</span>`}`,
    effectOf(report, fault),
  ])
  const columns = [
    { title: 'fault' },
    { title: 'from', number: true },
    { title: 'for', number: true },
    { title: 'asked and measured' },
    { title: 'what it did' },
  ]
  return section('faults', 'Faults', '', `<div class="wide">${htmlTable(columns, rows)}</div>`)
}

function truth(fault: FaultEffect): string {
  const verdict = verdictOf(fault)
  if (verdict === undefined) return '<span class="quiet">not measured</span>'
  if (verdict === 'by hand') return '<span class="quiet">by hand</span>'
  const words = escaped(`${VERDICT_SIGNS[verdict]} ${verdictText(fault)}`)
  if (verdict === 'disturbed' || verdict === 'not measured') return `<b>${words}</b>`
  return verdict === 'verified' ? `<span class="good">${words}</span>` : `<b class="bad">${words}</b>`
}

export function nodesSection(report: Report): string {
  const { nodes } = report.report
  const regions = nodes.some(({ region }) => region !== undefined)
  const hosts = nodes.some(({ host }) => host !== undefined)
  const tables = reportFacesIn(report).flatMap(face => face.nodes?.(report) ?? [])
  const rows = nodes.map(node => [
    escaped(node.name),
    ...(regions ? [escaped(node.region ?? '–')] : []),
    ...(hosts ? [escaped(node.host ?? '–')] : []),
    ...(tables.length > 0 ? tables.flatMap(({ cells }) => cells(node)) : [escaped(node.phase)]),
  ])
  const columns = [
    { title: 'node' },
    ...(regions ? [{ title: 'region' }] : []),
    ...(hosts ? [{ title: 'host' }] : []),
    ...(tables.length > 0 ? tables.flatMap(table => table.columns) : [{ title: 'at the end' }]),
  ]
  return section('nodes', 'Nodes', tables.map(({ lead }) => lead).join(' '), htmlTable(columns, rows))
}

export function troubleSection({ report }: Report): string {
  const { trouble, startedMs } = report
  if (trouble.length === 0) return ''
  const rows = trouble.map(({ timeMs, node, text, level }) => [
    formatElapsed(timeMs - startedMs),
    escaped(node ?? ''),
    `<span class="${level === 'error' ? 'bad' : ''}">${escaped(text)}</span>`,
  ])
  const columns = [{ title: 'at', number: true }, { title: 'node' }, { title: 'what' }]
  const table = htmlTable(columns, rows)
  return section(
    'log',
    'Warnings and errors',
    '',
    `<details><summary>the last ${rows.length}</summary>${table}</details>`,
  )
}

export function runSection(report: Report, spec: string): string {
  const { run, startedMs, endMs, readyMs, checks } = report.report
  const faces = reportFacesIn(report)
  const { machine, versions } = run
  // A scenario comes with its faults and checks; anything else is launched.
  const again =
    checks === undefined
      ? `netsplit up ${report.runDirectory}/spec.yaml`
      : `netsplit replay ${report.runDirectory}`
  const same =
    report.runtime === 'sim'
      ? 'The same spec, seed and version give the same events, byte for byte.'
      : 'The same spec and seed give the same plan; chance and the machine do the rest.'
  const facts: (readonly [string, string])[] = [
    ['network', `${report.network}, ${plural(report.nodes, 'node')}, seed ${report.seed}`],
    ['runtime', [report.runtime, ...faces.flatMap(face => face.manner?.(report) ?? [])].join('; ')],
    ['began', `${new Date(startedMs).toISOString()}${report.runtime === 'sim' ? ' in virtual time' : ''}`],
    [
      'lasted',
      `${duration(endMs - startedMs)}${report.realSeconds === undefined ? '' : ` of virtual time, ${duration(report.realSeconds * 1000)} of real time`}${readyMs === undefined ? '' : `; stood after ${duration(readyMs - startedMs)}`}`,
    ],
    ...faces.flatMap(face => face.facts?.(report) ?? []),
    ['versions', `netsplit ${versions.netsplit}, Node ${versions.node}`],
    ['machine', `${machine.system}; ${machine.cpus} × ${machine.cpu}; ${formatBytes(machine.memoryBytes)}`],
  ]
  const list = facts.map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`).join('')
  const body = `<dl>${list}</dl><h3>Again</h3><pre>${escaped(again)}\nnetsplit report ${escaped(report.runDirectory)}</pre><p class="lead">${same} The second line makes this page again from the recorded events.</p><details><summary>the whole spec</summary><pre>${escaped(spec)}</pre></details>`
  return section('run', 'What was run', '', body)
}
