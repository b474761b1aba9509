// `netsplit test`: runs scenarios without a screen. Progress goes to stderr; exit 0 when all passed, 3 when a check failed.

import { existsSync } from 'node:fs'
import { EXIT, UserError } from '../errors.ts'
import { underFreeName } from '../machine/free-name.ts'
import { EndSignals } from '../machine/signals.ts'
import { makeRoomFor, writeTarget } from '../machine/target.ts'
import { own } from '../own.ts'
import { appendMarkdown } from '../report/files.ts'
import { junit } from '../report/junit.ts'
import { runScenario } from '../run/scenario.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'
import { BUILT_IN } from '../scenarios/built-in.ts'
import { type Overrides, parseSpec, readSpec, specToYaml } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import type { Spec } from '../spec/schema.ts'
import { nearest } from '../spec/suggest.ts'
import type { Options } from './command.ts'
import { type Ends, endsOf, progress } from './ends.ts'
import { afterwards, recordedOr } from './recorded.ts'
import { reportLines } from './report-lines.ts'
import { print } from './say.ts'

export async function run(names: readonly string[], options: Options): Promise<number> {
  if (names.length === 0) return list(options)
  // Every mistake in every scenario is said before anything runs.
  const specs = names.map(name => loadScenario(name, options as Overrides))
  const atOnce = atOnceOf(options)
  for (const file of [options.junit, options.summary]) if (typeof file === 'string') makeRoomFor(file)
  const signals = new EndSignals()
  try {
    const reports: ScenarioReport[] = []
    try {
      const force = options.force === true
      await runAll(specs, atOnce, { ...endsOf(signals), force }, reports)
    } catch (error) {
      // What was done before a signal is not lost.
      await afterwards(EXIT.ok, evidence(Object.values(reports), options))
      throw error
    }
    print(options, { schemaVersion: 1, scenarios: reports }, () => reports.flatMap(reportLines))
    const verdict = reports.every(report => report.passed) ? EXIT.ok : EXIT.check
    return await afterwards(recordedOr(verdict, reports), evidence(reports, options))
  } finally {
    signals.close()
  }
}

function list(options: Options): number {
  const scenarios = Object.entries(BUILT_IN).map(([name, yaml]) => ({
    name,
    describe: parseSpec(yaml, name, {}).describe ?? '',
  }))
  const width = Math.max(...scenarios.map(({ name }) => name.length))
  print(options, scenarios, () => scenarios.map(({ name, describe }) => `${name.padEnd(width)}  ${describe}`))
  return EXIT.ok
}

/** A built-in scenario by its name, or a file. */
function loadScenario(name: string, overrides: Overrides): Spec {
  const builtIn = own(BUILT_IN, name)
  if (builtIn === undefined && !existsSync(name)) {
    const near = nearest(name, Object.keys(BUILT_IN))
    const hint = near === undefined ? 'netsplit test lists the built-in ones' : `did you mean ${near}?`
    throw new UserError(EXIT.usage, `there is no scenario and no file ${JSON.stringify(name)}`, hint)
  }
  const { seed, nodes, runtime } = overrides
  const spec = parseSpec(builtIn ?? readSpec(name), builtIn === undefined ? name : `${name}.yaml`, {
    seed,
    nodes,
    runtime,
  })
  if (spec.faults === undefined && spec.expect === undefined)
    throw new UserError(EXIT.usage, `${name} is no scenario: it has neither faults nor expect`)
  return spec
}

/** Whatever room the machine has. */
interface Forced {
  readonly force: boolean
}

/** At most so many at a time; in the order in which they were named. */
async function runAll(
  specs: readonly Spec[],
  atOnce: number,
  ends: Ends & Forced,
  reports: ScenarioReport[],
): Promise<void> {
  const waiting = [...specs.entries()]
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      reports[next[0]] = await runOne(next[1], ends)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, specs.length) }, lane))
}

/** The files that were asked for. */
function evidence(reports: readonly ScenarioReport[], { junit: target, summary }: Options) {
  if (reports.length === 0) return []
  const directories = reports.map(report => report.runDirectory)
  return [
    ...(typeof target === 'string' ? [() => writeTarget(target, junit(reports))] : []),
    ...(typeof summary === 'string' ? [() => appendMarkdown(summary, directories)] : []),
  ]
}

/** Several runs of one scenario are told apart by the names that their networks come to have. */
function runOne(spec: Spec, ends: Ends & Forced): Promise<ScenarioReport> {
  return underFreeName(makePlan(spec), (plan, runDirectory) =>
    runScenario({ plan, specYaml: specToYaml(spec), runDirectory, say: progress(plan.network), ...ends }),
  )
}

/** `--parallel` alone: all of them. */
function atOnceOf({ parallel }: Options): number {
  if (parallel === undefined || parallel === false) return 1
  if (parallel === true) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,3}$/.test(parallel)) return Number(parallel)
  throw new UserError(EXIT.usage, `--parallel ${parallel}: how many at once is a whole number`)
}
