// Runs one scenario without a screen: launches its network, carries out its faults, checks what must hold, and goes down.

import { setMaxListeners } from 'node:events'
import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { junit } from '../report/junit.ts'
import type { Plan } from '../spec/types.ts'
import { aborted, type CheckReport, type Direction, type Outcome, perform } from './perform.ts'
import { NetworkRun } from './run.ts'
import type { ScenarioReport } from './scenario-report.ts'

export interface ScenarioOptions extends Direction {
  readonly plan: Plan
  readonly specYaml: string
  readonly runDirectory: string
  /** Goes down at once. */
  readonly hurry: AbortSignal
  /** However little room the machine has for it. */
  readonly force?: boolean
}

/** Rejects with UserError when the network cannot even be launched, or was told to stop. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioReport> {
  const { plan, specYaml, runDirectory, say, signal, hurry, force = false } = options
  const startedMs = performance.now()
  const network = await NetworkRun.open({
    plan,
    specYaml,
    runDirectory,
    observability: false,
    hurried: true,
    force,
  })
  hurry.addEventListener('abort', () => void network.hurry(), { once: true })
  const over = new AbortController()
  setMaxListeners(0, over.signal, signal) // every check that waits listens
  let report: ScenarioReport
  let unrecorded: string | undefined
  try {
    await Promise.race([network.launch(), aborted(signal)])
    say(`${plural(plan.nodes.length, 'node')} ${plan.nodes.length === 1 ? 'stands' : 'stand'}`)
    const told = network.asked.then(why => {
      throw new UserError(EXIT.failure, `the network went down in the middle of the scenario: ${why}`)
    })
    const outcome = await Promise.race([perform(network.testnet, options, over.signal), told])
    report = reportOf(options, outcome, (performance.now() - startedMs) / 1000)
    await keep(network, report)
  } finally {
    over.abort()
    unrecorded = (await network.end('the scenario is over')).unrecorded
  }
  return unrecorded === undefined ? report : failedRecord(report, unrecorded)
}

/** The run has failed, wherever its outcome is read: in lines, as JSON, as JUnit. */
export function failedRecord(report: ScenarioReport, unrecorded: string): ScenarioReport {
  const check: CheckReport = {
    name: 'recorded',
    passed: false,
    asked: 'a record of the run that is whole',
    measured: `missing: ${unrecorded}`,
    message: '',
  }
  return { ...report, passed: false, checks: [...report.checks, check], unrecorded }
}

export function reportOf(
  { plan, runDirectory }: Pick<ScenarioOptions, 'plan' | 'runDirectory'>,
  outcome: Outcome,
  seconds: number,
): ScenarioReport {
  const { runtime, seed } = plan
  // The network may have come under another name beside its likes.
  const { name } = plan.chain
  return {
    name,
    runtime,
    seed,
    passed: outcome.checks.every(check => check.passed),
    vacuous: outcome.vacuous,
    seconds: rounded(seconds),
    checks: outcome.checks,
    faults: outcome.faults.map(({ fromMs, toMs, ...fault }) => ({
      name: fault.name,
      kind: fault.kind,
      target: fault.target,
      from: secondsOf(fromMs),
      to: secondsOf(toMs),
      verified: fault.verified,
      ...(fault.disturbedBy && { disturbedBy: fault.disturbedBy }),
      ...(fault.unmeasured && { unmeasured: fault.unmeasured }),
      asked: fault.asked,
      measured: fault.measured,
    })),
    runDirectory,
  }
}

async function keep(network: NetworkRun, report: ScenarioReport): Promise<void> {
  await network.record('faults.json', `${JSON.stringify(report.faults, null, 2)}\n`)
  const { passed, vacuous } = report
  await network.record('verdict.json', `${JSON.stringify({ passed, vacuous }, null, 2)}\n`)
  await network.record('checks.json', `${JSON.stringify(report.checks, null, 2)}\n`)
  await network.record('junit.xml', junit([report]))
}

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000
const secondsOf = (ms: number | undefined) => (ms === undefined ? null : rounded(ms / 1000))
