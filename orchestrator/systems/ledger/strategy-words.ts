// What came of strategies, in words. Pure.

import { wilson } from '../../checks/statistics.ts'
import { formatCount, formatShare, plural } from '../../format.ts'
import type { StrategyTally } from './state.ts'

const CONFIDENCE = 0.95

export interface DoubleSpends {
  /** Those that came to an end. */
  readonly tried: number
  readonly succeeded: number
  /** How many of them the theory lets succeed. */
  readonly expected: number
}

/** Of all double spenders together; undefined where there is none. */
export function doubleSpendsOf(tallies: readonly StrategyTally[]): DoubleSpends | undefined {
  const some = tallies.filter(({ chance }) => chance !== undefined)
  if (some.length === 0) return undefined
  let [tried, succeeded, expected] = [0, 0, 0]
  for (const { words, chance = 0 } of some) {
    const won = words.succeeded ?? 0
    const over = won + (words['gave-up'] ?? 0)
    tried += over
    succeeded += won
    expected += over * chance
  }
  return { tried, succeeded, expected }
}

/** `double spends` and `3 of 41 tried succeeded, 7.3 % …`, a line a strategy. */
export function strategyFacts(tallies: readonly StrategyTally[]): readonly (readonly [string, string])[] {
  const spends = doubleSpendsOf(tallies)
  const names = new Set(tallies.filter(({ chance }) => chance === undefined).map(({ strategy }) => strategy))
  return [
    ...(spends ? [['double spends', doubleSpendText(spends)] as const] : []),
    ...[...names].map(name => [name, wordsOf(tallies.filter(({ strategy }) => strategy === name))] as const),
    ...tallies.flatMap(({ node, failed }) =>
      failed === undefined ? [] : [[`${node} failed`, failed] as const],
    ),
  ]
}

export function doubleSpendText({ tried, succeeded, expected }: DoubleSpends): string {
  if (tried === 0) return 'none came to an end yet'
  const { low, high } = wilson(succeeded, tried, CONFIDENCE)
  return `${formatCount(succeeded)} of ${formatCount(tried)} tried succeeded, ${formatShare(succeeded / tried)} (95 %: ${formatShare(low)} … ${formatShare(high)}); expected ${formatShare(expected / tried)} (Rosenfeld 2014)`
}

function wordsOf(tallies: readonly StrategyTally[]): string {
  const sums = new Map<string, number>()
  for (const { words } of tallies)
    for (const [word, count] of Object.entries(words)) sums.set(word, (sums.get(word) ?? 0) + count)
  return `${[...sums].map(([word, count]) => `${word} ${formatCount(count)}`).join(', ')} (${plural(tallies.length, 'node')})`
}
