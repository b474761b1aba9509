// When what happened in a schedule, for whoever waits for it: a step is about to begin, began, is about to end, has ended.

import type { PlannedStep } from '../spec/types.ts'

/** Done before the step goes on: a look at the network as it is without the fault, or still with it. */
export type Hook = (step: PlannedStep) => Promise<void>

export class Moments {
  /** ms of the clock at which the network stood. */
  readonly stoodMs: number
  readonly #began = new Map<string, Moment>()
  readonly #ended = new Map<string, Moment>()
  readonly #healed = new Moment()
  readonly #before: Hook[] = []
  readonly #ending: Hook[] = []

  constructor(steps: readonly PlannedStep[], stoodMs: number) {
    this.stoodMs = stoodMs
    for (const { name } of steps) {
      this.#began.set(name, new Moment())
      this.#ended.set(name, new Moment())
    }
  }

  /** `hook` runs before each step begins, and the step waits for it. */
  beforeEach(hook: Hook): void {
    this.#before.push(hook)
  }

  /** `hook` runs when a step's time is over, and its end waits for it. */
  beforeEnd(hook: Hook): void {
    this.#ending.push(hook)
  }

  /** Resolves when the step begins, with its ms; with undefined when it never will. */
  began(step: string): Promise<number | undefined> {
    return momentOf(this.#began, step).reached
  }

  /** As `began`, for its end. */
  ended(step: string): Promise<number | undefined> {
    return momentOf(this.#ended, step).reached
  }

  /** Resolves when every step has ended or never will. */
  get healed(): Promise<number | undefined> {
    return this.#healed.reached
  }

  // What follows is for the schedule.

  async announce(step: PlannedStep): Promise<void> {
    await Promise.all(this.#before.map(hook => hook(step)))
  }

  async announceEnd(step: PlannedStep): Promise<void> {
    await Promise.all(this.#ending.map(hook => hook(step)))
  }

  markBegan(step: string, ms: number | undefined): void {
    momentOf(this.#began, step).reach(ms)
  }

  markEnded(step: string, ms: number | undefined): void {
    momentOf(this.#ended, step).reach(ms)
  }

  markHealed(ms: number): void {
    this.#healed.reach(ms)
  }
}

/** Something that is waited for by many and comes once. */
class Moment {
  readonly reached: Promise<number | undefined>
  #resolve: (ms: number | undefined) => void = () => {}

  constructor() {
    this.reached = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  reach(ms: number | undefined): void {
    this.#resolve(ms)
  }
}

function momentOf(moments: ReadonlyMap<string, Moment>, step: string): Moment {
  const moment = moments.get(step)
  if (!moment) throw new Error(`no step ${step}`)
  return moment
}
