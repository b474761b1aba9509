// The performance of a scenario on a network that stands: its faults come, its checks look, and what came of both is told.

import { onAbort } from '../aborts.ts'
import { type FaultRecord, Schedule } from '../chaos/schedule.ts'
import { findCheck } from '../checks/all.ts'
import type { Ground, Trouble, Verdict } from '../checks/check.ts'
import { type Provocations, watchProvocations } from '../checks/provoked.ts'
import { endInWords } from '../endings.ts'
import { plural } from '../format.ts'
import { descriptorsOf } from '../machine/processes.ts'
import type { Carriage } from '../network/carriage.ts'
import type { OwnTestnet } from '../network/handle.ts'
import type { ObservedEvent } from '../observe/events.ts'
import { verdictOf } from '../observe/verdict.ts'
import type { PlannedCheck } from '../spec/types.ts'
import { stageOf } from './stage.ts'

export interface CheckReport {
  readonly name: string
  readonly passed: boolean
  readonly asked: string
  readonly measured: string
  readonly message: string
  /** Of whom it was not asked, and why; part of what was measured, too. */
  readonly notAsked?: readonly string[]
  /** Of one that passed only because the lines cannot carry what it asks for. */
  readonly beyond?: Carriage
}

export interface Outcome {
  readonly faults: readonly FaultRecord[]
  readonly checks: readonly CheckReport[]
  readonly vacuous: boolean
}

/** Whom to tell, and when to stop. */
export interface Direction {
  /** Told what happens, a line at a time. */
  readonly say: (line: string) => void
  /** Heals what is in force, then rejects with its reason. */
  readonly signal: AbortSignal
}

/** A condition that has not come by then will not come, in a scenario without a duration. */
const PATIENCE_MS = 10 * 60_000

/** Faults and checks side by side: a check may have to look before and during a fault. Time flows until all is known. */
export async function perform(
  testnet: OwnTestnet,
  { signal, say }: Direction,
  over: AbortSignal,
): Promise<Outcome> {
  const { faults: steps = [], expect = [], durationMs } = testnet.plan
  // What has an end of its own waits until then; what has none must not wait for ever.
  const patienceMs = durationMs > 0 ? undefined : PATIENCE_MS
  const schedule = new Schedule(steps, stageOf(testnet), { patienceMs })
  const ground = groundOf(testnet, schedule, over)
  tellMoments(ground, say)
  const provocations = watchProvocations(ground)
  provocations.catch(() => {}) // when all is over before the faults have ended
  // A check that is thrown out in the middle has found nothing.
  const tell = (line: string) => {
    if (!signal.aborted && !over.aborted) say(line)
  }
  const checks = expect.map(wish => runCheck(ground, wish, tell))
  const timeOver = new AbortController()
  if (durationMs > 0) void testnet.wait(durationMs, over).then(() => timeOver.abort())
  // It ends before its time only when it cannot go on, and says why.
  const flowing = new AbortController()
  const broken = testnet.elapse(0, flowing.signal).then(() => new Promise<never>(() => {}))
  broken.catch(() => {})
  try {
    const faults = await Promise.race([
      schedule.run(AbortSignal.any([signal, over, timeOver.signal])),
      broken,
    ])
    const reports = await Promise.race([Promise.all(checks), aborted(signal), broken])
    return {
      faults,
      checks: [tookCheck(faults), exitCheck(testnet), ...reports],
      vacuous: isVacuous(await provocations, faults),
    }
  } finally {
    flowing.abort()
  }
}

/** What waits on it is thrown out when `over` aborts. */
function groundOf(testnet: OwnTestnet, { moments }: Schedule, over: AbortSignal): Ground {
  const resumed = new Map<string, number>()
  const lives = new Map<string, number>()
  const troubles: Trouble[] = []
  const release = testnet.tap(observed => {
    const { event } = observed
    if (event.type === 'node-ready') {
      resumed.set(event.node, event.resumedHeight)
      lives.set(event.node, (lives.get(event.node) ?? 0) + 1)
    }
    const trouble = troubleOf(observed)
    if (trouble) troubles.push(trouble)
  })
  over.addEventListener('abort', release)
  return {
    plan: testnet.plan,
    steps: testnet.plan.faults ?? [],
    moments,
    state: () => testnet.state(),
    rpc: (node, method, params) => testnet.rpc(node, method, params),
    resumedHeight: node => resumed.get(node),
    lives: node => lives.get(node) ?? 0,
    troubles: () => troubles,
    descriptors: node => descriptorsOf(testnet.state().nodes.find(({ name }) => name === node)?.pid),
    nowMs: () => testnet.nowMs(),
    wait: ms => testnet.wait(ms, over).then(() => over.throwIfAborted()),
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

function checkReport(name: string, verdict: Verdict): CheckReport {
  const { passed, asked, message = '', beyond, notAsked } = verdict
  return {
    ...{ name, passed, asked, message },
    measured: [verdict.measured, ...(notAsked ?? [])].join('; '),
    ...(notAsked && { notAsked }),
    ...(beyond && { beyond }),
  }
}

/** A fault that did not take is a failed run, whatever else holds. One that could not be measured is said and counted. */
function tookCheck(faults: readonly FaultRecord[]): CheckReport {
  const verified = faults.filter(fault => fault.verified)
  const disturbed = faults.filter(fault => verdictOf(fault) === 'disturbed')
  const unmeasured = faults.filter(fault => verdictOf(fault) === 'not measured')
  const failed = faults.filter(fault => verdictOf(fault) === 'not taken')
  return checkReport('faults-took', {
    passed: failed.length === 0,
    asked: `${plural(faults.length, 'fault')} measured to be there, and gone after the end`,
    measured: [
      `${verified.length} of ${faults.length}`,
      ...(disturbed.length > 0 ? [`${disturbed.length} disturbed`] : []),
      ...(unmeasured.length > 0 ? [`${unmeasured.length} not measured`] : []),
    ].join(', '),
    message: [
      ...failed.map(({ name, asked, measured }) => `${name}: asked ${asked}, measured ${measured}`),
      ...[...disturbed, ...unmeasured].map(({ name, measured }) => `${name}: ${measured}`),
    ].join('; '),
  })
}

/** Nodes end when they are told to, and at no other time. */
function exitCheck(testnet: OwnTestnet): CheckReport {
  const failed = testnet.state().nodes.filter(node => node.phase === 'failed')
  return checkReport('no-unexpected-exit', {
    passed: failed.length === 0,
    asked: 'no node ends by itself',
    measured: failed.length === 0 ? 'none did' : failed.map(({ name }) => name).join(' '),
    message: failed.map(({ name, exit }) => (exit ? `${name}: ${endInWords(exit)}` : name)).join('; '),
  })
}

/** Some fault provoked nothing, or of none is known that it was there. */
function isVacuous(provocations: Provocations, faults: readonly FaultRecord[]): boolean {
  const unknown = faults.length > 0 && faults.every(fault => !fault.verified)
  return unknown || [...provocations.values()].some(something => !something)
}

/** Rejects when `signal` aborts, with its reason. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else onAbort(signal, () => reject(signal.reason))
  })
}
