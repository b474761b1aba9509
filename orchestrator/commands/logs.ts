// `netsplit logs`: the last lines of a node's log, and with -f each new one.

import { LOG_LEVELS, type LogLevel } from '../../node/log-level.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { EndSignals } from '../machine/signals.ts'
import { atLevel } from '../network/log-lines.ts'
import { out, outJson } from '../terminal/outlet.ts'
import type { Options } from './command.ts'
import { openNetwork } from './orders.ts'

const DEFAULT_LINES = 50
/** So far back lines of a level are looked for. */
const LOOKED_THROUGH = 10_000

export async function run(args: readonly string[], options: Options): Promise<ExitCode> {
  const node = args[0] ?? ''
  const count = readCount(options.lines)
  const level = readLevel(options.level)
  if (options.json === true && options.follow === true)
    throw new UserError(EXIT.usage, '--json is one document and cannot follow a log')
  const testnet = await openNetwork(options)
  const signals = new EndSignals()
  const end = new AbortController()
  signals.handle(() => end.abort())
  try {
    const asked = level === undefined ? count : LOOKED_THROUGH
    const all = testnet.logs(node, asked, options.follow === true ? end.signal : undefined)
    const lines =
      level === undefined ? all : lastOf(atLevel(all, level), options.follow === true ? undefined : count)
    if (options.json === true) outJson({ node, lines: await collect(lines) })
    else for await (const line of lines) out(line)
    return EXIT.ok
  } finally {
    signals.close()
    testnet.close()
  }
}

function readCount(text: string | boolean | undefined): number {
  if (typeof text !== 'string') return DEFAULT_LINES
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new UserError(EXIT.usage, `--lines: ${JSON.stringify(text)} is not a number of lines`)
}

function readLevel(text: string | boolean | undefined): LogLevel | undefined {
  if (typeof text !== 'string') return undefined
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
