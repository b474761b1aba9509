// `netsplit test`: runs scenarios without a screen. Progress goes to stderr; exit 0 when all passed, 3 when a check failed.

import { setMaxListeners } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { junit } from '../junit.ts'
import type { Options } from '../main.ts'
import { networkName, runDirectory } from '../paths.ts'
import { runScenario, type ScenarioReport } from '../scenario.ts'
import { BUILT_IN } from '../scenarios/built-in.ts'
import { EndSignals } from '../signals.ts'
import { type Overrides, parseSpec, readSpec, specToYaml } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import type { Spec } from '../spec/schema.ts'
import { nearest } from '../spec/suggest.ts'
import { print } from './say.ts'

/** Two signals: end in order, end at once. */
interface Ends {
  readonly signal: AbortSignal
  readonly hurry: AbortSignal
}

export async function run(names: readonly string[], options: Options): Promise<ExitCode> {
  if (names.length === 0) return list(options)
  // Every mistake in every scenario is said before anything runs.
  const specs = names.map(name => loadScenario(name, options as Overrides))
  const signals = new EndSignals()
  try {
    const reports = await runAll(specs, options, endsOf(signals))
    if (typeof options.junit === 'string') writeJunit(options.junit, reports)
    print(options, { schemaVersion: 1, scenarios: reports }, () => reports.flatMap(reportLines))
    return reports.every(report => report.passed) ? EXIT.ok : EXIT.check
  } finally {
    signals.close()
  }
}

function list(options: Options): ExitCode {
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
  const builtIn = BUILT_IN[name]
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

async function runAll(specs: readonly Spec[], options: Options, ends: Ends): Promise<ScenarioReport[]> {
  if (options.parallel === true) return await Promise.all(specs.map(spec => runOne(spec, ends)))
  const reports: ScenarioReport[] = []
  for (const spec of specs) reports.push(await runOne(spec, ends))
  return reports
}

async function runOne(spec: Spec, ends: Ends): Promise<ScenarioReport> {
  const plan = makePlan(spec)
  const startedMs = performance.now()
  const say = (line: string) => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)
    console.error(`${seconds} s  ${spec.name}  ${line}`)
  }
  const directory = runDirectory(undefined, networkName(plan.network), Date.now())
  return await runScenario({ plan, specYaml: specToYaml(spec), runDirectory: directory, say, ...ends })
}

function endsOf(signals: EndSignals): Ends {
  const orderly = new AbortController()
  const hurry = new AbortController()
  setMaxListeners(0, orderly.signal, hurry.signal) // every scenario listens
  signals.handle(signal => {
    orderly.abort(
      new UserError(signals.exitCode(EXIT.interrupted), `received ${signal}: healed and gone down`),
    )
    signals.handle(() => hurry.abort())
  })
  return { signal: orderly.signal, hurry: hurry.signal }
}

function writeJunit(file: string, reports: readonly ScenarioReport[]): void {
  try {
    writeFileSync(file, junit(reports))
  } catch (error) {
    throw new UserError(EXIT.environment, `cannot write ${file}: ${(error as Error).message}`)
  }
}

function reportLines({ name, passed, vacuous, seconds, checks, runDirectory }: ScenarioReport): string[] {
  const failed = checks.filter(check => !check.passed)
  const good = `${checks.length - failed.length} of ${checks.length} checks`
  return [
    `${passed ? 'passed' : 'FAILED'}  ${name}  ${seconds.toFixed(1)} s  ${good}${vacuous ? '  vacuous: a fault provoked nothing' : ''}`,
    ...failed.flatMap(({ name, asked, measured, message }) => [
      `  ${name}: asked ${asked}; measured ${measured}`,
      ...(message === '' ? [] : [`    ${message}`]),
    ]),
    ...(passed ? [] : [`  run: ${runDirectory}`]),
  ]
}
