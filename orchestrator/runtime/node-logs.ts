// The log files of a network's nodes: where they are, what the controller adds to them, and how large they get. Nodes write
// their files themselves, always at the end: a file that is too large is copied and emptied under them.

import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { type LogEntry, logText } from '../../node/log-level.ts'
import { appendToLog } from './log-file.ts'

/** Of a file; the one before it is kept, too. */
const MAX_BYTES = 8 << 20
const LOOK_EVERY_MS = 5_000

export class NodeLogs {
  readonly #directory: string
  readonly #maxBytes: number
  readonly #timer: NodeJS.Timeout

  constructor(directory: string, maxBytes = MAX_BYTES) {
    this.#directory = directory
    this.#maxBytes = maxBytes
    this.#timer = setInterval(() => this.trim(), LOOK_EVERY_MS).unref()
  }

  fileOf(name: string): string {
    return join(this.#directory, `${name}.log`)
  }

  /** Adds what the controller did to the node. */
  note(name: string, entry: LogEntry): void {
    appendToLog(this.fileOf(name), `${logText(Date.now(), entry)}\n`)
  }

  /** What has become too large goes on in an empty file. */
  trim(): void {
    for (const name of this.#names()) this.#trim(join(this.#directory, name))
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory).filter(name => name.endsWith('.log'))
    } catch {
      return [] // somebody has removed the folder of a run that still runs
    }
  }

  #trim(file: string): void {
    try {
      if (statSync(file).size <= this.#maxBytes) return
    } catch {
      return // gone
    }
    try {
      copyFileSync(file, `${file}.1`)
    } catch {
      // No room for a copy: what comes is worth more than what was.
    }
    truncateSync(file, 0)
  }
}
