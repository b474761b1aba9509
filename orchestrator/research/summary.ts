// Many runs in one document: every figure as mean and confidence interval, each run beside it, and the seeds that failed.

import { plural, table } from '../format.ts'
import { estimateFigure, type Figure, figuresOf } from './figures.ts'
import type { RunFigures } from './run.ts'
import type { Estimate } from './statistics.ts'
import { csvPieces } from './table.ts'

export interface FailedRun {
  readonly seed: number
  readonly message: string
  /** Its process ended under it: what it comes to nobody knows. */
  readonly died?: true
}

export interface RunsDocument {
  readonly schemaVersion: 1
  readonly network: string
  readonly nodes: number
  /** How many runs were asked for; fewer are here when somebody ended it. */
  readonly asked: number
  readonly confidence: 0.95
  /** Figure → its estimate; those that no run could tell are left out. */
  readonly estimates: { readonly [figure: string]: Estimate }
  readonly runs: readonly RunFigures[]
  readonly errors: readonly FailedRun[]
}

export function summarizeRuns(
  network: { readonly network: string; readonly nodes: number; readonly asked: number },
  runs: readonly RunFigures[],
  errors: readonly FailedRun[],
): RunsDocument {
  const bySeed = [...runs].sort((a, b) => a.seed - b.seed)
  return {
    schemaVersion: 1,
    ...network,
    confidence: 0.95,
    estimates: Object.fromEntries(estimates(bySeed).map(({ figure, estimated }) => [figure.name, estimated])),
    runs: bySeed,
    errors: [...errors].sort((a, b) => a.seed - b.seed),
  }
}

export interface Estimated {
  readonly figure: Figure
  readonly estimated: Estimate
}

/** Every figure that some run could tell. */
export function estimates(runs: readonly RunFigures[]): Estimated[] {
  const columns = new Map<string, Figure[]>()
  for (const run of runs)
    for (const figure of figuresOf(run))
      columns.set(figure.name, [...(columns.get(figure.name) ?? []), figure])
  return [...columns.values()].flatMap(figures => {
    const [figure] = figures
    const estimated = estimateFigure(figures)
    return figure && estimated ? [{ figure, estimated }] : []
  })
}

/** For people. `moment`: what the runs were to wait for. */
export function runsLines({ network, nodes, asked, runs, errors }: RunsDocument, moment?: string): string[] {
  const done = runs.length === asked ? plural(asked, 'run') : `${runs.length} of ${plural(asked, 'run')}`
  const rows = estimates(runs).map(({ figure, estimated: { mean, low, high, runs: told } }) => [
    `  ${figure.words}`,
    figure.write(mean),
    low === null || high === null ? '–' : `${figure.write(low)} … ${figure.write(high)}`,
    told === runs.length ? '' : `from ${plural(told, 'run')}`,
  ])
  const never = runs.filter(({ reached }) => !reached)
  return [
    `${network}: ${plural(nodes, 'node')}, ${done}`,
    ...(rows.length > 0 ? table(COLUMNS, rows) : []),
    ...(never.length > 0
      ? [`  ${moment} never came in ${plural(never.length, 'run')}: ${seedsOf(never)}`]
      : []),
    ...failures(errors),
  ]
}

const COLUMNS = [
  { title: '' },
  { title: 'mean', align: 'right' },
  { title: '95 % confidence' },
  { title: '' },
] as const

/** Runs that failed alike stand on one line. */
function failures(errors: readonly FailedRun[]): string[] {
  const alike = new Map<string, FailedRun[]>()
  for (const error of errors) alike.set(error.message, [...(alike.get(error.message) ?? []), error])
  return [...alike].map(([message, failed]) => `  ${seedsOf(failed)} failed: ${message}`)
}

const MOST_SEEDS = 8

function seedsOf(runs: readonly { readonly seed: number }[]): string {
  const shown = runs.slice(0, MOST_SEEDS).map(({ seed }) => seed)
  const more = runs.length - shown.length
  return `${runs.length === 1 ? 'seed' : 'seeds'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** A line a run: seed, then every figure under its name in the document; empty where there is nothing to tell. */
export function runsCsv(runs: readonly RunFigures[]): string {
  const figures = runs.map(run => new Map(figuresOf(run).map(({ name, value }) => [name, value])))
  // What strategies tell need not be the same in all of them.
  const told = [...new Set(figures.flatMap(known => [...known.keys()]))]
  const names = ['seed', ...told, 'reached']
  const rows = runs.map((run, i) => [
    run.seed,
    ...told.map(name => figures[i]?.get(name) ?? null),
    run.reached,
  ])
  const columns = names.map(name => ({ name, kind: 'number' as const }))
  return [...csvPieces({ columns, rows })].join('')
}
