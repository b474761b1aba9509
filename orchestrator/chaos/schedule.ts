// Runs the planned faults of a scenario: each waits for its moment, is put in force, measured, kept, and healed. However it
// ends (time over, a signal, an error), what is in force is healed.

import { UserError } from '../errors.ts'
import { plural } from '../format.ts'
import type { NetworkState } from '../observe/state.ts'
import type { PlannedStep } from '../spec/types.ts'
import type { Operator, Trigger } from '../spec/words.ts'
import { CONDITIONS } from '../systems/conditions.ts'
import type { FaultReport, InjectOptions } from './chaos.ts'
import { inOrder, whenTheyHold } from './due.ts'
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

/** A fault that still waits for its condition says so after this long, and again each time it has waited twice as long. */
const WAITS_MS = 60_000
/** Of those that wait so long, so many are named. */
const MOST_SAID = 5

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
      return await Promise.all(this.#comings(signal).map((due, i) => this.#step(i, due, signal)))
    } finally {
      const left = new Set(this.#stage.faults)
      for (const { name } of this.#steps)
        if (left.has(name)) await this.#stage.heal(name, signal).catch(() => {})
      this.moments.markHealed(this.#stage.nowMs())
    }
  }

  /** For each step, resolves when its moment has come: with false when it will not. */
  #comings(signal: AbortSignal): Promise<boolean>[] {
    const wait = (ms: number) => this.#stage.wait(ms, signal)
    const timed = this.#steps.map(({ trigger }) => (trigger.on === 'time' ? trigger.atMs : undefined))
    const times = inOrder(timed, ms => wait(ms - this.#sinceStood()))
    const awaiting = this.#steps.filter(({ trigger }) => trigger.on === 'state')
    const holding = whenTheyHold(awaiting, {
      metricOf: step => stateOf(step).metric,
      measured: metric => measured(metric, this.#stage.state()),
      holds: (step, value) => compares(stateOf(step), value),
      over: () => signal.aborted || this.#sinceStood() > this.#patienceMs,
      wait,
      sinceMs: () => this.#sinceStood(),
      looked: this.#stillWaiting(),
    })
    const held = new Map(awaiting.map((step, i) => [step, holding[i]]))
    return this.#steps.map(async (step, i) => {
      const { trigger } = step
      const come =
        trigger.on === 'step'
          ? (await this.moments.ended(trigger.step)) !== undefined
          : await (trigger.on === 'time' ? times[i] : held.get(step))
      return come === true && !signal.aborted
    })
  }

  async #step(i: number, due: Promise<boolean>, signal: AbortSignal): Promise<FaultRecord> {
    const step = this.#steps[i] as PlannedStep
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
    if (!(await due)) {
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
    // A trace is measured as it goes: only its end knows of all of it.
    const whole = inForce && fault.kind === 'trace' ? healed[0] : undefined
    const { asked, measured, verified, disturbedBy, unmeasured } = unhealed ?? whole ?? report
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

  /** Says now and then that steps still wait for their conditions. */
  #stillWaiting(): (waiting: readonly PlannedStep[]) => void {
    let sayMs = WAITS_MS
    return waiting => {
      if (this.#sinceStood() < sayMs) return
      sayMs *= 2
      for (const step of waiting.slice(0, MOST_SAID)) {
        const what = `${describeTrigger(step.trigger)}${this.#sofar(step)}`
        this.#stage.note('info', `${step.name} still waits for ${what}`)
      }
      const more = waiting.length - MOST_SAID
      if (more > 0) this.#stage.note('info', `${plural(more, 'more fault')} still waiting`)
    }
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
  return compares(trigger, measured(trigger.metric, state))
}

type StateTrigger = Extract<Trigger, { on: 'state' }>

function compares({ operator, value }: StateTrigger, found: number): boolean {
  return COMPARE[operator](found, value)
}

/** Of a step that waits for one. */
function stateOf({ trigger }: PlannedStep): StateTrigger {
  return trigger as StateTrigger
}

export function describeTrigger(trigger: Trigger): string {
  if (trigger.on === 'time') return `at ${trigger.atMs / 1000}s`
  if (trigger.on === 'step') return `after ${trigger.step}`
  return `${trigger.metric} ${trigger.operator} ${trigger.value}`
}
