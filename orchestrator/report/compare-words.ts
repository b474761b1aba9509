// A comparison for people: the cells of its table, the same in the terminal and on its page.

import { formatCount, formatDuration, formatRate, formatShare, plain } from '../format.ts'
import type { CompareDocument, Comparison, Side, Unit } from './compare.ts'

export function written(value: number | undefined, unit: Unit): string {
  if (value === undefined) return '–'
  switch (unit) {
    case 'ms':
      return formatDuration(value)
    case 'share':
      return formatShare(value)
    case 'hps':
      return formatRate(value)
    case 'count':
      return formatCount(value)
  }
}

/** `1.2 s (0.4 s … 3 s)`: the median and where eight samples in ten lie. */
export function sideWords({ value, p10, p90 }: Side, unit: Unit): string {
  const middle = written(value, unit)
  return p10 === undefined || p90 === undefined
    ? middle
    : `${middle} (${written(p10, unit)} … ${written(p90, unit)})`
}

export function differenceWords({ a, b, unit, difference }: Comparison): string {
  if (a.value === undefined || b.value === undefined) return ''
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${written(Math.abs(value), unit)}`
  const shift = a.value === b.value ? 'none' : signed(b.value - a.value)
  const times =
    a.value > 0 && a.value !== b.value ? ` ×${plain(Number((b.value / a.value).toPrecision(3)))}` : ''
  return difference
    ? `${shift}${times} [${signed(difference.from)}, ${signed(difference.to)}]`
    : shift + times
}

export function verdictWords({ p, differs, a, b }: Comparison): string {
  if (p === undefined) return a.samples === 1 && b.samples === 1 ? '' : 'too few samples to say'
  return `${differs ? 'differs' : 'within chance'}, p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`}`
}

/** What the brackets and verdicts mean. */
export function method({ confidence }: CompareDocument): string {
  const level = formatShare(confidence)
  return `Medians, in parentheses where 80 % of the samples lie. In brackets: the difference of the medians at ${level} confidence (bootstrap). “differs”: greater than chance at ${level} confidence (Mann–Whitney, for shares a z test). With this many rows, one in twenty differs by chance.`
}
