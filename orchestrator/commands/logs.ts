// `netsplit logs`: the last lines of a node's log, and with -f each new one.

import { EXIT, type ExitCode, UserError } from '../errors.ts'
import type { Options } from '../main.ts'
import { out, outJson } from '../outlet.ts'
import { EndSignals } from '../signals.ts'
import { openNetwork } from './orders.ts'

const DEFAULT_LINES = 50

export async function run(args: readonly string[], options: Options): Promise<ExitCode> {
  const node = args[0] ?? ''
  const count = readCount(options.lines)
  if (options.json === true && options.follow === true)
    throw new UserError(EXIT.usage, '--json is one document and cannot follow a log')
  const testnet = await openNetwork(options)
  const signals = new EndSignals()
  const end = new AbortController()
  signals.handle(() => end.abort())
  try {
    const lines = testnet.logs(node, count, options.follow === true ? end.signal : undefined)
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

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}
