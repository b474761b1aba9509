// The first thing that a reader sees: a few questions, answered.

import { plural } from '../../format.ts'
import { verdictOf, verdictText } from '../../observe/verdict.ts'
import type { FaultEffect } from '../effects.ts'
import type { Report } from '../model.ts'
import type { Answer } from './face.ts'
import { reportFacesIn } from './faces.ts'
import { duration, escaped, shortened } from './text.ts'

export function answers(report: Report): string {
  const systems = reportFacesIn(report).flatMap(face => face.answers?.(report) ?? [])
  const all = [...systems, ['What did the last fault do?', ...lastFault(report)] as const]
  return `<section class="answers">${all.map(tile).join('\n')}</section>`
}

function tile([question, big, more]: Answer): string {
  return `<article><h2>${question}</h2><p class="big">${big}</p>${more}</article>`
}

function lastFault(full: Report): [string, string] {
  const { report } = full
  const last = report.faults.at(-1)
  if (!last) return ['no fault', '<p>Nothing was broken in this run.</p>']
  const lasted = duration((last.toMs ?? report.endMs) - last.fromMs)
  return [
    escaped(last.id),
    `<p>${escaped(`${last.kind} ${targetOf(last)}`)}, ${lasted}${doubt(last)}. ${effectOf(full, last)}</p>`,
  ]
}

/** Where it did not do what was asked, or not for all of its time. */
function doubt(fault: FaultEffect): string {
  const verdict = verdictOf(fault)
  if (verdict === undefined || verdict === 'verified') return ''
  const hidden = verdict === 'disturbed' || verdict === 'not measured' || verdict === 'by hand'
  return `, <b${hidden ? '' : ' class="bad"'}>${escaped(`${verdictText(fault)}`)}</b>`
}

/** What a fault did, as each system tells it; where none does, whether it is over. */
export function effectOf(report: Report, fault: FaultEffect): string {
  const told = reportFacesIn(report).flatMap(face => face.effect?.(fault) ?? [])
  if (told.length > 0) return told.join(' ')
  return fault.toMs === undefined ? 'It never ended.' : 'It ended.'
}

/** Sides of many nodes are told by their number. */
export function targetOf({ sides, target }: FaultEffect): string {
  if (sides === undefined) return shortened(target)
  const names = (side: readonly string[]) => (side.length > 3 ? plural(side.length, 'node') : side.join(' '))
  return shortened(sides.map(names).join(' | '))
}
