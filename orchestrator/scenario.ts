// Runs one scenario without a screen: launches its network, carries out its faults, checks what must hold, and goes down.

import { setMaxListeners } from 'node:events'
import { type FaultRecord, Schedule } from './chaos/schedule.ts'
import { findCheck } from './checks/all.ts'
import type { Ground, Trouble, Verdict } from './checks/check.ts'
import { type Provocations, watchProvocations } from './checks/provoked.ts'
import { EXIT, UserError } from './errors.ts'
import { junit } from './junit.ts'
import { pause } from './node-client.ts'
import type { ObservedEvent } from './observe/events.ts'
import { descriptorsOf } from './processes.ts'
import { NetworkRun } from './run.ts'
import type { Plan, PlannedCheck } from './spec/types.ts'
import { stageOf } from './stage.ts'
import type { OwnTestnet } from './testnet.ts'

/** The document of one scenario. */
export interface ScenarioReport {
  readonly name: string
  readonly runtime: string
  readonly seed: number
  readonly passed: boolean
  /** Some fault provoked nothing: what passed was not put to the test. */
  readonly vacuous: boolean
  readonly seconds: number
  readonly checks: readonly CheckReport[]
  readonly faults: readonly FaultOutcome[]
  readonly runDirectory: string
}

export interface CheckReport {
  readonly name: string
  readonly passed: boolean
  readonly asked: string
  readonly measured: string
  readonly message: string
}

/** `from`, `to`: seconds from when the network stood; null: it never came to that. */
export interface FaultOutcome {
  readonly name: string
  readonly kind: string
  readonly target: string
  readonly from: number | null
  readonly to: number | null
  readonly verified: boolean
  readonly asked: string
  readonly measured: string
}

export interface ScenarioOptions {
  readonly plan: Plan
  readonly specYaml: string
  readonly runDirectory: string
  /** Told what happens, a line at a time. */
  readonly say: (line: string) => void
  /** Heals what is in force, then goes down. */
  readonly signal: AbortSignal
  /** Goes down at once. */
  readonly hurry: AbortSignal
}

/** Rejects with UserError when the network cannot even be launched, or was told to stop. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioReport> {
  const { plan, specYaml, runDirectory, say, signal, hurry } = options
  const startedMs = performance.now()
  const network = await NetworkRun.open({ plan, specYaml, runDirectory, observability: false })
  hurry.addEventListener('abort', () => void network.hurry(), { once: true })
  const over = new AbortController()
  setMaxListeners(0, over.signal, signal) // every check that waits listens
  try {
    await Promise.race([network.launch(), aborted(signal)])
    say(`${plan.nodes.length} nodes stand`)
    const told = network.asked.then(why => {
      throw new UserError(EXIT.failure, `the network went down in the middle of the scenario: ${why}`)
    })
    const outcome = await Promise.race([perform(network.testnet, options, over.signal), told])
    const report = reportOf(options, outcome, (performance.now() - startedMs) / 1000)
    await keep(network, report)
    return report
  } finally {
    over.abort()
    await network.end('the scenario is over')
  }
}

interface Outcome {
  readonly faults: readonly FaultRecord[]
  readonly checks: readonly CheckReport[]
  readonly vacuous: boolean
}

/** Faults and checks side by side: a check may have to look before and during a fault. */
async function perform(
  testnet: OwnTestnet,
  { signal, say }: ScenarioOptions,
  over: AbortSignal,
): Promise<Outcome> {
  const { faults: steps = [], expect = [], durationMs } = testnet.plan
  const schedule = new Schedule(steps, stageOf(testnet))
  const ground = groundOf(testnet, schedule, over)
  tellMoments(ground, say)
  const provocations = watchProvocations(ground)
  provocations.catch(() => {}) // when all is over before the faults have ended
  const checks = expect.map(wish => runCheck(ground, wish, say))
  const timeOver = durationMs > 0 ? [AbortSignal.timeout(durationMs)] : []
  const faults = await schedule.run(AbortSignal.any([signal, over, ...timeOver]))
  const reports = await Promise.race([Promise.all(checks), aborted(signal)])
  return {
    faults,
    checks: [tookCheck(faults), exitCheck(testnet), ...reports],
    vacuous: isVacuous(await provocations),
  }
}

/** What waits on it is thrown out when `over` aborts. */
function groundOf(testnet: OwnTestnet, { moments }: Schedule, over: AbortSignal): Ground {
  const resumed = new Map<string, number>()
  const troubles: Trouble[] = []
  void (async () => {
    for await (const observed of testnet.events(0, over)) {
      const { event } = observed
      if (event.type === 'node-ready') resumed.set(event.node, event.resumedHeight)
      const trouble = troubleOf(observed)
      if (trouble) troubles.push(trouble)
    }
  })()
  return {
    plan: testnet.plan,
    steps: testnet.plan.faults ?? [],
    moments,
    state: () => testnet.state(),
    rpc: (node, method, params) => testnet.rpc(node, method, params),
    resumedHeight: node => resumed.get(node),
    troubles: () => troubles,
    descriptors: node => descriptorsOf(testnet.state().nodes.find(({ name }) => name === node)?.pid),
    nowMs: () => performance.now(),
    wait: ms => pause(ms, over).then(() => over.throwIfAborted()),
  }
}

/** What checks of hygiene want to hear of. */
function troubleOf({ node, event }: ObservedEvent): Trouble | undefined {
  switch (event.type) {
    case 'log':
      return event.level === 'error' ? { kind: 'error', node, text: event.message } : undefined
    case 'note':
      return event.level === 'error' ? { kind: 'error', node, text: event.message } : undefined
    case 'store-damaged':
    case 'store-failed':
      return { kind: 'error', node, text: `${event.type}: ${event.detail}` }
    case 'block-rejected':
      return { kind: 'rejected', node, text: `refused block ${event.hash}: ${event.reason}` }
    case 'misbehaviour':
      return { kind: 'blamed', node, text: `blamed ${event.address}: ${event.reason}` }
    default:
      return undefined
  }
}

function tellMoments({ steps, moments }: Ground, say: (line: string) => void): void {
  for (const { name, fault } of steps) {
    void moments.began(name).then(ms => ms !== undefined && say(`${name}: ${fault.kind} in force`))
    void moments.ended(name).then(ms => say(ms === undefined ? `${name}: never began` : `${name}: ended`))
  }
}

/** A check that breaks is a check that failed: it could not show what it was asked. */
async function runCheck(
  ground: Ground,
  wish: PlannedCheck,
  say: (line: string) => void,
): Promise<CheckReport> {
  const { name } = wish
  const verdict = await findCheck(name)
    .run(ground, wish)
    .catch((error: Error): Verdict => ({ passed: false, asked: name, measured: error.message }))
  const report = checkReport(name, verdict)
  say(
    `${report.passed ? 'ok' : 'FAILED'} ${name}: ${report.measured}${report.message && ` (${report.message})`}`,
  )
  return report
}

function checkReport(name: string, { passed, asked, measured, message = '' }: Verdict): CheckReport {
  return { name, passed, asked, measured, message }
}

/** A fault that did not take is a failed run, whatever else holds. */
function tookCheck(faults: readonly FaultRecord[]): CheckReport {
  const failed = faults.filter(fault => !fault.verified)
  return checkReport('faults-took', {
    passed: failed.length === 0,
    asked: `${faults.length} faults measured to be there, and gone after their end`,
    measured: `${faults.length - failed.length} of ${faults.length}`,
    message: failed
      .map(({ name, asked, measured }) => `${name}: asked ${asked}, measured ${measured}`)
      .join('; '),
  })
}

/** Nodes end when they are told to, and at no other time. */
function exitCheck(testnet: OwnTestnet): CheckReport {
  const failed = testnet.state().nodes.filter(node => node.phase === 'failed')
  return checkReport('no-unexpected-exit', {
    passed: failed.length === 0,
    asked: 'no node ends by itself',
    measured: failed.length === 0 ? 'none did' : failed.map(({ name }) => name).join(' '),
    message: failed
      .map(({ name, exit }) => `${name}: ${exit?.signal ?? `exit code ${exit?.code}`}`)
      .join('; '),
  })
}

function isVacuous(provocations: Provocations): boolean {
  return [...provocations.values()].some(something => !something)
}

function reportOf(
  { plan, runDirectory }: ScenarioOptions,
  outcome: Outcome,
  seconds: number,
): ScenarioReport {
  const { network: name, runtime, seed } = plan
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
      asked: fault.asked,
      measured: fault.measured,
    })),
    runDirectory,
  }
}

async function keep(network: NetworkRun, report: ScenarioReport): Promise<void> {
  await network.record('faults.json', `${JSON.stringify(report.faults, null, 2)}\n`)
  await network.record('checks.json', `${JSON.stringify(report.checks, null, 2)}\n`)
  await network.record('junit.xml', junit([report]))
}

/** Rejects when `signal` aborts, with its reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000
const secondsOf = (ms: number | undefined) => (ms === undefined ? null : rounded(ms / 1000))
