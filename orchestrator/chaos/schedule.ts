// Runs the planned faults of a scenario: each waits for its moment, is put in force, measured, kept, and healed. However it
// ends (time over, a signal, an error), what is in force is healed.

import { UserError } from '../errors.ts'
import type { NetworkState } from '../observe/state.ts'
import type { PlannedStep } from '../spec/types.ts'
import type { Operator, Trigger } from '../spec/words.ts'
import { CONDITIONS } from '../systems/conditions.ts'
import type { FaultReport, InjectOptions } from './chaos.ts'
import type { Fault, FaultKind } from './faults.ts'
import { Moments } from './moments.ts'

/** What a schedule acts on. */
export interface Stage {
  /** Ids of the faults in force. */
  readonly faults: readonly string[]
  inject(fault: Fault, options: InjectOptions): Promise<FaultReport>
  /** Waits no longer for what comes back late when `signal` aborts. */
  heal(id: string, signal?: AbortSignal): Promise<readonly FaultReport[]>
  state(): NetworkState
  nowMs(): number
  /** Resolves early when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** Tells whoever looks on. */
  note(level: 'info' | 'warn', message: string): void
}

export interface ScheduleOptions {
  /** A condition that has not come by then will not come. Default: it may come until the end. */
  readonly patienceMs?: number | undefined
}

/** What became of one step. Times in ms from when the network stood; undefined: it never came to that. */
export interface FaultRecord {
  readonly name: string
  readonly kind: FaultKind
  readonly target: string
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
  /** It took, and after its end the network was whole again. */
  readonly verified: boolean
  /** The other faults for which that could not be measured. */
  readonly disturbedBy?: readonly string[] | undefined
  /** There was nothing to measure it by. */
  readonly unmeasured?: true | undefined
  readonly asked: string
  readonly measured: string
}

const POLL_MS = 50
/** A fault that still waits for its condition says so after this long, and again each time it has waited twice as long. */
const WAITS_MS = 60_000

export class Schedule {
  readonly moments: Moments
  readonly #steps: readonly PlannedStep[]
  readonly #stage: Stage
  readonly #patienceMs: number

  /** Its time begins now: the network stands. */
  constructor(
    steps: readonly PlannedStep[],
    stage: Stage,
    { patienceMs = Number.POSITIVE_INFINITY }: ScheduleOptions = {},
  ) {
    this.#steps = steps
    this.#stage = stage
    this.#patienceMs = patienceMs
    this.moments = new Moments(steps, stage.nowMs())
  }

  /** Resolves when every step has ended. When `signal` aborts, those in force are healed and the others never begin. */
  async run(signal: AbortSignal): Promise<FaultRecord[]> {
    try {
      return await Promise.all(this.#steps.map(step => this.#step(step, signal)))
    } finally {
      for (const { name } of this.#steps)
        if (this.#stage.faults.includes(name)) await this.#stage.heal(name, signal).catch(() => {})
      this.moments.markHealed(this.#stage.nowMs())
    }
  }

  async #step(step: PlannedStep, signal: AbortSignal): Promise<FaultRecord> {
    const { name, fault, forMs } = step
    const record: FaultRecord = {
      name,
      kind: fault.kind,
      target: '',
      fromMs: undefined,
      toMs: undefined,
      verified: false,
      asked: '',
      measured: '',
    }
    if (!(await this.#due(step, signal))) {
      this.moments.markBegan(name, undefined)
      this.moments.markEnded(name, undefined)
      const asked = describeTrigger(step.trigger)
      this.#stage.note('warn', `${name} never began: ${asked}${this.#sofar(step)}`)
      return { ...record, asked, measured: 'it never began' }
    }
    await this.moments.announce(step)
    let fromMs: number | undefined
    const begun = () => {
      fromMs ??= this.#sinceStood()
      this.moments.markBegan(name, this.#stage.nowMs())
    }
    const report = await this.#inject(step, begun, signal)
    begun() // if it never came so far
    const inForce = report.verified || report.disturbedBy !== undefined || report.unmeasured === true
    if (inForce) await this.#stage.wait((fromMs ?? 0) + forMs - this.#sinceStood(), signal)
    await this.moments.announceEnd(step)
    const healed = this.#stage.faults.includes(name) ? await this.#stage.heal(name, signal) : []
    const toMs = this.#sinceStood()
    this.moments.markEnded(name, this.#stage.nowMs())
    const unhealed = inForce ? healed.find(({ verified }) => !verified) : undefined
    const lapsed = healed.find(each => each.lapsed)?.lapsed
    if (lapsed)
      return {
        ...{ ...record, fromMs, toMs, target: report.target, asked: lapsed.asked },
        measured: `it did not hold throughout: ${lapsed.measured}`,
      }
    const { asked, measured, verified, disturbedBy, unmeasured } = unhealed ?? report
    return {
      ...record,
      fromMs,
      toMs,
      target: report.target,
      verified,
      ...(disturbedBy && { disturbedBy }),
      ...(unmeasured && { unmeasured }),
      asked,
      measured: unhealed ? `after its end: ${measured}` : measured,
    }
  }

  /** A fault that the network refuses now is one that did not take. */
  async #inject(
    { name, fault }: PlannedStep,
    onBegun: () => void,
    signal: AbortSignal,
  ): Promise<FaultReport> {
    try {
      return await this.#stage.inject(fault, { id: name, onBegun, signal, patient: true })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const { kind } = fault
      return { id: name, kind, target: '', asked: kind, measured: error.message, verified: false }
    }
  }

  /** Waits for the step's moment; false when it will not come. */
  async #due(step: PlannedStep, signal: AbortSignal): Promise<boolean> {
    const { trigger } = step
    let sayMs = WAITS_MS
    if (trigger.on === 'time') await this.#stage.wait(trigger.atMs - this.#sinceStood(), signal)
    else if (trigger.on === 'step')
      return (await this.moments.ended(trigger.step)) !== undefined && !signal.aborted
    else
      while (!holds(trigger, this.#stage.state())) {
        if (signal.aborted || this.#sinceStood() > this.#patienceMs) return false
        if (this.#sinceStood() >= sayMs) {
          this.#stage.note(
            'info',
            `${step.name} still waits for ${describeTrigger(trigger)}${this.#sofar(step)}`,
          )
          sayMs *= 2
        }
        await this.#stage.wait(POLL_MS, signal)
      }
    return !signal.aborted
  }

  /** How far what it waits for has come. */
  #sofar({ trigger }: PlannedStep): string {
    if (trigger.on !== 'state') return ''
    return `; ${trigger.metric} is ${measured(trigger.metric, this.#stage.state())}`
  }

  #sinceStood(): number {
    return this.#stage.nowMs() - this.moments.stoodMs
  }
}

const COMPARE: { readonly [operator in Operator]: (a: number, b: number) => boolean } = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
}

function measured(metric: string, state: NetworkState): number {
  const condition = CONDITIONS[metric]
  if (!condition) throw new Error(`there is no condition ${metric}`)
  return condition.value(state)
}

/** Is the condition true now? */
export function holds(trigger: Extract<Trigger, { on: 'state' }>, state: NetworkState): boolean {
  return COMPARE[trigger.operator](measured(trigger.metric, state), trigger.value)
}

export function describeTrigger(trigger: Trigger): string {
  if (trigger.on === 'time') return `at ${trigger.atMs / 1000}s`
  if (trigger.on === 'step') return `after ${trigger.step}`
  return `${trigger.metric} ${trigger.operator} ${trigger.value}`
}
