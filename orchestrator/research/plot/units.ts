// Units of columns, as their names end with them, and which of them reads best.

export interface Shown {
  /** How much of the column's unit one of these is. */
  readonly factor: number
  /** '' for a plain number. */
  readonly unit: string
}

/** Units by how much of the column's own they are; a figure is written in one when it comes to `from` of it. */
type Steps = readonly (readonly [factor: number, unit: string, from?: number])[]

const TIMES: Steps = [
  [1, 'ms'],
  [1000, 's', 2],
  [60_000, 'min', 10],
  [3_600_000, 'h', 10],
]
const BITS: Steps = [
  [1, 'bit/s'],
  [1e3, 'kbit/s'],
  [1e6, 'Mbit/s'],
  [1e9, 'Gbit/s'],
]
const HASHES: Steps = [
  [1, 'H/s'],
  [1e3, 'kH/s'],
  [1e6, 'MH/s'],
  [1e9, 'GH/s'],
]
const BYTES: Steps = [
  [1, 'B'],
  [1e3, 'kB'],
  [1e6, 'MB'],
]
const SHARE: Steps = [[0.01, '%']]

const BY_ENDING: { readonly [ending: string]: Steps } = {
  Ms: TIMES,
  Seconds: TIMES.map(([factor, unit, from]) => [factor / 1000, unit, from]),
  Bps: BITS,
  Hps: HASHES,
  Bytes: BYTES,
  Share: SHARE,
  PerSecond: [[1, 'a second']],
  MsPerKB: [[1, 'ms/kB']],
}
export const ENDINGS = Object.keys(BY_ENDING)

/** Shares that say so otherwise. */
const SHARES = /(^|\.)(share|staleRate)$|^share\..+\.(found|onChain)$/

/** `most`: the greatest value that there is. */
export function unitOf(column: string, most: number): Shown {
  const steps = SHARES.test(column) ? SHARE : (BY_ENDING[endingOf(column) ?? ''] ?? [[1, '']])
  const [factor, unit] = steps.findLast(([factor, , from = 1]) => most >= from * factor) ??
    steps[0] ?? [1, '']
  return { factor, unit }
}

export const PERCENT: Shown = { factor: 0.01, unit: '%' }

/** Without the unit. */
export function bareName(column: string): string {
  const ending = endingOf(column)
  return ending === undefined ? column : column.slice(0, -ending.length)
}

function endingOf(column: string): string | undefined {
  return ENDINGS.find(ending => column.endsWith(ending) && column !== ending)
}
