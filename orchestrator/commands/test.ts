// `netsplit test`: runs scenarios without a screen. Progress goes to stderr; exit 0 when all passed, 3 when a check failed.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import { EXIT, UserError } from '../errors.ts'
import { underFreeName } from '../machine/free-name.ts'
import { theirProgram, UPGRADE_VARIABLE } from '../machine/programs.ts'
import { EndSignals } from '../machine/signals.ts'
import { makeRoomFor, writeTarget } from '../machine/target.ts'
import { own } from '../own.ts'
import { appendMarkdown } from '../report/files.ts'
import { junit } from '../report/junit.ts'
import { runScenario } from '../run/scenario.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'
import { BUILT_IN, WITH_OTHERS } from '../scenarios/built-in.ts'
import type { Assignment } from '../spec/assign.ts'
import { besides, type Overrides, parseSpec, readSpec, specToYaml } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import type { Spec } from '../spec/schema.ts'
import { nearest } from '../spec/suggest.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { type Ends, endsOf, progress } from './ends.ts'
import { afterwards, recordedOr } from './recorded.ts'
import { reportLines } from './report-lines.ts'
import { type Answered, readAnswered } from './request.ts'
import { print } from './say.ts'

export interface TestRequest extends Answered {
  /** With the flags on top; none: the built-in ones are listed. */
  readonly specs: readonly Spec[]
  readonly atOnce: number
  /** Whatever room the machine has. */
  readonly force: boolean
  /** Files that tell the outcome, too. */
  readonly junit: string | undefined
  readonly summary: string | undefined
}

/** Every mistake in every scenario is said before anything runs. */
export function read(names: ArgsOf<'test'>, flags: FlagsOf<'test'>): TestRequest {
  const { force, junit, summary } = flags
  return {
    specs: names.map(name => readScenario(name, flags)),
    atOnce: names.length === 0 ? 1 : atOnceOf(flags.parallel),
    ...{ force: force === true, junit, summary },
    ...readAnswered([], flags),
  }
}

export async function run(request: TestRequest): Promise<number> {
  const { specs, atOnce, force } = request
  if (specs.length === 0) return list(request)
  for (const file of [request.junit, request.summary]) if (file !== undefined) makeRoomFor(file)
  const signals = new EndSignals()
  try {
    const reports: ScenarioReport[] = []
    try {
      await runAll(specs, atOnce, { ...endsOf(signals), force }, reports)
    } catch (error) {
      // What was done before a signal is not lost.
      await afterwards(EXIT.ok, evidence(Object.values(reports), request))
      throw error
    }
    print(request, { schemaVersion: 1, scenarios: reports }, () => reports.flatMap(reportLines))
    const verdict = reports.every(report => report.passed) ? EXIT.ok : EXIT.check
    return await afterwards(recordedOr(verdict, reports), evidence(reports, request))
  } finally {
    signals.close()
  }
}

function list(request: Answered): number {
  const scenarios = Object.entries({ ...BUILT_IN, ...WITH_OTHERS }).map(([name, yaml]) => ({
    name,
    describe: parseSpec(yaml, name, {}).describe ?? '',
  }))
  const width = Math.max(...scenarios.map(({ name }) => name.length))
  print(request, scenarios, () => scenarios.map(({ name, describe }) => `${name.padEnd(width)}  ${describe}`))
  return EXIT.ok
}

/** A built-in scenario by its name, or a file. */
function readScenario(name: string, { seed, nodes, runtime, set }: FlagsOf<'test'>): Spec {
  const others = own(WITH_OTHERS, name)
  const builtIn = own(BUILT_IN, name) ?? others
  if (builtIn === undefined && !existsSync(name)) {
    const near = nearest(name, Object.keys({ ...BUILT_IN, ...WITH_OTHERS }))
    const hint = near === undefined ? 'netsplit test lists the built-in ones' : `did you mean ${near}?`
    throw new UserError(EXIT.usage, `there is no scenario and no file ${JSON.stringify(name)}`, hint)
  }
  const asked = (set ?? []).map(assignmentOf)
  const found = others === undefined ? [] : theirs(name, asked, runtime)
  const overrides: Overrides = { seed, nodes, runtime, set: [...found, ...asked] }
  const spec =
    builtIn === undefined
      ? parseSpec(readSpec(name), name, overrides, besides(name))
      : parseSpec(builtIn, `${name}.yaml`, overrides)
  if (spec.faults === undefined && spec.expect === undefined)
    throw new UserError(EXIT.usage, `${name} is no scenario: it has neither faults nor expect`)
  return spec
}

/** `nodes.theirs.program=/opt/x`: one value, as YAML has it. */
function assignmentOf(text: string): Assignment {
  const flag = `--set ${text}`
  const [, path, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (path === undefined)
    throw new UserError(EXIT.usage, flag, 'a path of the spec and its value: nodes.theirs.program=/opt/x')
  try {
    return { path, value: parse(value), flag }
  } catch (error) {
    throw new UserError(EXIT.usage, `${flag}: ${(error as Error).message}`)
  }
}

/** Whose programs the group `theirs` is to be, where the user has not said it. */
function theirs(name: string, asked: readonly Assignment[], runtime: string | undefined): Assignment[] {
  const said = (key: string) => asked.some(({ path }) => path === `nodes.theirs.${key}`)
  // In containers a client brings its image, where it has one.
  if (said('program') || said('image') || runtime === 'docker') return []
  const flag = `the program of ${name}`
  const { client, program } = theirProgram(name)
  const after = name === 'upgrade' ? process.env[UPGRADE_VARIABLE] : undefined
  return [
    ...(said('client') ? [] : [{ path: 'nodes.theirs.client', value: client, flag }]),
    { path: 'nodes.theirs.program', value: program, flag },
    ...(after ? [{ path: 'faults.upgrade.upgrade.to', value: { program: resolve(after) }, flag }] : []),
  ]
}

/** At most so many at a time; in the order in which they were named. */
async function runAll(
  specs: readonly Spec[],
  atOnce: number,
  ends: Ends & Pick<TestRequest, 'force'>,
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
function evidence(reports: readonly ScenarioReport[], { junit: target, summary }: TestRequest) {
  if (reports.length === 0) return []
  const directories = reports.map(report => report.runDirectory)
  return [
    ...(target === undefined ? [] : [() => writeTarget(target, junit(reports))]),
    ...(summary === undefined ? [] : [() => appendMarkdown(summary, directories)]),
  ]
}

/** Several runs of one scenario are told apart by the names that their networks come to have. */
function runOne(spec: Spec, ends: Ends & Pick<TestRequest, 'force'>): Promise<ScenarioReport> {
  return underFreeName(makePlan(spec), (plan, runDirectory) =>
    runScenario({ plan, specYaml: specToYaml(spec), runDirectory, say: progress(plan.network), ...ends }),
  )
}

/** `--parallel` alone: all of them. */
function atOnceOf(parallel: string | true | undefined): number {
  if (parallel === undefined) return 1
  if (parallel === true) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,3}$/.test(parallel)) return Number(parallel)
  throw new UserError(EXIT.usage, `--parallel ${parallel}: how many at once is a whole number`)
}
