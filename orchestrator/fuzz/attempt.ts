// One run of a fuzzed spec. In virtual time it leaves no trace unless it fails: the run with a record is the same run again.
// On real nodes every run is recorded, and the record of one that passed is removed.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import { underFreeName } from '../machine/free-name.ts'
import { NameTaken } from '../machine/networks.ts'
import { Overloaded } from '../network/carriage.ts'
import { failedRecord, runScenario } from '../run/scenario.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'
import { specToYaml } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import type { Spec } from '../spec/schema.ts'
import type { Plan } from '../spec/types.ts'

export interface AttemptOptions {
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  readonly hurry: AbortSignal
}

/** Runs a spec; the report of one that failed names its run directory. */
export async function attempt(spec: Spec, options: AttemptOptions): Promise<ScenarioReport> {
  const plan = makePlan(spec)
  if (plan.runtime === 'sim') {
    const report = await unrecorded(plan, options)
    if (report.passed) return report
    const recorded = await record(spec, plan, options)
    return recorded.passed ? differing(recorded, report) : recorded
  }
  const report = await record(spec, plan, options)
  if (report.passed) await rm(report.runDirectory, { recursive: true, force: true })
  return report
}

/** Does it fail at all, and which checks? Nothing is kept. */
export async function failures(spec: Spec, options: AttemptOptions): Promise<readonly string[]> {
  const plan = makePlan(spec)
  const report =
    plan.runtime === 'sim' ? await unrecorded(plan, options) : await discarded(record(spec, plan, options))
  return report.checks.filter(({ passed }) => !passed).map(({ name }) => name)
}

async function discarded(run: Promise<ScenarioReport>): Promise<ScenarioReport> {
  const report = await run
  await rm(report.runDirectory, { recursive: true, force: true })
  return report
}

/** A network that cannot even stand is a finding like any other. */
async function unrecorded(plan: Plan, { signal }: AttemptOptions): Promise<ScenarioReport> {
  const { rehearse } = await import('./rehearse.ts') // the nodes' code, which no other runtime loads into this process
  try {
    return await rehearse(plan, { say: () => {}, signal })
  } catch (error) {
    return fallen(plan, '', error, signal)
  }
}

function record(spec: Spec, plan: Plan, options: AttemptOptions): Promise<ScenarioReport> {
  return underFreeName(plan, async (named, runDirectory) => {
    const { say, signal, hurry } = options
    try {
      return await runScenario({ plan: named, specYaml: specToYaml(spec), runDirectory, say, signal, hurry })
    } catch (error) {
      if (error instanceof NameTaken) throw error
      const report = fallen(plan, runDirectory, error, signal)
      const checks = `${JSON.stringify(report.checks, null, 2)}\n`
      const file = 'checks.json'
      return await writeFile(join(runDirectory, file), checks).then(
        () => report,
        (trouble: Error) => failedRecord(report, `${file} (${trouble.message})`),
      )
    }
  })
}

function fallen(plan: Plan, runDirectory: string, error: unknown, signal: AbortSignal): ScenarioReport {
  // Told to stop, or something that the machine lacks: no finding.
  if (signal.aborted || (error instanceof UserError && error.exitCode === EXIT.environment)) throw error
  const { message, stack } = error as Error
  const beyond = error instanceof Overloaded ? error.carriage : undefined
  const checks = [
    {
      name: 'runs',
      passed: beyond !== undefined,
      asked: 'a network that stands and goes on',
      measured: message,
      message: beyond ? '' : (stack ?? ''),
      ...(beyond && { beyond }),
    },
  ]
  const { runtime, seed, chain } = plan
  return {
    name: chain.name,
    runtime,
    seed,
    passed: beyond !== undefined,
    vacuous: false,
    seconds: 0,
    checks,
    faults: [],
    runDirectory,
  }
}

/** The same plan came to different ends: worse than any failed check. */
function differing(recorded: ScenarioReport, first: ScenarioReport): ScenarioReport {
  const failed = first.checks.filter(({ passed }) => !passed).map(({ name }) => name)
  const check = {
    name: 'same-again',
    passed: false,
    asked: `the same plan fails in the same way: ${failed.join(', ')}`,
    measured: 'it passed the second time',
    message: 'the simulation is not deterministic',
  }
  return { ...recorded, passed: false, checks: [...recorded.checks, check] }
}
