// `netsplit fuzz`: scenarios made from seeds, all safety checks on. What fails is kept, with its seed.

import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { attempt } from '../fuzz/attempt.ts'
import { fuzzSpec } from '../fuzz/generate.ts'
import { healSpec } from '../fuzz/heal.ts'
import { EndSignals } from '../machine/signals.ts'
import { runJobs } from '../research/pool.ts'
import type { Job } from '../research/runner.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'
import type { Spec } from '../spec/schema.ts'
import { parseDurationMs } from '../spec/units.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { endsOf, progress } from './ends.ts'
import { processesOf, wholeOf } from './numbers.ts'
import { recordedOr } from './recorded.ts'
import { reportLines } from './report-lines.ts'
import { type Answered, readAnswered } from './request.ts'
import { print, say } from './say.ts'

const RUNTIMES = ['sim', 'process', 'docker'] as const
type Runtime = (typeof RUNTIMES)[number]
/** mixed: anything, for a minute. heal: one cut of a network from the whole range of intervals and links, and its heal. */
const PROFILES = ['mixed', 'heal'] as const
type Profile = (typeof PROFILES)[number]
const DEFAULT_SEED = 1
const DEFAULT_RUNS = 100
const RUNS = { least: 1, most: 1_000_000 }
const SEEDS = { least: 0, most: Number.MAX_SAFE_INTEGER - RUNS.most }
const DEFAULT_TIME_MS: { readonly [runtime in Runtime]: number } = {
  sim: 60_000,
  process: 15_000,
  docker: 20_000,
}
const LEAST_TIME_MS = 5_000
const MOST_TIME_MS = 3_600_000
/** Between two lines of progress where runs are short. */
const TELL_EVERY_MS = 5_000
/** From here on a reorganisation is deep, and a node is behind the headers that it knows. */
const DEEP = 20
const BEHIND = 16

export interface FuzzRequest extends Answered {
  readonly profile: Profile
  readonly runtime: Runtime
  readonly processes: number
  readonly seed: number
  readonly runs: number
  readonly forMs: number
}

/** The document. */
interface FuzzReport {
  readonly schemaVersion: 1
  readonly profile: Profile
  readonly runtime: Runtime
  readonly seed: number
  readonly runs: number
  readonly passed: number
  readonly vacuous: number
  /** Faults that others kept from being measured. */
  readonly disturbed: number
  /** Runs whose links cannot carry what was asked; they count as passed. */
  readonly beyond: number
  /** How many runs came into states in which networks go wrong; of simulations. */
  readonly reached: {
    readonly deepReorganisations: number
    readonly fullLines: number
    readonly payments: number
    readonly headersBehind: number
  }
  readonly seconds: number
  readonly failures: readonly ScenarioReport[]
}

export function read(_args: ArgsOf<'fuzz'>, flags: FlagsOf<'fuzz'>): FuzzRequest {
  const runtime = RUNTIMES.find(each => each === (flags.runtime ?? 'sim'))
  if (!runtime) throw new UserError(EXIT.usage, `--runtime is one of ${RUNTIMES.join(', ')}`)
  const forMs = flags.for === undefined ? DEFAULT_TIME_MS[runtime] : parseDurationMs(flags.for)
  if (forMs === undefined || forMs < LEAST_TIME_MS || forMs > MOST_TIME_MS)
    throw new UserError(EXIT.usage, '--for is a duration from 5s to 1h, such as 60s')
  const profile = PROFILES.find(each => each === (flags.profile ?? 'mixed'))
  if (!profile) throw new UserError(EXIT.usage, `--profile is one of ${PROFILES.join(', ')}`)
  if (profile === 'heal' && runtime !== 'sim')
    throw new UserError(EXIT.usage, 'the profile heal takes virtual time: add --runtime sim')
  if (profile === 'heal' && flags.for !== undefined)
    throw new UserError(EXIT.usage, 'the profile heal draws how long each cut lasts: leave --for out')
  if (flags.parallel !== undefined && runtime !== 'sim')
    throw new UserError(EXIT.usage, '--parallel is for simulations: add --runtime sim')
  return {
    profile,
    runtime,
    processes: processesOf(flags.parallel),
    forMs,
    seed: flags.seed === undefined ? DEFAULT_SEED : wholeOf('--seed', flags.seed, SEEDS),
    runs: flags.runs === undefined ? DEFAULT_RUNS : wholeOf('--runs', flags.runs, RUNS),
    ...readAnswered([], flags),
  }
}

export async function run(wish: FuzzRequest): Promise<number> {
  const signals = new EndSignals()
  try {
    const report = await fuzz(wish, signals)
    print(wish, report, () => lines(report))
    const verdict = report.failures.length > 0 ? EXIT.check : signals.exitCode(EXIT.ok)
    return recordedOr(verdict, report.failures)
  } finally {
    signals.close()
  }
}

/** Ends early, with what there is, when it is told to. */
async function fuzz(wish: FuzzRequest, signals: EndSignals): Promise<FuzzReport> {
  const ends = endsOf(signals)
  const startedMs = performance.now()
  const tally = new Tally(wish.runs)
  const again = (spec: Spec) =>
    attempt(spec, { say: wish.runtime === 'sim' ? () => {} : progress(spec.name), ...ends }).catch(
      (error: unknown) => {
        if (ends.signal.aborted) return undefined
        throw error
      },
    )
  if (wish.processes > 1) await sideBySide(wish, ends.signal, again, tally)
  else
    for (const { spec } of jobsOf(wish)) {
      if (ends.signal.aborted) break
      const report = await again(spec)
      if (report) tally.add(report)
      if (report?.unrecorded !== undefined) break // nor would the others be
    }
  const { profile, runtime, seed } = wish
  const seconds = Math.round(performance.now() - startedMs) / 1000
  return { schemaVersion: 1, profile, runtime, seed, ...tally.sum(), seconds }
}

/** Each process takes the next seed. What failed there is run again here, where its record is kept. */
async function sideBySide(
  wish: FuzzRequest,
  signal: AbortSignal,
  again: (spec: Spec) => Promise<ScenarioReport | undefined>,
  tally: Tally,
): Promise<void> {
  const suspects: number[] = []
  await runJobs({
    jobs: jobsOf(wish),
    processes: wish.processes,
    signal,
    onReport: report => {
      if (report.passed) tally.add(report)
      else suspects.push(report.seed)
    },
    onFailed: ({ seed }) => suspects.push(seed),
  })
  for (const seed of suspects.sort((a, b) => a - b)) {
    const report = signal.aborted ? undefined : await again(specOf(wish, seed))
    if (report) tally.add(report)
    if (report?.unrecorded !== undefined) break
  }
}

function* jobsOf(wish: FuzzRequest): Iterable<Job> {
  for (let seed = wish.seed; seed < wish.seed + wish.runs; seed++)
    yield { spec: specOf(wish, seed), seed, scenario: true }
}

function specOf({ profile, runtime, forMs }: FuzzRequest, seed: number): Spec {
  return profile === 'heal' ? healSpec(seed) : fuzzSpec(seed, { runtime, forMs })
}

/** What came of the runs so far. */
class Tally {
  readonly #asked: number
  readonly #failures: ScenarioReport[] = []
  readonly #reached = { deepReorganisations: 0, fullLines: 0, headersBehind: 0, payments: 0 }
  #done = 0
  #vacuous = 0
  #disturbed = 0
  #beyond = 0
  #toldMs = performance.now()

  constructor(asked: number) {
    this.#asked = asked
  }

  add(report: ScenarioReport): void {
    this.#done += 1
    this.#vacuous += report.vacuous ? 1 : 0
    this.#disturbed += report.faults.filter(({ disturbedBy }) => disturbedBy).length
    this.#beyond += report.checks.some(({ beyond }) => beyond) ? 1 : 0
    const { reorgDepth = 0, headersBehind = 0, fullLines = 0, payments = 0 } = report.reached ?? {}
    this.#reached.deepReorganisations += reorgDepth >= DEEP ? 1 : 0
    this.#reached.headersBehind += headersBehind >= BEHIND ? 1 : 0
    this.#reached.fullLines += fullLines > 0 ? 1 : 0
    this.#reached.payments += payments > 0 ? 1 : 0
    if (!report.passed) {
      this.#failures.push(report)
      say(`seed ${report.seed} FAILED: ${failedNames(report)}  ${report.runDirectory}`)
    }
    if (performance.now() - this.#toldMs < TELL_EVERY_MS) return
    this.#toldMs = performance.now()
    say(`${this.#done} of ${plural(this.#asked, 'run')}, ${this.#failures.length} failed`)
  }

  sum(): Omit<FuzzReport, 'schemaVersion' | 'profile' | 'runtime' | 'seed' | 'seconds'> {
    return {
      runs: this.#done,
      passed: this.#done - this.#failures.length,
      vacuous: this.#vacuous,
      disturbed: this.#disturbed,
      beyond: this.#beyond,
      reached: this.#reached,
      failures: this.#failures,
    }
  }
}

function failedNames({ checks }: ScenarioReport): string {
  return checks.flatMap(({ name, passed }) => (passed ? [] : [name])).join(', ')
}

function lines(report: FuzzReport): string[] {
  const { runs, passed, vacuous, disturbed, beyond, reached, seconds, seed, failures } = report
  const share = (count: number) => `${Math.round((100 * count) / Math.max(1, runs))} %`
  return [
    ...failures.flatMap(failed => [
      ...reportLines(failed),
      `  seed ${failed.seed}; again: netsplit replay ${failed.runDirectory}`,
      `  smaller: netsplit shrink ${failed.runDirectory}`,
    ]),
    ...(report.runtime === 'sim'
      ? [
          `reached by these runs: reorganisations of ${DEEP} blocks and more ${share(reached.deepReorganisations)}, full lines ${share(reached.fullLines)}, ${BEHIND} headers and more without their blocks ${share(reached.headersBehind)}, payments ${share(reached.payments)}`,
        ]
      : []),
    ...(beyond > 0 ? [`in ${plural(beyond, 'run')} the links cannot carry what the network makes`] : []),
    `${passed} of ${plural(runs, 'run')} passed from seed ${seed} on, ${vacuous} of them vacuous, ${plural(disturbed, 'fault')} disturbed, in ${seconds.toFixed(1)} s`,
  ]
}
