// A sweep in one document, and as a table for people: a line a combination, its figures with their intervals.

import { plural, table } from '../format.ts'
import type { RunFigures } from './run.ts'
import { type Estimate, estimateShare } from './statistics.ts'
import { estimates } from './summary.ts'
import { type Combination, combinationText, type Grid, gridOf, type Sweep } from './sweep.ts'
import type { SweepRecord } from './sweep-record.ts'
import { type RunVerdict, runsOf, verdictOf } from './sweep-table.ts'
import type { Cell } from './table.ts'

export interface SweepDocument {
  readonly schemaVersion: 1
  readonly network: string
  readonly netsplitVersion: string
  readonly directory: string
  /** Runs; fewer are done when somebody ended it. */
  readonly asked: number
  readonly done: number
  readonly confidence: 0.95
  readonly combinations: readonly CombinationDocument[]
}

export interface CombinationDocument {
  /** Path → value, a quantity in the base unit of its kind. */
  readonly parameters: { readonly [path: string]: Cell }
  readonly specHash: string
  readonly done: number
  readonly verdicts: { readonly [verdict in RunVerdict]?: number }
  /** Of the runs, with Wilson's interval; null before there is one. */
  readonly passed: Estimate | null
  readonly estimates: { readonly [figure: string]: Estimate }
  /** What went wrong, and with which seeds. */
  readonly failures: readonly {
    readonly verdict: RunVerdict
    readonly message: string
    readonly seeds: readonly number[]
  }[]
}

interface Gathered {
  readonly document: CombinationDocument
  readonly figures: readonly RunFigures[]
}

export interface Summary {
  readonly document: SweepDocument
  readonly lines: readonly string[]
}

export function summarizeSweep(sweep: Sweep, record: SweepRecord, version: string): Summary {
  const gathered = sweep.combinations.map(combination =>
    gather(gridOf({ ...sweep, combinations: [combination] }), combination, record),
  )
  const document: SweepDocument = {
    schemaVersion: 1,
    network: sweep.base.name,
    netsplitVersion: version,
    directory: record.directory,
    asked: sweep.combinations.length * sweep.runs,
    done: gathered.reduce((done, { document }) => done + document.done, 0),
    confidence: 0.95,
    combinations: gathered.map(({ document }) => document),
  }
  return { document, lines: linesOf(sweep, document, gathered) }
}

/** `grid`: of this one combination. */
function gather(grid: Grid, { specHash, values }: Combination, record: SweepRecord): Gathered {
  const figures: RunFigures[] = []
  const verdicts: { [verdict in RunVerdict]?: number } = {}
  const failures = new Map<string, { verdict: RunVerdict; message: string; seeds: number[] }>()
  for (const { run, seed } of runsOf(grid, record, 'runs')) {
    const verdict = verdictOf(run)
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1
    if (run.outcome) figures.push(run.outcome.figures)
    if (verdict === 'ok') continue
    const message = run.outcome?.failedChecks.join(', ') ?? run.error ?? ''
    const key = `${verdict} ${message}`
    const failure = failures.get(key) ?? { verdict, message, seeds: [] }
    failures.set(key, failure)
    failure.seeds.push(seed)
  }
  const done = Object.values(verdicts).reduce((sum, count) => sum + count, 0)
  const document = {
    parameters: Object.fromEntries(values.map(({ assignment, cell }) => [assignment.path, cell])),
    specHash,
    done,
    verdicts,
    passed: passedOf(verdicts.ok ?? 0, done),
    estimates: Object.fromEntries(
      estimates(figures).map(({ figure, estimated }) => [figure.name, estimated]),
    ),
    failures: [...failures.values()],
  }
  return { document, figures }
}

function passedOf(ok: number, done: number): Estimate | null {
  const clusters = Array.from({ length: done }, (_, i) => ({ sum: i < ok ? 1 : 0, of: 1 }))
  return estimateShare(clusters) ?? null
}

/** What fits beside the parameters; the table that is written has them all. */
const SHOWN: readonly (readonly [figure: string, title: string])[] = [
  ['blockIntervalSeconds', 'time between blocks'],
  ['staleRate', 'stale blocks'],
  ['propagation90Ms', '90 % have a block within'],
]

function linesOf(
  { parameters, combinations, runs }: Sweep,
  document: SweepDocument,
  gathered: readonly Gathered[],
): string[] {
  const { network, directory, asked, done } = document
  const whole = document.combinations.every(({ verdicts, done }) => verdicts.ok === done)
  const columns = [
    ...parameters.map(({ path }) => ({ title: path })),
    { title: 'runs', align: 'right' as const },
    ...SHOWN.map(([, title]) => ({ title })),
    ...(whole ? [] : [{ title: 'passed' }]),
  ]
  const rows = gathered.map(({ document: { done, passed }, figures }, i) => [
    ...(combinations[i]?.values ?? []).map(({ text }) => text),
    String(done),
    ...SHOWN.map(([name]) => shown(figures, name)),
    ...(whole ? [] : [passed ? withInterval(passed, percent) : '–']),
  ])
  const all = done === asked ? '' : `; ${done} of ${asked} done`
  return [
    `${network}: ${plural(combinations.length, 'combination')} × ${plural(runs, 'run')}${all}; in ${directory}`,
    ...table(columns, rows).map(line => `  ${line}`),
    ...gathered.flatMap(({ document: { failures } }, i) =>
      failures.map(each => failureLine(each, combinations[i]?.values ?? [])),
    ),
    "  in brackets 95 % intervals: Student's t of means, Wilson's of shares",
  ]
}

function shown(figures: readonly RunFigures[], name: string): string {
  const found = estimates(figures).find(({ figure }) => figure.name === name)
  return found ? withInterval(found.estimated, found.figure.write) : '–'
}

function withInterval({ mean, low, high }: Estimate, write: (value: number) => string): string {
  return low === null || high === null ? write(mean) : `${write(mean)} (${write(low)} … ${write(high)})`
}

const percent = (share: number) => `${+(100 * share).toPrecision(3)} %`
const MOST_SEEDS = 8

function failureLine(
  { verdict, message, seeds }: CombinationDocument['failures'][number],
  values: Parameters<typeof combinationText>[0],
): string {
  const first = seeds.slice(0, MOST_SEEDS).join(', ')
  const more = seeds.length > MOST_SEEDS ? ` and ${seeds.length - MOST_SEEDS} more` : ''
  const where = values.length === 0 ? '' : `${combinationText(values)}, `
  return `  ${verdict}${message === '' ? '' : `: ${message}`} (${where}${seeds.length === 1 ? 'seed' : 'seeds'} ${first}${more})`
}
