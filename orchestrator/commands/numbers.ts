// Numbers as flags carry them.

import { availableParallelism } from 'node:os'
import { EXIT, UserError } from '../errors.ts'

const MAX_PROCESSES = 1024

/** From 1 to `most`. */
export function countOf(flag: string, text: string, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most)
    throw new UserError(EXIT.usage, `${flag} ${text}: expected a whole number from 1 to ${most}`)
  return value
}

/** `--parallel` of simulations: so many processes; without a number, one a core. */
export function processesOf(parallel: string | true | undefined): number {
  if (parallel === undefined) return 1
  return parallel === true ? availableParallelism() : countOf('--parallel', parallel, MAX_PROCESSES)
}

export interface Bounds {
  readonly least: number
  readonly most: number
}

/** As numbers are written in JavaScript: `1e3` is one, too. */
export function wholeOf(flag: string, text: string, { least, most }: Bounds): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new UserError(EXIT.usage, `${flag} is a whole number from ${least} to ${most}`)
}
