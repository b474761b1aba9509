// The one way out to the terminal: data to stdout, messages to stderr, and nothing that the terminal would obey.

import { visible, visibleJson, visibleLine } from './visible.ts'

/** A line of data. */
export function out(line: string): void {
  wipe()
  console.log(visible(line))
}

/** The document. */
export function outJson(document: unknown): void {
  wipe()
  console.log(visibleJson(document, 2))
}

/** A line for the person at the terminal. */
export function err(line: string): void {
  wipe()
  console.error(visible(line))
}

let passing = false

/** A line that the next one takes the place of. False: that is no terminal, and nothing was written. */
export function errInPlace(line: string): boolean {
  const { stderr } = process
  if (!stderr.isTTY) return false
  wipe()
  // Of some terminals nobody knows how wide they are: 0.
  stderr.write(visibleLine(line).slice(0, Math.max(1, (stderr.columns || 80) - 1)))
  passing = true
  return true
}

/** Takes such a line away. */
export function wipe(): void {
  if (passing) process.stderr.write('\r\u001b[2K')
  passing = false
}
