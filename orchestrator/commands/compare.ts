// `netsplit compare`: two recorded runs side by side.

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { EXIT, type ExitCode } from '../errors.ts'
import { table } from '../format.ts'
import type { Options } from '../main.ts'
import { type CompareDocument, compareReports } from '../report/compare.ts'
import { differenceWords, method, sideWords, verdictWords } from '../report/compare-words.ts'
import { readReport, specOf } from '../report/files.ts'
import { comparePage } from '../report/html/compare.ts'
import { specDifference } from '../report/spec-difference.ts'
import { written } from '../target.ts'
import { print } from './say.ts'

export async function run([a = '', b = '']: readonly string[], options: Options): Promise<ExitCode> {
  const [left, right] = [resolve(a), resolve(b)]
  const asked = specDifference(await specOf(left), await specOf(right))
  const compared = compareReports(await readReport(left), await readReport(right), asked)
  const { html } = options
  if (typeof html === 'string') written(html, () => writeFileSync(html, comparePage(compared)))
  print(options, compared, () => lines(compared))
  return EXIT.ok
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
