// The node's log: one line each on stderr, with time and level, made of the node's events (log-lines.ts). What warns is an
// event itself, so that the network hears of it, too.

import type { HostEvent } from '../api.ts'
import { isLogged, type LogEntry, type LogLevel, logText, USUAL_LEVEL } from '../log-level.ts'
import { type LoggedEvent, logEntry } from '../log-lines.ts'
import { LineLimit } from './line-limit.ts'

export interface LogOptions {
  readonly level?: LogLevel | undefined
  readonly emit: (event: HostEvent) => void
  /** Takes a line without its end. */
  readonly write?: ((line: string) => void) | undefined
  readonly nowMs?: () => number
}

export class Log {
  readonly #level: LogLevel
  readonly #emit: (event: HostEvent) => void
  readonly #write: (line: string) => void
  readonly #nowMs: () => number
  readonly #limit = new LineLimit()
  #cut = false

  constructor({ level = USUAL_LEVEL, emit, write = writeToStderr, nowMs = Date.now }: LogOptions) {
    this.#level = level
    this.#emit = emit
    this.#write = write
    this.#nowMs = nowMs
  }

  /** The event as a line, if it is worth one at this level. */
  take(event: LoggedEvent): void {
    const entry = logEntry(event, this.#level)
    if (!entry) return
    // Errors are few, and each may be the one that matters.
    const leftOut = entry.level === 'error' ? 0 : this.#limit.take(event.type, this.#nowMs())
    if (leftOut === undefined) return
    if (leftOut > 0) this.#say(leftOutOf(event.type, leftOut))
    this.#say(entry)
  }

  info(message: string): void {
    if (isLogged('info', this.#level)) this.#say({ level: 'info', text: message })
  }

  warn(message: string): void {
    this.#emit({ type: 'log', level: 'warn', message })
  }

  error(message: string): void {
    this.#emit({ type: 'log', level: 'error', message })
  }

  /** A bug: the line says where, the lines below it how it came there. */
  bug(what: string, error: unknown): void {
    this.error(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    if (error instanceof Error && error.stack) this.#write(error.stack)
  }

  /** Something could not be written: a full disk ends the log, not the node. Told once. */
  failed(error: NodeJS.ErrnoException): void {
    if (this.#cut || error.code === 'EPIPE') return // a reader that went away
    this.#cut = true
    this.#emit({ type: 'log-failed', detail: error.message })
  }

  /** Says what was left out last. */
  close(): void {
    for (const [kind, lines] of this.#limit.takeLeftOut()) this.#say(leftOutOf(kind, lines))
  }

  #say(entry: LogEntry): void {
    this.#write(logText(this.#nowMs(), entry))
  }
}

function leftOutOf(kind: string, lines: number): LogEntry {
  return {
    level: 'info',
    text: `${lines} more line${lines === 1 ? '' : 's'} of this kind left out (${kind})`,
  }
}

/** For what is said before there is a node. */
export function writeLine(level: LogLevel, message: string): void {
  writeToStderr(logText(Date.now(), { level, text: message }))
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}
