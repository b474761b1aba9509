// `netsplit sweep`: does what of a sweep is not done yet, over the cores, and tells what all of it comes to.

import { afterwards } from '../commands/recorded.ts'
import type { Answered } from '../commands/request.ts'
import { print, say } from '../commands/say.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { formatDuration, plural } from '../format.ts'
import { buildVersion } from '../machine/build.ts'
import { type EndSignals, whyEnded } from '../machine/signals.ts'
import { makeRoomFor, writeTarget } from '../machine/target.ts'
import { untilText } from '../run/until.ts'
import { specToYaml } from '../spec/load.ts'
import { err, errInPlace, wipe } from '../terminal/outlet.ts'
import { visibleJson } from '../terminal/visible.ts'
import { runJobs } from './pool.ts'
import type { Job } from './runner.ts'
import { gridOf, type Sweep } from './sweep.ts'
import { type RecordedRun, type SweepHead, SweepRecord, WHAT } from './sweep-record.ts'
import { type SweepDocument, summarizeSweep } from './sweep-summary.ts'
import { tableOf, verdictOf } from './sweep-table.ts'
import { csvPieces } from './table.ts'

export interface SweepRequest extends Answered {
  readonly sweep: Sweep
  /** As typed. */
  readonly set: readonly string[]
  readonly processes: number
  /** Of the record; undefined: one that its spec names. */
  readonly directory: string | undefined
  readonly csv: string | undefined
  readonly parquet: string | undefined
}

/** Progress goes to stderr, the whole to stdout. */
export async function runSweep(request: SweepRequest, signals: EndSignals): Promise<number> {
  const { sweep, csv, parquet } = request
  for (const file of [csv, parquet]) if (file !== undefined) makeRoomFor(file)
  const version = buildVersion()
  const directory =
    request.directory ??
    `netsplit-sweeps/${sweep.base.name}-${sweep.baseHash.slice(0, 8)}-${version.slice(-6)}`
  const record = SweepRecord.open(directory, headOf(request, version), specToYaml(sweep.base))
  try {
    await doRest(request, record, signals)
    wipe()
    const { document, lines } = summarizeSweep(sweep, record, version)
    print(request, document, () => lines)
    if (document.done < document.asked) {
      say(`${plural(document.asked - document.done, 'run')} left; the same command goes on with them`)
      return signals.exitCode(EXIT.failure)
    }
    return await afterwards(exitOf(document), tablesOf(request, record, version))
  } finally {
    record.close()
  }
}

function headOf({ sweep, set }: SweepRequest, netsplitVersion: string): SweepHead {
  const { base, baseHash, until, rows } = sweep
  return {
    what: WHAT,
    schemaVersion: 1,
    netsplitVersion,
    network: base.name,
    specHash: baseHash,
    ...{ until: until ? untilText(until) : null, set, rows, grid: gridOf(sweep) },
  }
}

interface SweepJob extends Job {
  readonly specHash: string
}

/** Ends early on a signal; throws when the record cannot be written. */
async function doRest(
  { sweep, processes, json }: SweepRequest,
  record: SweepRecord,
  signals: EndSignals,
): Promise<void> {
  const over = new AbortController()
  signals.handle(signal => {
    say(`${whyEnded(signal)}: what is done is kept`)
    over.abort()
  })
  const asked = sweep.combinations.length * sweep.runs
  const left = [...jobsOf(sweep, record)]
  const progress = new Progress(asked, asked - left.length, json)
  if (left.length < asked)
    say(`${asked - left.length} of ${plural(asked, 'run')} are done already, in ${record.directory}`)
  let failure: unknown
  const keep = (run: RecordedRun) => {
    if (over.signal.aborted) return
    try {
      record.append(run)
      progress.add(run)
    } catch (error) {
      failure ??= error
      over.abort()
    }
  }
  const common = ({ specHash, seed }: SweepJob) => ({ specHash, seed, rowsOf: sweep.rows })
  await runJobs({
    jobs: left,
    processes: Math.min(processes, Math.max(1, left.length)),
    signal: over.signal,
    onOutcome: (outcome, job) => keep({ ...common(job), outcome }),
    onFailed: ({ message, died }, job) => keep({ ...common(job), error: message, ...(died && { died }) }),
  })
  if (failure) throw failure
}

/** Seed by seed, so that early on there is something of every combination. */
function* jobsOf({ combinations, base, runs, until, rows }: Sweep, record: SweepRecord): Iterable<SweepJob> {
  for (let seed = base.seed; seed < base.seed + runs; seed++)
    for (const { spec, specHash } of combinations)
      if (!record.find(specHash, seed, rows)) yield { spec, specHash, seed, until, rows, checks: true }
}

function tablesOf({ sweep, csv, parquet }: SweepRequest, record: SweepRecord, version: string) {
  const table = () => tableOf(gridOf(sweep), record, sweep.rows, version)
  return [
    ...(csv === undefined ? [] : [() => writeTarget(csv, csvPieces(table()))]),
    ...(parquet === undefined
      ? []
      : [
          async () => {
            const { parquetPieces } = await import('./parquet.ts')
            writeTarget(parquet, parquetPieces(table()))
          },
        ]),
  ]
}

function exitOf({ combinations }: SweepDocument): ExitCode {
  const some = (...verdicts: ('failed' | 'never came' | 'check failed')[]) =>
    combinations.some(each => verdicts.some(verdict => each.verdicts[verdict] !== undefined))
  if (some('failed', 'never came')) return EXIT.failure
  return some('check failed') ? EXIT.check : EXIT.ok
}

/** Between two lines where nobody rewrites one in place. */
const TELL_EVERY_MS = 10_000

class Progress {
  readonly #asked: number
  readonly #before: number
  readonly #json: boolean
  readonly #startedMs = performance.now()
  #toldMs = performance.now()
  #done = 0
  #failed = 0

  constructor(asked: number, before: number, json: boolean) {
    this.#asked = asked
    this.#before = before
    this.#json = json
  }

  add(run: RecordedRun): void {
    this.#done += 1
    this.#failed += verdictOf(run) === 'ok' ? 0 : 1
    const nowMs = performance.now()
    const done = this.#before + this.#done
    const leftMs = ((nowMs - this.#startedMs) / this.#done) * (this.#asked - done)
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} did not pass`
    const left = done === this.#asked ? '' : `; ${formatDuration(leftMs)} left`
    const line = `${done} of ${plural(this.#asked, 'run')}${failed}${left}`
    if (!this.#json && errInPlace(`netsplit: ${line}`)) return
    if (nowMs - this.#toldMs < TELL_EVERY_MS && done < this.#asked) return
    this.#toldMs = nowMs
    if (this.#json)
      err(
        visibleJson({
          done,
          of: this.#asked,
          notPassed: this.#failed,
          leftSeconds: Math.round(leftMs / 1000),
        }),
      )
    else say(line)
  }
}
