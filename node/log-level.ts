// The levels of a node's log and the shape of its lines: part of the node's face, as its API is.

/** The gravest first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
/** A few lines a block and a connection: what one wants to read after something went wrong. */
export const USUAL_LEVEL: LogLevel = 'info'

export interface LogEntry {
  readonly level: LogLevel
  readonly text: string
}

/** Is a line of this level written where `least` is asked for? */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(least)
}

/** A line as it stands in the log. What others wrote (peers, their programs) is in it: it stays one line, without escapes. */
export function logText(timeMs: number, { level, text }: LogEntry): string {
  // biome-ignore lint/style/noRestrictedGlobals: a given time is written, no clock is read
  return `${new Date(timeMs).toISOString()} ${level.padEnd(5)} ${text.replace(/\p{Cc}+/gu, ' ')}`
}

/** The level of a line of a log; undefined where it goes on with the line before it (a stack). */
export function levelOf(line: string): LogLevel | undefined {
  const word = /^\S+Z (\w+) /.exec(line)?.[1]
  return LOG_LEVELS.find(level => level === word)
}
