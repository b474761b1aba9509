// The figures of a run that are compared across runs: the name in the document and in the table, what it is for people, and
// in which unit it is written.

import { formatDuration, formatShare } from '../format.ts'
import type { RunFigures } from './run.ts'
import type { Range } from './statistics.ts'

export interface Figure {
  readonly name: string
  readonly words: string
  readonly value: number | null
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
    share('staleRate', 'stale blocks, of all', run.staleRate),
    arrivals('propagationMs.p50', '50 % of the nodes have a block within', propagationMs.p50),
    arrivals('propagationMs.p90', '90 % of the nodes have a block within', propagationMs.p90),
    arrivals('propagationMs.p99', '99 % of the nodes have a block within', propagationMs.p99),
    number('reorgMaxDepth', 'deepest reorganisation, in blocks', run.reorgMaxDepth),
    ...Object.entries(run.shares).flatMap(([group, { found, onChain, expected }]) => [
      share(`share.${group}.found`, `${group}: share of the blocks found`, found),
      share(`share.${group}.expected`, `${group}: share of the hash power that ran`, expected),
      share(`share.${group}.onChain`, `${group}: share of the chain`, onChain),
    ]),
    seconds('virtualSeconds', 'virtual time of a run', run.virtualSeconds),
    seconds('cpuSeconds', 'processor time of a run', run.cpuSeconds),
  ]
}

function number(name: string, words: string, value: number | null): Figure {
  return { name, words, value, range: COUNT, write: value => value.toFixed(1) }
}

function share(name: string, words: string, value: number | null): Figure {
  return { name, words, value, range: SHARE, write: formatShare }
}

function seconds(name: string, words: string, value: number | null): Figure {
  return { name, words, value, range: COUNT, write: value => formatDuration(value * 1000) }
}

function arrivals(name: string, words: string, value: number | null): Figure {
  return { name, words, value, range: COUNT, write: formatDuration }
}
