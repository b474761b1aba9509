// `netsplit compare`: two recorded runs side by side.

import { resolve } from 'node:path'
import { EXIT } from '../errors.ts'
import { table } from '../format.ts'
import { writeTarget } from '../machine/target.ts'
import { type CompareDocument, compareReports } from '../report/compare.ts'
import { differenceWords, method, sideWords, verdictWords } from '../report/compare-words.ts'
import { readReport, specOf } from '../report/files.ts'
import { comparePage } from '../report/html/compare.ts'
import { specDifference } from '../report/spec-difference.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { afterwards } from './recorded.ts'
import { type Answered, readAnswered } from './request.ts'
import { print } from './say.ts'

export interface CompareRequest extends Answered {
  readonly left: string
  readonly right: string
  /** The file of the page that is written, too. */
  readonly html: string | undefined
}

export function read([a, b]: ArgsOf<'compare'>, flags: FlagsOf<'compare'>): CompareRequest {
  return { left: resolve(a), right: resolve(b), html: flags.html, ...readAnswered([], flags) }
}

export async function run(request: CompareRequest): Promise<number> {
  const { left, right, html } = request
  const asked = specDifference(await specOf(left), await specOf(right))
  const compared = compareReports(await readReport(left), await readReport(right), asked)
  print(request, compared, () => lines(compared))
  const pages = html === undefined ? [] : [() => writeTarget(html, comparePage(compared))]
  return await afterwards(EXIT.ok, pages)
}

function lines(compared: CompareDocument): string[] {
  const columns = ['', 'A', 'B', 'difference, B − A', ''].map(title => ({ title }))
  const rows = compared.comparisons.map(row => [
    row.name,
    sideWords(row.a, row.unit),
    sideWords(row.b, row.unit),
    differenceWords(row),
    verdictWords(row),
  ])
  return [
    `A  ${compared.a.runDirectory}`,
    `B  ${compared.b.runDirectory}`,
    ...compared.unlike.map(unlike => `   not the same: ${unlike}`),
    '',
    ...table(columns, rows),
    '',
    ...method(compared).split(/(?<=\.) /),
  ]
}
