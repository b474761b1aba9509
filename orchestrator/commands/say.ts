// What commands print: data to stdout (one JSON document when asked), messages to stderr.

import type { Options } from '../main.ts'

/** A message for the person at the terminal. */
export function say(message: string): void {
  console.error(`netsplit: ${message}`)
}

/** The command's data: the document with `--json`, else the lines. */
export function print(options: Options, document: unknown, lines: () => readonly string[]): void {
  if (options.json === true) console.log(JSON.stringify(document, null, 2))
  else for (const line of lines()) console.log(line)
}
