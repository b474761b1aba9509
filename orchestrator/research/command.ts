// `netsplit up --runtime sim --runs 32 --parallel`: the same network from many seeds, and what they have in common.

import { afterwards } from '../commands/recorded.ts'
import type { Answered } from '../commands/request.ts'
import { print, say } from '../commands/say.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { EndSignals } from '../machine/signals.ts'
import { makeRoomFor, writeTarget } from '../machine/target.ts'
import { describeUntil, type Until } from '../run/until.ts'
import type { Spec } from '../spec/schema.ts'
import { err } from '../terminal/outlet.ts'
import { visibleJson } from '../terminal/visible.ts'
import { runJobs } from './pool.ts'
import type { RunFigures } from './run.ts'
import { type FailedRun, runsCsv, runsLines, summarizeRuns } from './summary.ts'

export interface RunsRequest extends Answered {
  /** Of simulations that have an end, if not `until`. The first seed is its own. */
  readonly spec: Spec
  readonly until: Until | undefined
  readonly count: number
  readonly processes: number
  /** The file of the figures as a table. */
  readonly csv: string | undefined
}

/** Progress goes to stderr, one JSON document a run with `--json`; the whole to stdout. */
export async function runMany(request: RunsRequest, signals: EndSignals): Promise<ExitCode | number> {
  const { spec, until, count, processes, csv } = request
  if (csv !== undefined) makeRoomFor(csv)
  const over = new AbortController()
  signals.handle(() => over.abort())
  const runs: RunFigures[] = []
  const errors: FailedRun[] = []
  await runJobs({
    jobs: Array.from({ length: count }, (_, i) => ({ spec, seed: spec.seed + i, until })),
    processes,
    signal: over.signal,
    onOutcome: ({ figures }) => {
      runs.push(figures)
      tell(
        request,
        { run: runs.length + errors.length, of: count, ...figures },
        () => `${runs.length + errors.length} of ${count}: ${told(figures)}`,
      )
    },
    onFailed: ({ seed, message }) => {
      const failed = { seed, message }
      errors.push(failed)
      tell(
        request,
        { run: runs.length + errors.length, of: count, ...failed },
        () => `seed ${failed.seed} failed: ${failed.message}`,
      )
    },
  })
  const { name, nodes } = spec
  const size = Object.values(nodes).reduce((total, group) => total + group.count, 0)
  const document = summarizeRuns({ network: name, nodes: size, asked: count }, runs, errors)
  print(request, document, () => runsLines(document, until && describeUntil(until)))
  const whole = errors.length === 0 && runs.every(({ reached }) => reached)
  const tables = csv === undefined ? [] : [() => writeTarget(csv, runsCsv(document.runs))]
  return await afterwards(signals.exitCode(whole ? EXIT.ok : EXIT.failure), tables)
}

function told({ seed, height, staleBlocks, cpuSeconds, reached }: RunFigures): string {
  const end = reached ? '' : ', the moment never came'
  return `seed ${seed}, height ${height}, ${staleBlocks} stale${end}; ${cpuSeconds.toFixed(1)} s of processor time`
}

function tell({ json }: Answered, document: object, line: () => string): void {
  if (json) err(visibleJson(document))
  else say(line())
}
