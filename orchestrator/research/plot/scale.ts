// Scales of a plot: from a value to its place, 0 … 1, and ticks at round numbers of the unit that reads best.

import { formatCount, plain } from '../../format.ts'
import type { Shown } from './units.ts'

export interface Tick {
  /** In the column's own unit, as all values are. */
  readonly value: number
  readonly text: string
}

export interface Scale {
  readonly place: (value: number) => number
  readonly ticks: readonly Tick[]
}

const MOST_TICKS = 7
/** Beside the outermost points, of the span. */
const MARGIN = 0.05
/** What lies nearer to zero than so much of the greatest shows zero, too. */
const NEAR_ZERO = 0.5

/** `snug`: it ends beside the outermost values, else at the next ticks. */
export function linearScale(values: readonly number[], shown: Shown, snug: boolean): Scale {
  const [min, max] = extent(values.map(value => value / shown.factor))
  const span = max - min || Math.abs(max) || 1
  const fromZero = min >= 0 && min <= NEAR_ZERO * max
  const margin = snug || max === min ? span * MARGIN : 0
  const least = fromZero ? (snug && min === 0 ? -margin : 0) : min - margin
  const step = roundStep((max + margin - least) / (MOST_TICKS - 1))
  const from = snug ? least : Math.floor(least / step + 1e-9) * step
  const to = snug
    ? max + margin
    : Math.max(1, Math.ceil((max + margin) / step - 1e-9) - from / step) * step + from
  const first = Math.ceil(from / step - 1e-9)
  const count = Math.floor(to / step + 1e-9) - first + 1
  return {
    place: value => (value / shown.factor - from) / (to - from),
    ticks: Array.from({ length: count }, (_, i) => tickAt((first + i) * step, shown)),
  }
}

const ROUND = [1, 2, 5]

/** Of values above zero. Few of them, well apart, have the ticks themselves. */
export function logScale(values: readonly number[], shown: Shown, snug: boolean): Scale {
  const written = values.map(value => value / shown.factor)
  const [min, max] = extent(written)
  const wide = Math.log10(max / min) > 2.5
  const around = ticksAround(min, max, wide ? [1] : ROUND)
  const own = [...new Set(written)].sort((a, b) => a - b)
  const apart =
    own.length <= MOST_TICKS && own.every((value, i) => i === 0 || value / (own[i - 1] ?? value) > 1.4)
  const [least, most] = snug ? [min, max] : extent(around)
  const margin = snug ? Math.max(0.02, Math.log(most / least) * MARGIN) : 0
  const [from, to] = [Math.log(least) - margin, Math.log(most) + margin]
  const inside = (snug && apart && own.length > 1 ? own : around).filter(
    value => Math.log(value) >= from - 1e-9 && Math.log(value) <= to + 1e-9,
  )
  return {
    place: value => (Math.log(value / shown.factor) - from) / (to - from || 1),
    ticks: inside.map(value => tickAt(value, shown)),
  }
}

/** Each value in the middle of a place of its own. */
export function categoryScale(names: readonly string[]): Scale {
  return {
    place: value => (value + 0.5) / names.length,
    ticks: names.map((text, value) => ({ value, text })),
  }
}

/** Round numbers from the last that is not above `min` to the first that is not below `max`. */
function ticksAround(min: number, max: number, factors: readonly number[]): number[] {
  const all: number[] = []
  for (let power = Math.floor(Math.log10(min)) - 1; power <= Math.ceil(Math.log10(max)) + 1; power++)
    for (const factor of factors) all.push(Number((factor * 10 ** power).toPrecision(6)))
  const from = all.findLastIndex(value => value <= min * (1 + 1e-9))
  const to = all.findIndex(value => value >= max * (1 - 1e-9))
  return all.slice(from, Math.max(to, from + 1) + 1)
}

/** The least of 1, 2, 2.5 and 5 × 10^n that is not below. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 2.5, 5].find(factor => factor * power >= least * (1 - 1e-9)) ?? 10) * power
}

function tickAt(written: number, { factor }: Shown): Tick {
  const tidy = Number(written.toPrecision(6))
  const text = Math.abs(tidy) >= 1000 ? formatCount(tidy) : plain(tidy)
  return { value: written * factor, text: text.replace('-', '−') }
}

function extent(values: readonly number[]): readonly [min: number, max: number] {
  return values.reduce<readonly [number, number]>(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
}
