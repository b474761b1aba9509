// Many runs in one document: every figure as mean and confidence interval, each run beside it, and the seeds that failed.

import { formatDuration, formatShare, plural } from '../format.ts'
import type { RunFigures } from './run.ts'
import { type Estimate, estimate } from './statistics.ts'

export interface FailedRun {
  readonly seed: number
  readonly message: string
}

export interface RunsDocument {
  readonly schemaVersion: 1
  readonly network: string
  readonly nodes: number
  readonly confidence: 0.95
  /** Figure → its estimate; those that no run could tell are left out. */
  readonly estimates: { readonly [figure: string]: Estimate }
  readonly runs: readonly RunFigures[]
  readonly errors: readonly FailedRun[]
}

export function summarizeRuns(
  network: { readonly network: string; readonly nodes: number },
  runs: readonly RunFigures[],
  errors: readonly FailedRun[],
): RunsDocument {
  const bySeed = [...runs].sort((a, b) => a.seed - b.seed)
  return {
    schemaVersion: 1,
    ...network,
    confidence: 0.95,
    estimates: estimates(bySeed),
    runs: bySeed,
    errors: [...errors].sort((a, b) => a.seed - b.seed),
  }
}

function estimates(runs: readonly RunFigures[]): { readonly [figure: string]: Estimate } {
  const columns = new Map<string, number[]>()
  for (const run of runs)
    for (const [figure, value] of Object.entries(numbersOf(run)))
      if (value !== null) columns.set(figure, [...(columns.get(figure) ?? []), value])
  return Object.fromEntries(
    [...columns].flatMap(([figure, values]) => {
      const estimated = estimate(values)
      return estimated ? [[figure, estimated]] : []
    }),
  )
}

function numbersOf(run: RunFigures): { readonly [figure: string]: number | null } {
  const shares = Object.entries(run.shares).flatMap(([group, { found, onChain }]) => [
    [`share.${group}.found`, found],
    [`share.${group}.onChain`, onChain],
  ])
  return {
    height: run.height,
    blockIntervalSeconds: run.blockIntervalSeconds,
    staleRate: run.staleRate,
    'propagationMs.p50': run.propagationMs.p50,
    'propagationMs.p90': run.propagationMs.p90,
    'propagationMs.p99': run.propagationMs.p99,
    reorgMaxDepth: run.reorgMaxDepth,
    ...Object.fromEntries(shares),
    virtualSeconds: run.virtualSeconds,
    cpuSeconds: run.cpuSeconds,
  }
}

/** For people. */
export function runsLines({ network, nodes, runs, errors, estimates }: RunsDocument): string[] {
  const width = Math.max(...Object.keys(estimates).map(figure => figure.length), 0)
  const rows = Object.entries(estimates).map(([figure, { mean, low, high }]) => {
    const write = writerOf(figure)
    return `  ${figure.padEnd(width)}  ${write(mean)}  (95 %: ${write(low)} … ${write(high)})`
  })
  const failed = errors.map(({ seed, message }) => `  seed ${seed} failed: ${message}`)
  return [`${network}: ${plural(nodes, 'node')}, ${plural(runs.length, 'run')}`, ...rows, ...failed]
}

function writerOf(figure: string): (value: number) => string {
  if (figure.startsWith('share.') || figure === 'staleRate') return formatShare
  if (figure.endsWith('Seconds')) return value => formatDuration(value * 1000)
  if (figure.startsWith('propagationMs')) return formatDuration
  return value => value.toFixed(1)
}
