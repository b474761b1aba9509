// The figures of a run that are compared across runs: the name in the document and in the table, what it is for people, in
// which unit it is written, and what makes runs one figure.

import { formatDuration, formatShare } from '../format.ts'
import type { RunFigures } from './run.ts'
import { type Estimate, estimate, estimateShare, type Range } from './statistics.ts'

export interface Figure {
  readonly name: string
  readonly words: string
  readonly value: number | null
  /** Of a share: of how many things. Runs with more of them count for more. */
  readonly of?: number
  /** Each run's is a whole number. */
  readonly whole?: true
  readonly range: Range
  readonly write: (value: number) => string
}

const COUNT: Range = { least: 0, most: Number.POSITIVE_INFINITY }
const SHARE: Range = { least: 0, most: 1 }

export function figuresOf(run: RunFigures): Figure[] {
  const { propagationMs } = run
  return [
    number('height', 'height of the chain', run.height),
    seconds('blockIntervalSeconds', 'time between blocks of the chain', run.blockIntervalSeconds),
    share('staleRate', 'stale blocks, of all', run.staleRate, run),
    arrivals('propagation50Ms', '50 % of the nodes have a block within', propagationMs.p50),
    arrivals('propagation90Ms', '90 % of the nodes have a block within', propagationMs.p90),
    arrivals('propagation99Ms', '99 % of the nodes have a block within', propagationMs.p99),
    number('reorgMaxDepth', 'deepest reorganisation, in blocks', run.reorgMaxDepth),
    ...Object.entries(run.shares).flatMap(([group, { found, onChain, expected }]) => [
      share(`share.${group}.found`, `${group}: share of the blocks found`, found, run),
      share(`share.${group}.expected`, `${group}: share of the hash power that ran`, expected, run),
      share(`share.${group}.onChain`, `${group}: share of the chain`, onChain, run),
    ]),
    ...Object.entries(run.strategies ?? {}).flatMap(([strategy, words]) =>
      Object.entries(words).map(([word, count]) =>
        number(`strategy.${strategy}.${word}`, `${strategy}: ${word}`, count),
      ),
    ),
    seconds('virtualSeconds', 'virtual time of a run', run.virtualSeconds),
    seconds('cpuSeconds', 'processor time of a run', run.cpuSeconds),
  ]
}

/** What a share is of, by the name of that column; undefined for what is no share of things that come in runs. */
export function countedBy(name: string): 'blocks' | 'height' | undefined {
  if (name === 'staleRate' || /^share\..+\.found$/.test(name)) return 'blocks'
  return /^share\..+\.onChain$/.test(name) ? 'height' : undefined
}

/** What a figure is for people; undefined for what is none. */
export function wordsOf(name: string): string | undefined {
  const group = /^share\.(.+)\.(?:found|expected|onChain)$/.exec(name)?.[1]
  const shares = group === undefined ? {} : { [group]: { found: 0, onChain: 0, expected: 0 } }
  const [, strategy, word] = /^strategy\.(.+)\.([^.]+)$/.exec(name) ?? []
  const strategies = strategy === undefined || word === undefined ? {} : { [strategy]: { [word]: 0 } }
  return figuresOf({ ...BLANK, shares, strategies }).find(figure => figure.name === name)?.words
}

const BLANK: RunFigures = {
  ...{ seed: 0, virtualSeconds: 0, cpuSeconds: 0, height: 0, blocks: 0, staleBlocks: 0, staleRate: 0 },
  ...{ blockIntervalSeconds: 0, propagationMs: { p50: 0, p90: 0, p99: 0 }, reorgMaxDepth: 0, reached: true },
  shares: {},
  strategies: {},
}

/** One figure of several runs; undefined when none of them could tell it. */
export function estimateFigure(figures: readonly Figure[]): Estimate | undefined {
  const told = figures.filter(({ value }) => value !== null)
  const [first] = told
  if (first?.of === undefined)
    return estimate(
      told.map(({ value }) => value ?? 0),
      first?.range,
    )
  return estimateShare(told.map(({ value, of = 0 }) => ({ sum: (value ?? 0) * of, of })))
}

function number(name: string, words: string, value: number | null): Figure {
  return { name, words, value, whole: true, range: COUNT, write: value => value.toFixed(1) }
}

function share(name: string, words: string, value: number | null, run: RunFigures): Figure {
  const of = countedBy(name)
  return { name, words, value, range: SHARE, write: formatShare, ...(of && { of: run[of] }) }
}

function seconds(name: string, words: string, value: number | null): Figure {
  return { name, words, value, range: COUNT, write: value => formatDuration(value * 1000) }
}

function arrivals(name: string, words: string, value: number | null): Figure {
  return { name, words, value, range: COUNT, write: formatDuration }
}
