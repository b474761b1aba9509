// How numbers, times and hashes are written for people: one place, so that every screen and message agrees.

import { visibleLine } from './terminal/visible.ts'

const STEPS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** A number as people and parsers of quantities read it: its shortest digits, and never an exponent (`0.0000001`, not `1e-7`). */
export function plain(value: number): string {
  const text = String(value)
  const [, sign = '', head = '', tail = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? []
  if (exponent === undefined) return text
  const digits = head + tail
  const point = 1 + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  // From 1e21 on, which is beyond the seventeen digits that a number has.
  return sign + digits.padEnd(point, '0')
}

/** At most three significant digits: `0`, `7.25`, `42.1`, `980`. */
function significant(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return plain(Number(value.toFixed(digits)))
}

function scaled(value: number): { readonly text: string; readonly prefix: string } {
  for (const [step, prefix] of STEPS)
    if (Math.abs(value) >= step * 0.9995) return { text: significant(value / step), prefix }
  return { text: significant(value), prefix: '' }
}

/** Hashes per second: `203 kH/s`. */
export function formatRate(hps: number): string {
  const { text, prefix } = scaled(hps)
  return `${text} ${prefix}H/s`
}

/** Bits per second: `10 Mbit/s`. */
export function formatBandwidth(bps: number): string {
  const { text, prefix } = scaled(bps)
  return `${text} ${prefix}bit/s`
}

/** Bytes: `71 MB`, decimal units. */
export function formatBytes(bytes: number): string {
  const { text, prefix } = scaled(bytes)
  return `${text} ${prefix}B`
}

/** A count, shortened above 9,999: `9,312`, `12.4k`. */
export function formatCount(count: number): string {
  if (Math.abs(count) < 10_000) return count.toLocaleString('en-US')
  const { text, prefix } = scaled(count)
  return `${text}${prefix}`
}

/** A share, 0 … 1: `0 %`, `0.42 %`, `12 %`. */
/** Satoshi as coins, with the decimals that say something. */
export function formatCoins(sat: number): string {
  return `${plain(sat / 100_000_000)} ${Math.abs(sat) === 100_000_000 ? 'coin' : 'coins'}`
}

export function formatShare(share: number): string {
  return `${significant(share * 100)} %`
}

/** Milliseconds in the unit that reads best: `0.4 ms`, `45 ms`, `1.25 s`, `3m 20s`, `2h 05m`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${significant(ms)} ms`
  if (ms < 59_995) return `${significant(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${twoDigits(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h ${twoDigits(Math.floor((seconds % 3600) / 60))}m`
}

/** With how far it can be wrong, where that is known: `12 ms ± 0.8 ms`. */
export function formatWithin(ms: number, errorMs: number | undefined): string {
  return errorMs === undefined ? formatDuration(ms) : `${formatDuration(ms)} ± ${formatDuration(errorMs)}`
}

/** Time that has run, as on a clock: `0:07`, `12:30`, `1:04:09`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const tail = `${twoDigits(seconds % 60)}`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes}:${tail}`
    : `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${tail}`
}

/** Wall-clock time of day, local: `14:02:09`. */
export function formatTime(timeMs: number): string {
  const time = new Date(timeMs)
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')
}

/** The distinguishing end of a hash (its start is zeros under proof of work): `…9f31c2a4`. */
export function shortHash(hash: string, digits = 8): string {
  return hash.length <= digits ? hash : `…${hash.slice(-digits)}`
}

/** One line of plain text from outside: nothing that a terminal obeys (visible.ts), no more than `limit` characters. */
export function printable(text: string, limit = 200): string {
  const plain = text.replace(/\p{Cc}\[[0-9;?]*[ -/]*[@-~]/gu, '').replace(/\p{Cc}+/gu, ' ')
  const clean = visibleLine(plain)
  // Not through a pair of surrogates.
  return clean.length > limit ? `${clean.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…` : clean
}

/** A counted noun: `1 node`, `5 nodes`, `2 branches`. Whatever counts something for people takes it from here. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** Lines of an aligned table: titles first, then the rows; two blanks between columns. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(column => column.title), ...rows]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => (line[i] ?? '').length)))
  return lines.map(line =>
    columns
      .map(({ align }, i) => {
        const cell = line[i] ?? ''
        const width = widths[i] ?? 0
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

const BARS = ' ▁▂▃▄▅▆▇█'

/** One character a value, the newest at the right, as high as its share of `top` (default: the greatest). */
export function sparkline(values: readonly number[], width: number, top = Math.max(...values, 0)): string {
  const shown = values.slice(-width)
  const bars = shown.map(value => {
    if (top <= 0 || value <= 0) return BARS[1]
    return BARS[Math.max(1, Math.min(8, Math.ceil((value / top) * 8)))]
  })
  return bars.join('').padStart(width)
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
