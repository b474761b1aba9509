// Two runs side by side: what was measured in each, the difference, and whether chance alone would make it. Pure.

import type { Report } from './model.ts'
import { CONFIDENCE, type Interval, medianDifference, quantile, rankSumP, shareP } from './statistics.ts'

export type Unit = 'ms' | 'share' | 'hps' | 'count'

/** A quantity with a value for each run, and of samples what they say of each other. */
export interface Comparison {
  readonly name: string
  readonly unit: Unit
  readonly a: Side
  readonly b: Side
  /** Of the medians, b − a. Undefined for a single value. */
  readonly difference: Interval | undefined
  /** Probability of a difference like this, or a greater one, by chance. Undefined where there are too few samples. */
  readonly p: number | undefined
  /** Greater than chance at the stated confidence. */
  readonly differs: boolean
}

export interface Side {
  /** The median, a share, or the one value. */
  readonly value: number | undefined
  readonly samples: number
  readonly p10: number | undefined
  readonly p90: number | undefined
}

export interface CompareDocument {
  readonly schemaVersion: 1
  readonly confidence: number
  readonly a: Named
  readonly b: Named
  readonly comparisons: readonly Comparison[]
  /** What was not the same from the beginning, so that a difference may come of it. */
  readonly unlike: readonly string[]
}

export interface Named {
  readonly runDirectory: string
  readonly network: string
  readonly runtime: string
  readonly seed: number
  readonly nodes: number
  readonly seconds: number
}

/** `asked`: what the specs differ in, where they are at hand. */
export function compareReports(a: Report, b: Report, asked: readonly string[] = []): CompareDocument {
  const both = <T>(of: (report: Report) => T) => [of(a), of(b)] as const
  return {
    schemaVersion: 1,
    confidence: CONFIDENCE,
    a: named(a),
    b: named(b),
    comparisons: [
      blocksAt('block at 50 % of the nodes', 'p50Ms', a, b),
      blocksAt('block at 90 % of the nodes', 'p90Ms', a, b),
      samples('block interval', 'ms', ...both(intervalsOf)),
      shares('stale blocks', ...both(({ staleBlocks, blocks }) => ({ hits: staleBlocks, of: blocks }))),
      value('deepest reorganisation', 'count', ...both(({ reorgMaxDepth }) => reorgMaxDepth)),
      value('hash rate, measured of asked', 'share', ...both(hashShareOf)),
      samples('miner, measured of asked', 'share', ...both(minerSharesOf)),
      samples('nodes on different tips', 'ms', ...both(apartOf)),
      samples('agreed after a fault', 'ms', ...both(healingOf)),
      value('blocks', 'count', ...both(({ blocks }) => blocks)),
      value('payments confirmed', 'count', ...both(({ transactions }) => transactions.confirmed)),
    ].filter(({ a, b }) => a.value !== undefined || b.value !== undefined),
    unlike: [...asked, ...unlikeOf(a, b)],
  }
}

function named({ runDirectory, network, runtime, seed, nodes, seconds }: Report): Named {
  return { runDirectory, network, runtime, seed, nodes, seconds }
}

function samples(name: string, unit: Unit, a: readonly number[], b: readonly number[]): Comparison {
  const side = (values: readonly number[]): Side => ({
    value: quantile(values, 0.5),
    samples: values.length,
    p10: quantile(values, 0.1),
    p90: quantile(values, 0.9),
  })
  const p = rankSumP(a, b)
  return {
    name,
    unit,
    a: side(a),
    b: side(b),
    difference: medianDifference(a, b),
    p,
    differs: significant(p),
  }
}

/** The middle is the run's own figure, which tells of all its blocks; the rest comes of those that have a line. */
function blocksAt(name: string, figure: 'p50Ms' | 'p90Ms', a: Report, b: Report): Comparison {
  const times = ({ report: { blocks } }: Report) =>
    blocks[figure].filter((ms, i) => ms !== null && blocks.active[i] === 1) as number[]
  const all = samples(name, 'ms', times(a), times(b))
  const value = ({ propagation }: Report) => propagation[figure] ?? undefined
  return { ...all, a: { ...all.a, value: value(a) }, b: { ...all.b, value: value(b) } }
}

function shares(name: string, a: Parameters<typeof shareP>[0], b: typeof a): Comparison {
  const side = ({ hits, of }: typeof a): Side => ({
    ...single(of === 0 ? undefined : hits / of),
    samples: of,
  })
  const p = shareP(a, b)
  const difference = undefined
  return { name, unit: 'share', a: side(a), b: side(b), difference, p, differs: significant(p) }
}

function value(name: string, unit: Unit, a: number | undefined, b: number | undefined): Comparison {
  return { name, unit, a: single(a), b: single(b), difference: undefined, p: undefined, differs: false }
}

const single = (value: number | undefined): Side => ({ value, samples: 1, p10: undefined, p90: undefined })
const significant = (p: number | undefined) => p !== undefined && p < 1 - CONFIDENCE

/** Between neighbours on the best chain. */
function intervalsOf({ report: { blocks } }: Report): number[] {
  const times = blocks.timeMs.filter((_, i) => blocks.active[i] === 1)
  return times.slice(1).map((timeMs, i) => timeMs - (times[i] ?? timeMs))
}

function hashShareOf({ hashRate: { askedHps, measuredHps } }: Report): number | undefined {
  return askedHps === 0 ? undefined : measuredHps / askedHps
}

function minerSharesOf({ report: { nodes } }: Report): number[] {
  return nodes
    .filter(({ askedHps, measuredHps, downMs }) => askedHps > 0 && (measuredHps > 0 || downMs > 0))
    .map(({ askedHps, measuredHps }) => measuredHps / askedHps)
}

function apartOf({ report: { disagreements } }: Report): number[] {
  return disagreements.map(({ fromMs, toMs }) => toMs - fromMs)
}

function healingOf({ report: { faults } }: Report): number[] {
  return faults.flatMap(({ agreedAfterMs }) => agreedAfterMs ?? [])
}

function unlikeOf(a: Report, b: Report): string[] {
  const pairs: (readonly [string, unknown, unknown])[] = [
    ['runtime', a.runtime, b.runtime],
    ['seed', a.seed, b.seed],
    ['nodes', a.nodes, b.nodes],
    ['block interval', a.report.blockIntervalMs, b.report.blockIntervalMs],
    ['hash rate asked', a.hashRate.askedHps, b.hashRate.askedHps],
    ['faults', a.report.faults.length, b.report.faults.length],
    ['netsplit', a.report.run.versions.netsplit, b.report.run.versions.netsplit],
    ['Node', a.report.run.versions.node, b.report.run.versions.node],
    ['machine', a.report.run.machine.cpu, b.report.run.machine.cpu],
  ]
  return pairs.flatMap(([name, x, y]) => (x === y ? [] : [`${name}: ${x} and ${y}`]))
}
