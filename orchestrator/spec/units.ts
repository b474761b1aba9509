// Quantities carry their unit in a spec (`45ms`, `10Mbit`, `200kH/s`, `0.5%`) and are plain numbers in code.
// Each is a two-way codec, so a resolved spec can be written back.

import { z } from 'zod'
import { plain } from '../format.ts'

/** How one kind of quantity is written: the factor of each unit, and an example for messages. */
interface Unit {
  readonly factors: { readonly [suffix: string]: number }
  /** Used when a value is written back. */
  readonly base: string
  /** That unit as names end with it. */
  readonly ending: string
  readonly hint: string
}

const DURATION: Unit = {
  factors: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  base: 'ms',
  ending: 'Ms',
  hint: 'a duration with its unit, such as 45ms, 5s, 10m or 3h',
}
const BANDWIDTH: Unit = {
  factors: { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 },
  base: 'bit',
  ending: 'Bps',
  hint: 'a bandwidth with its unit, such as 500kbit or 10Mbit',
}
const HASH_RATE: Unit = {
  factors: { 'H/s': 1, 'kH/s': 1e3, 'MH/s': 1e6, 'GH/s': 1e9 },
  base: 'H/s',
  ending: 'Hps',
  hint: 'a hash rate with its unit, such as 200kH/s or 1.5MH/s',
}
const MEMORY: Unit = {
  factors: { kB: 1e3, MB: 1e6, GB: 1e9 },
  base: 'kB',
  ending: 'Bytes',
  hint: 'an amount of memory with its unit, such as 256MB or 1.5GB',
}
const SIZE: Unit = {
  factors: { B: 1, kB: 1e3, MB: 1e6 },
  base: 'B',
  ending: 'Bytes',
  hint: 'a size with its unit, such as 200kB or 1MB',
}
const CONTENT_SIZE: Unit = {
  factors: { B: 1, kB: 1e3, KiB: 1024, MB: 1e6, MiB: 1024 ** 2, GB: 1e9, GiB: 1024 ** 3 },
  base: 'B',
  ending: 'Bytes',
  hint: 'a size with its unit, such as 50MB or 256KiB',
}
const PACE: Unit = {
  factors: { 'ms/kB': 1, 'us/kB': 0.001, 'ms/MB': 0.001 },
  base: 'ms/kB',
  ending: 'MsPerKB',
  hint: 'a time for each kilobyte, such as 0.2ms/kB',
}
const PERCENTAGE: Unit = {
  factors: { '%': 0.01 },
  base: '%',
  ending: 'Share',
  hint: 'a percentage, such as 0.5%',
}
const RATE: Unit = {
  factors: { '/s': 1, '/m': 1 / 60, '/h': 1 / 3600, '/d': 1 / 86_400 },
  base: '/s',
  ending: 'PerSecond',
  hint: 'a rate with its unit, such as 5/s, 30/m or 2/h',
}

/** Longer than this nothing lasts and nothing is waited for. */
export const MAX_DURATION_MS = 365 * 86_400_000

/** The words for a duration outside its bounds. */
export function durationRange(minMs: number, maxMs = MAX_DURATION_MS): string {
  return `must be between ${write(DURATION, minMs)} and ${write(DURATION, maxMs)}`
}

interface Bounds {
  readonly min: number
  readonly max: number
}

/** Milliseconds. */
export const duration = (bounds: Bounds) => quantity(DURATION, bounds)
/** Bits per second. */
export const bandwidth = (bounds: Bounds) => quantity(BANDWIDTH, bounds)
/** Hashes per second. */
export const hashRate = (bounds: Bounds) => quantity(HASH_RATE, bounds)
/** Bytes. */
export const memory = (bounds: Bounds) => quantity(MEMORY, bounds)
/** Bytes of a message. */
export const size = (bounds: Bounds) => quantity(SIZE, bounds)
/** Bytes of what is larger than a message. */
export const contentSize = (bounds: Bounds) => quantity(CONTENT_SIZE, bounds)
/** Milliseconds for each kilobyte. */
export const pace = (bounds: Bounds) => quantity(PACE, bounds)
/** A share of one: `5%` is 0.05. */
export const percentage = (bounds: Bounds) => quantity(PERCENTAGE, bounds)
/** Per second. */
export const rate = (bounds: Bounds) => quantity(RATE, bounds)

/** The number of milliseconds in `text`, or undefined when it is no duration. For flags outside a spec. */
export function parseDurationMs(text: string): number | undefined {
  return pattern(DURATION).test(text) ? read(DURATION, text) : undefined
}

/** The number of hashes per second in `text`, or undefined when it is no hash rate. */
export function parseHashRateHps(text: string): number | undefined {
  return pattern(HASH_RATE).test(text) ? read(HASH_RATE, text) : undefined
}

const UNITS = [DURATION, BANDWIDTH, HASH_RATE, MEMORY, SIZE, CONTENT_SIZE, PACE, PERCENTAGE, RATE]

/** A quantity as its text tells by itself: the number that it is in code, and the unit of that as names end with it. */
export function quantityOf(text: string): { readonly value: number; readonly ending: string } | undefined {
  const unit = UNITS.find(each => pattern(each).test(text))
  return unit && { value: read(unit, text), ending: unit.ending }
}

/** The number of bits per second in `text`, or undefined when it is no bandwidth. */
export function parseBandwidthBps(text: string): number | undefined {
  return pattern(BANDWIDTH).test(text) ? read(BANDWIDTH, text) : undefined
}

function quantity(unit: Unit, { min, max }: Bounds) {
  const range = `must be between ${write(unit, min)} and ${write(unit, max)}`
  return z.codec(
    z.string({ error: `expected ${unit.hint}` }).regex(pattern(unit), `expected ${unit.hint}`),
    z.number().min(min, range).max(max, range),
    { decode: text => read(unit, text), encode: value => exact(unit, value) },
  )
}

function pattern(unit: Unit): RegExp {
  return new RegExp(`^\\d+(\\.\\d+)? ?(${Object.keys(unit.factors).join('|')})$`)
}

function read(unit: Unit, text: string): number {
  const suffix = text.replace(/^[\d.]+ ?/, '')
  // Rounded to twelve digits: 0.7% is 0.007, not 0.006999999999999999.
  return Number((Number.parseFloat(text) * (unit.factors[suffix] ?? Number.NaN)).toPrecision(12))
}

function exact(unit: Unit, value: number): string {
  return `${plain(Number((value / (unit.factors[unit.base] ?? 1)).toPrecision(12)))}${unit.base}`
}

/** A share as it may be written in a spec: `0.0000001%`. */
export function percentText(share: number): string {
  return exact(PERCENTAGE, share)
}

/** In the largest unit that leaves at least 1: for people. */
function write(unit: Unit, value: number): string {
  const [suffix, factor] = Object.entries(unit.factors)
    .filter(([, factor]) => value >= factor)
    .sort((a, b) => b[1] - a[1])[0] ?? [unit.base, unit.factors[unit.base] ?? 1]
  return `${plain(Number((value / factor).toPrecision(6)))}${suffix}`
}
