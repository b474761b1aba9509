// What is plotted: a table in a file, or the one that the folder of a sweep makes.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { EXIT, UserError } from '../../errors.ts'
import { didYouMean } from '../../spec/suggest.ts'
import type { RowKind } from '../rows.ts'
import { SweepRecord } from '../sweep-record.ts'
import { tableOf } from '../sweep-table.ts'
import { parseCsv, type Table } from '../table.ts'
import { ENDINGS } from './units.ts'

/** Cells are text, '' where there is nothing. */
export interface Source {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const MOST_BYTES = 400_000_000

/** `wanted`: a column that it should have. Throws UserError. */
export function readSource(path: string, wanted: string): Source {
  if (!existsSync(path)) throw new UserError(EXIT.usage, `${path}: there is no such file or folder`)
  const is = statSync(path)
  if (is.isDirectory()) return ofSweep(path, wanted)
  if (is.size > MOST_BYTES)
    throw new UserError(
      EXIT.usage,
      `${path} has ${is.size} bytes; a table that is plotted has at most ${MOST_BYTES}`,
      'plot a table of runs or of blocks',
    )
  return ofText(readFileSync(path, 'utf8'), path)
}

function ofText(text: string, path: string): Source {
  const [columns = [], ...rows] = parseCsv(text.replace(/^\ufeff/, ''))
  if (text.startsWith('PAR1') || columns.length < 2)
    throw new UserError(
      EXIT.usage,
      `${path} is no table as CSV`,
      'sweep --csv writes one; the folder of a sweep will do, too',
    )
  return { columns, rows }
}

function ofSweep(directory: string, wanted: string): Source {
  const found = SweepRecord.read(directory)
  if (!found)
    throw new UserError(EXIT.usage, `${directory} is not the folder of a sweep`, 'it would have a sweep.json')
  const { record, head } = found
  const table = (rows: RowKind) => tableOf(head.grid, record, rows, head.netsplitVersion)
  const runs = table('runs')
  return ofTable(head.rows === 'runs' || hasColumn(runs, wanted) ? runs : table(head.rows))
}

function ofTable({ columns, rows }: Table): Source {
  return {
    columns: columns.map(({ name }) => name),
    rows: Array.from(rows, row => row.map(cell => (cell === null ? '' : String(cell)))),
  }
}

const hasColumn = ({ columns }: Table, wanted: string) => columns.some(({ name }) => named(name, wanted))

/** As it is called, or without its unit. */
function named(column: string, word: string): boolean {
  return column === word || ENDINGS.some(ending => column === word + ending)
}

/** The place of a column. Throws UserError, which lists those that there are. */
export function columnAt({ columns }: Source, flag: string, word: string): number {
  const exact = columns.indexOf(word)
  const at = exact >= 0 ? exact : columns.findIndex(column => named(column, word))
  if (at >= 0) return at
  const near = didYouMean(word, columns)
  const all = `columns: ${columns.join(', ')}`
  throw new UserError(
    EXIT.usage,
    `${flag}: there is no column ${JSON.stringify(word)}`,
    near === undefined ? all : `${near} (${all})`,
  )
}
