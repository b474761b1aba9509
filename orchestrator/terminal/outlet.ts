// The one way out to the terminal: data to stdout, messages to stderr, and nothing that the terminal would obey.

import { visible, visibleJson } from './visible.ts'

/** A line of data. */
export function out(line: string): void {
  console.log(visible(line))
}

/** The document. */
export function outJson(document: unknown): void {
  console.log(visibleJson(document, 2))
}

/** A line for the person at the terminal. */
export function err(line: string): void {
  console.error(visible(line))
}
