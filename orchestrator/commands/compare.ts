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
import type { Options } from './command.ts'
import { afterwards } from './recorded.ts'
import { print } from './say.ts'

export async function run([a = '', b = '']: readonly string[], options: Options): Promise<number> {
  const [left, right] = [resolve(a), resolve(b)]
  const asked = specDifference(await specOf(left), await specOf(right))
  const compared = compareReports(await readReport(left), await readReport(right), asked)
  const { html } = options
  print(options, compared, () => lines(compared))
  const page = () => writeTarget(String(html), comparePage(compared))
  return await afterwards(EXIT.ok, typeof html === 'string' ? [page] : [])
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
