// The node's log: one line each on stderr, with time and level; what warns is an event as well.

import type { HostEvent } from '../api.ts'

export type LogLevel = 'info' | 'warn' | 'error'

export class Log {
  readonly #emit: (event: HostEvent) => void
  #cut = false

  constructor(emit: (event: HostEvent) => void) {
    this.#emit = emit
  }

  info(message: string): void {
    writeLine('info', message)
  }

  warn(message: string): void {
    this.#say('warn', message)
  }

  error(message: string): void {
    this.#say('error', message)
  }

  /** A bug: the line says where, the lines below it how it came there. */
  bug(what: string, error: unknown): void {
    this.#say('error', `${what}: ${error instanceof Error ? error.message : String(error)}`)
    if (error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`)
  }

  /** Something could not be written: a full disk ends the log, not the node. Told once. */
  failed(error: NodeJS.ErrnoException): void {
    if (this.#cut || error.code === 'EPIPE') return // a reader that went away
    this.#cut = true
    this.#emit({ type: 'log-failed', detail: error.message })
  }

  #say(level: LogLevel, message: string): void {
    writeLine(level, message)
    this.#emit({ type: 'log', level, message })
  }
}

/** Without line breaks inside, which would make two lines of one. */
export function writeLine(level: LogLevel, message: string): void {
  const line = message.replaceAll('\n', ' ')
  process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${line}\n`)
}
