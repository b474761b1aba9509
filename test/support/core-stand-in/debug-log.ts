// debug.log: the node's own log, as a file that grows.

import { appendFileSync } from 'node:fs'
import { SettingsError } from './settings.ts'

export class DebugLog {
  readonly #file: string | undefined

  /** Without a file it is not kept. */
  constructor(file: string | undefined) {
    this.#file = file
    try {
      if (file !== undefined) appendFileSync(file, '')
    } catch {
      throw new SettingsError(`Could not open debug log file ${file}`)
    }
    this.write('Bitcoin Core stand-in: netsplit')
  }

  /** At once, so that whoever reads it after an answer finds what led to it. */
  write(line: string): void {
    if (this.#file !== undefined) appendFileSync(this.#file, `${line}\n`)
  }
}
