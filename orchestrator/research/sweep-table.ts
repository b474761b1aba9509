// What a sweep came to as a table: the combination, the seed, the hash of the spec and the version in each row, then the run's
// verdict and figures, or a row of each block, arrival or fault of it. In the order of combinations and seeds, and of nothing that
// depends on the machine, so that the same sweep gives the same bytes.

import { figuresOf } from './figures.ts'
import { ROW_COLUMNS, type RowKind } from './rows.ts'
import type { RunFigures } from './run.ts'
import type { Grid } from './sweep.ts'
import type { RecordedRun, SweepRecord } from './sweep-record.ts'
import type { Cell, Table, TableColumn } from './table.ts'

/** `check failed`: the spec expects something else. `never came`: the moment that was waited for. `failed`: it broke. */
export type RunVerdict = 'ok' | 'check failed' | 'never came' | 'failed'

export interface SweepRun {
  readonly combination: Grid['combinations'][number]
  readonly seed: number
  readonly run: RecordedRun
}

export function verdictOf({ outcome }: RecordedRun): RunVerdict {
  if (!outcome) return 'failed'
  if (outcome.failedChecks.length > 0) return 'check failed'
  return outcome.figures.reached ? 'ok' : 'never came'
}

/** All that there are of those asked for, in order. */
export function* runsOf(
  { combinations, firstSeed, runs }: Grid,
  record: SweepRecord,
  rows: RowKind,
): Iterable<SweepRun> {
  for (const combination of combinations)
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const run = record.find(combination.specHash, seed, rows)
      if (run) yield { combination, seed, run }
    }
}

export function tableOf(grid: Grid, record: SweepRecord, rows: RowKind, version: string): Table {
  const common: TableColumn[] = [
    ...grid.columns,
    { name: 'seed', kind: 'whole' },
    { name: 'specHash', kind: 'text' },
    { name: 'netsplitVersion', kind: 'text' },
  ]
  const begin = ({ combination: { cells, specHash }, seed }: SweepRun): Cell[] => [
    ...cells,
    ...[seed, specHash, version],
  ]
  if (rows !== 'runs')
    return { columns: [...common, ...ROW_COLUMNS[rows]], rows: rowsOf(grid, record, rows, begin) }
  const figures = figureColumns(grid, record)
  return { columns: [...common, ...VERDICT, ...figures], rows: runRows(grid, record, figures, begin) }
}

type Begin = (run: SweepRun) => Cell[]

const VERDICT: readonly TableColumn[] = [
  { name: 'verdict', kind: 'text' },
  { name: 'passed', kind: 'flag' },
  { name: 'message', kind: 'text' },
  { name: 'blocks', kind: 'whole' },
  { name: 'staleBlocks', kind: 'whole' },
]
/** Of the machine and not of the run. */
const LEFT_OUT = 'cpuSeconds'

/** Shares are of groups, which some combination may not have. */
function figureColumns(grid: Grid, record: SweepRecord): TableColumn[] {
  const columns = new Map<string, TableColumn>()
  for (const { run } of runsOf(grid, record, 'runs'))
    for (const { name, whole } of run.outcome ? told(run.outcome.figures) : [])
      columns.set(name, { name, kind: whole ? 'whole' : 'number' })
  return [...columns.values()]
}

const told = (figures: RunFigures) => figuresOf(figures).filter(({ name }) => name !== LEFT_OUT)

function* runRows(
  grid: Grid,
  record: SweepRecord,
  columns: readonly TableColumn[],
  begin: Begin,
): Iterable<Cell[]> {
  for (const each of runsOf(grid, record, 'runs')) {
    const { outcome, error } = each.run
    const verdict = verdictOf(each.run)
    const values = new Map(outcome ? told(outcome.figures).map(({ name, value }) => [name, value]) : [])
    const message = outcome ? outcome.failedChecks.join(', ') : (error ?? '')
    yield [
      ...begin(each),
      ...[verdict, verdict === 'ok', message === '' ? null : message],
      ...[outcome?.figures.blocks ?? null, outcome?.figures.staleBlocks ?? null],
      ...columns.map(({ name }) => values.get(name) ?? null),
    ]
  }
}

function* rowsOf(grid: Grid, record: SweepRecord, rows: RowKind, begin: Begin): Iterable<Cell[]> {
  for (const each of runsOf(grid, record, rows)) {
    const first = begin(each)
    for (const row of each.run.outcome?.rows ?? []) yield [...first, ...row]
  }
}
