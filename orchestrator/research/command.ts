// `netsplit up --runtime sim --runs 32 --parallel`: the same network from many seeds, and what they have in common.

import { availableParallelism } from 'node:os'
import type { Options } from '../commands/command.ts'
import { afterwards } from '../commands/recorded.ts'
import { print, say } from '../commands/say.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import type { EndSignals } from '../machine/signals.ts'
import { makeRoomFor, writeTarget } from '../machine/target.ts'
import { describeUntil, type Until } from '../run/until.ts'
import type { Spec } from '../spec/schema.ts'
import { err } from '../terminal/outlet.ts'
import { visibleJson } from '../terminal/visible.ts'
import { runJobs } from './pool.ts'
import type { RunFigures } from './run.ts'
import { type FailedRun, runsCsv, runsLines, summarizeRuns } from './summary.ts'

const MAX_RUNS = 100_000

/** Progress goes to stderr, one JSON document a run with `--json`; the whole to stdout. */
export async function runMany(
  spec: Spec,
  options: Options,
  until: Until | undefined,
  signals: EndSignals,
): Promise<ExitCode | number> {
  const count = wholeNumber('--runs', options.runs, MAX_RUNS)
  if (spec.runtime !== 'sim')
    throw new UserError(EXIT.usage, '--runs is for simulations', 'add --runtime sim')
  if (spec.duration === undefined && !until)
    throw new UserError(EXIT.usage, 'runs need an end', 'add --for 3h, or --until "height 100"')
  for (const [option, flag] of ONE_RUN_ONLY)
    if (options[option] !== undefined)
      throw new UserError(EXIT.usage, `${flag} is for a single run: --runs keeps figures and no records`)
  const csv = typeof options.csv === 'string' ? options.csv : undefined
  if (csv !== undefined) makeRoomFor(csv)
  const over = new AbortController()
  signals.handle(() => over.abort())
  const runs: RunFigures[] = []
  const errors: FailedRun[] = []
  await runJobs({
    jobs: Array.from({ length: count }, (_, i) => ({ spec, seed: spec.seed + i, until })),
    processes: processesOf(options.parallel),
    signal: over.signal,
    onFigures: figures => {
      runs.push(figures)
      tell(
        options,
        { run: runs.length + errors.length, of: count, ...figures },
        () => `${runs.length + errors.length} of ${count}: ${told(figures)}`,
      )
    },
    onFailed: failed => {
      errors.push(failed)
      tell(
        options,
        { run: runs.length + errors.length, of: count, ...failed },
        () => `seed ${failed.seed} failed: ${failed.message}`,
      )
    },
  })
  const { name, nodes } = spec
  const size = Object.values(nodes).reduce((total, group) => total + group.count, 0)
  const document = summarizeRuns({ network: name, nodes: size, asked: count }, runs, errors)
  print(options, document, () => runsLines(document, until && describeUntil(until)))
  const whole = errors.length === 0 && runs.every(({ reached }) => reached)
  const table = () => writeTarget(String(csv), runsCsv(document.runs))
  return await afterwards(signals.exitCode(whole ? EXIT.ok : EXIT.failure), csv === undefined ? [] : [table])
}

const ONE_RUN_ONLY = [
  ['detach', '--detach'],
  ['runDir', '--run-dir'],
  ['summary', '--summary'],
] as const

function told({ seed, height, staleBlocks, cpuSeconds, reached }: RunFigures): string {
  const end = reached ? '' : ', the moment never came'
  return `seed ${seed}, height ${height}, ${staleBlocks} stale${end}; ${cpuSeconds.toFixed(1)} s of processor time`
}

function tell(options: Options, document: object, line: () => string): void {
  if (options.json === true) err(visibleJson(document))
  else say(line())
}

export function processesOf(parallel: string | boolean | undefined): number {
  if (parallel === undefined || parallel === false) return 1
  return parallel === true ? availableParallelism() : wholeNumber('--parallel', parallel, 1024)
}

function wholeNumber(flag: string, text: string | boolean | undefined, most: number): number {
  const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most)
    throw new UserError(EXIT.usage, `${flag} ${text}: expected a whole number from 1 to ${most}`)
  return value
}
