// `netsplit logs`: the last lines of a node's log, and with -f each new one.

import { LOG_LEVELS, type LogLevel } from '../../node/log-level.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { EndSignals } from '../machine/signals.ts'
import { atLevel } from '../network/log-lines.ts'
import { out, outJson } from '../terminal/outlet.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { openNetwork } from './orders.ts'
import { type NodeRequest, readNode } from './request.ts'

const DEFAULT_LINES = 50
/** So far back lines of a level are looked for. */
const LOOKED_THROUGH = 10_000

export interface LogsRequest extends NodeRequest {
  /** So many lines first. */
  readonly count: number
  /** Lines of this level, or graver; undefined: all. */
  readonly level: LogLevel | undefined
  readonly follow: boolean
}

export function read(args: ArgsOf<'logs'>, flags: FlagsOf<'logs'>): LogsRequest {
  const { lines, level, follow, json } = flags
  const request = {
    ...readNode(args, flags),
    count: lines === undefined ? DEFAULT_LINES : readCount(lines),
    level: level === undefined ? undefined : readLevel(level),
    follow: follow === true,
  }
  if (json && follow) throw new UserError(EXIT.usage, '--json is one document and cannot follow a log')
  return request
}

export async function run(request: LogsRequest): Promise<ExitCode> {
  const { node, count, level, follow } = request
  const testnet = await openNetwork(request)
  const signals = new EndSignals()
  const end = new AbortController()
  signals.handle(() => end.abort())
  try {
    const asked = level === undefined ? count : LOOKED_THROUGH
    const all = testnet.logs(node, asked, follow ? end.signal : undefined)
    const lines = level === undefined ? all : lastOf(atLevel(all, level), follow ? undefined : count)
    if (request.json) outJson({ node, lines: await collect(lines) })
    else for await (const line of lines) out(line)
    return EXIT.ok
  } finally {
    signals.close()
    testnet.close()
  }
}

function readCount(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new UserError(EXIT.usage, `--lines: ${JSON.stringify(text)} is not a number of lines`)
}

function readLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find(each => each === text)
  if (level) return level
  throw new UserError(
    EXIT.usage,
    `--level: expected one of ${LOG_LEVELS.join(', ')}, not ${JSON.stringify(text)}`,
  )
}

/** The last `count`, once all are there; without a count each as it comes. */
async function* lastOf(lines: AsyncIterable<string>, count: number | undefined): AsyncIterable<string> {
  if (count === undefined) yield* lines
  else yield* (await collect(lines)).slice(-count || Number.POSITIVE_INFINITY)
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}
