// What commands print: data to stdout (one JSON document when asked), messages to stderr.

import { err, out, outJson } from '../terminal/outlet.ts'
import type { Answered } from './request.ts'

const MOMENT_MS = 1_000

/** A message for the person at the terminal. */
export function say(message: string): void {
  err(`netsplit: ${message}`)
}

/** The command's data: the document with `--json`, else the lines. */
export function print({ json }: Answered, document: unknown, lines: () => readonly string[]): void {
  if (json) outJson(document)
  else for (const line of lines()) out(line)
}

/** Says what is waited for when that takes longer than a moment. */
export async function waitingFor<T>(what: string, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => say(what), MOMENT_MS)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}
