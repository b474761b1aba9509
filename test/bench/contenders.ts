// Functions that do the same thing, measured side by side: each round lets every one of them work for a moment, one after the other, so
// that whatever else the machine does falls on all of them.

import { type BenchResult, median } from './result.ts'

export type Sha256 = (message: Uint8Array) => Uint8Array
export type Row = BenchResult['rows'][number]

export interface Contender {
  readonly subject: string
  /** Does `amount` things. */
  readonly run: () => unknown
  readonly amount: number
}

const ROUNDS = 25
const ROUND_MS = 15
const WARM_UP_MS = 400

/** What each does in a second of processor time, as the median of rounds in which all take turns. */
export async function measure(unit: string, scale: number, contenders: readonly Contender[]): Promise<Row[]> {
  for (const { run } of contenders) repeat(run, WARM_UP_MS)
  await sleep(300) // V8 compiles its fastest code beside us
  const rates = contenders.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++)
    contenders.forEach(({ run, amount }, i) => {
      rates[i]?.push(amount * repeat(run, ROUND_MS))
    })
  return contenders.map(({ subject }, i) => ({ subject, value: median(rates[i] ?? []) * scale, unit }))
}

/** Runs per second of processor time: what another process takes of the machine does not count. */
function repeat(run: () => unknown, forMs: number): number {
  const start = process.cpuUsage()
  for (let runs = 1; ; runs++) {
    run()
    const { user, system } = process.cpuUsage(start)
    const tookMs = (user + system) / 1000
    if (tookMs >= forMs) return (1000 * runs) / tookMs
  }
}

export function valueFor(rows: readonly Row[], subject: string): number {
  return rows.find(row => row.subject === subject)?.value ?? Number.NaN
}

export function ratio(rows: readonly Row[], ours: string, theirs: string): number {
  return valueFor(rows, ours) / valueFor(rows, theirs)
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** Bytes that look random, the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
}
