// `netsplit fuzz`: scenarios made from seeds, one after the other, all safety checks on. What fails is kept, with its seed.

import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { attempt } from '../fuzz/attempt.ts'
import { fuzzSpec } from '../fuzz/generate.ts'
import type { Options } from '../main.ts'
import type { ScenarioReport } from '../scenario.ts'
import { EndSignals } from '../signals.ts'
import { parseDurationMs } from '../spec/units.ts'
import { endsOf, progress } from './ends.ts'
import { recordedOr } from './recorded.ts'
import { reportLines } from './report-lines.ts'
import { print, say } from './say.ts'

const RUNTIMES = ['sim', 'process', 'docker'] as const
type Runtime = (typeof RUNTIMES)[number]
const DEFAULT_RUNS = 100
const MAX_RUNS = 1_000_000
const DEFAULT_TIME_MS: { readonly [runtime in Runtime]: number } = {
  sim: 60_000,
  process: 15_000,
  docker: 20_000,
}
const LEAST_TIME_MS = 5_000
const MOST_TIME_MS = 3_600_000
/** Between two lines of progress where runs are short. */
const TELL_EVERY_MS = 5_000

interface Wish {
  readonly runtime: Runtime
  readonly seed: number
  readonly runs: number
  readonly forMs: number
}

/** The document. */
interface FuzzReport {
  readonly schemaVersion: 1
  readonly runtime: Runtime
  readonly seed: number
  readonly runs: number
  readonly passed: number
  readonly vacuous: number
  /** Faults that others kept from being measured. */
  readonly disturbed: number
  readonly seconds: number
  readonly failures: readonly ScenarioReport[]
}

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const wish = wishOf(options)
  const signals = new EndSignals()
  try {
    const report = await fuzz(wish, signals)
    print(options, report, () => lines(report))
    const verdict = report.failures.length > 0 ? EXIT.check : signals.exitCode(EXIT.ok)
    return recordedOr(verdict, report.failures)
  } finally {
    signals.close()
  }
}

/** Ends early, with what there is, when it is told to. */
async function fuzz({ runtime, seed: first, runs, forMs }: Wish, signals: EndSignals): Promise<FuzzReport> {
  const ends = endsOf(signals)
  const startedMs = performance.now()
  const failures: ScenarioReport[] = []
  let [done, vacuous, disturbed, toldMs] = [0, 0, 0, startedMs]
  for (let seed = first; done < runs && !ends.signal.aborted; seed++) {
    const spec = fuzzSpec(seed, { runtime, forMs })
    const tell = runtime === 'sim' ? () => {} : progress(spec.name)
    const report = await attempt(spec, { say: tell, ...ends }).catch((error: unknown) => {
      if (ends.signal.aborted) return undefined
      throw error
    })
    if (!report) break
    done += 1
    vacuous += report.vacuous ? 1 : 0
    disturbed += report.faults.filter(({ disturbedBy }) => disturbedBy).length
    if (!report.passed) {
      failures.push(report)
      say(`seed ${seed} FAILED: ${failedNames(report)}  ${report.runDirectory}`)
    }
    if (report.unrecorded !== undefined) break // nor would the others be
    if (performance.now() - toldMs < TELL_EVERY_MS) continue
    toldMs = performance.now()
    say(`${done} of ${plural(runs, 'run')}, ${failures.length} failed`)
  }
  const seconds = Math.round(performance.now() - startedMs) / 1000
  return {
    schemaVersion: 1,
    runtime,
    seed: first,
    runs: done,
    passed: done - failures.length,
    vacuous,
    disturbed,
    seconds,
    failures,
  }
}

function wishOf(options: Options): Wish {
  const runtime = RUNTIMES.find(each => each === (options.runtime ?? 'sim'))
  if (!runtime) throw new UserError(EXIT.usage, `--runtime is one of ${RUNTIMES.join(', ')}`)
  const forMs = typeof options.for === 'string' ? parseDurationMs(options.for) : DEFAULT_TIME_MS[runtime]
  if (forMs === undefined || forMs < LEAST_TIME_MS || forMs > MOST_TIME_MS)
    throw new UserError(EXIT.usage, '--for is a duration from 5s to 1h, such as 60s')
  return {
    runtime,
    forMs,
    seed: whole(options, 'seed', 1, 0, Number.MAX_SAFE_INTEGER - MAX_RUNS),
    runs: whole(options, 'runs', DEFAULT_RUNS, 1, MAX_RUNS),
  }
}

/** A flag that takes a whole number. */
export function whole(options: Options, flag: string, fallback: number, least: number, most: number): number {
  const text = options[flag]
  const value = text === undefined ? fallback : Number(text)
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new UserError(EXIT.usage, `--${flag} is a whole number from ${least} to ${most}`)
}

function failedNames({ checks }: ScenarioReport): string {
  return checks.flatMap(({ name, passed }) => (passed ? [] : [name])).join(', ')
}

function lines({ runs, passed, vacuous, disturbed, seconds, seed, failures }: FuzzReport): string[] {
  return [
    ...failures.flatMap(report => [
      ...reportLines(report),
      `  seed ${report.seed}; again: netsplit replay ${report.runDirectory}`,
      `  smaller: netsplit shrink ${report.runDirectory}`,
    ]),
    `${passed} of ${plural(runs, 'run')} passed from seed ${seed} on, ${vacuous} of them vacuous, ${plural(disturbed, 'fault')} disturbed, in ${seconds.toFixed(1)} s`,
  ]
}
