// What a check is, and what it is given: the network as others see it, the plan, and the moments of the schedule.

import type { Moments } from '../chaos/moments.ts'
import type { Carriage } from '../network/carriage.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan, PlannedCheck, PlannedStep } from '../spec/types.ts'
import { HEAL } from '../spec/words.ts'

/** What checks see. Nothing of a runtime. */
export interface Ground {
  readonly plan: Plan
  readonly steps: readonly PlannedStep[]
  readonly moments: Moments
  state(): NetworkState
  rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown>
  /** Height at which each node resumed its last life. */
  resumedHeight(node: string): number | undefined
  /** How often it has come up. */
  lives(node: string): number
  /** What nodes and testnet complained of so far, oldest first. */
  troubles(): readonly Trouble[]
  /** Files and sockets that the node's process holds open; undefined where that cannot be known. */
  descriptors(node: string): number | undefined
  nowMs(): number
  wait(ms: number): Promise<void>
}

/** A complaint: an error in a log, a block that was refused, a peer that was blamed. */
export interface Trouble {
  readonly kind: 'error' | 'rejected' | 'blamed'
  /** Undefined: the testnet itself. */
  readonly node: string | undefined
  readonly text: string
}

export interface Verdict {
  readonly passed: boolean
  /** It failed in a way that no waiting can mend: polling ends here. */
  readonly final?: boolean
  /** What must hold, in words. */
  readonly asked: string
  readonly measured: string
  /** For people, when it failed: what to look at. */
  readonly message?: string
  /** Nodes that could not be asked, and why; what was measured is of the others. */
  readonly notAsked?: readonly string[]
  /** It does not hold, and cannot on lines that carry less than the network makes: no failure of the nodes. */
  readonly beyond?: Carriage
}

export interface Check {
  readonly name: string
  readonly describe: string
  /** Begins with the schedule and takes as long as it needs, up to its deadline. */
  run(ground: Ground, wish: PlannedCheck): Promise<Verdict>
}

export const POLL_MS = 50

/** Resolves with the ms from which the check's time counts; undefined when that moment never comes. */
export async function startOf({ moments }: Ground, { within }: PlannedCheck): Promise<number | undefined> {
  if (within.after === undefined) return moments.stoodMs
  return within.after === HEAL ? await moments.healed : await moments.ended(within.after)
}

/** Polls `look` until it passes, fails for good, or the deadline is over; the last look counts. */
export async function poll(
  ground: Ground,
  wish: PlannedCheck,
  look: () => Promise<Verdict>,
): Promise<Verdict> {
  const startMs = await startOf(ground, wish)
  if (startMs === undefined)
    return { passed: false, asked: `something after ${wish.within.after}`, measured: 'that step never began' }
  for (;;) {
    const verdict = await look()
    const over = verdict.passed || verdict.final === true || ground.nowMs() - startMs >= wish.within.ms
    if (over) return verdict
    await ground.wait(POLL_MS)
  }
}

/** Names of the nodes that run now. */
export function runningNodes(ground: Ground): string[] {
  return ground
    .state()
    .nodes.filter(node => node.phase === 'running')
    .map(node => node.name)
}

/** A setting of the check; the schema has given it a default. */
export function setting({ numbers }: PlannedCheck, name: string): number {
  const value = numbers[name]
  if (value === undefined) throw new Error(`the check has no ${name}`)
  return value
}

/** As `setting`, of one that is a word. */
export function word({ words = {} }: PlannedCheck, name: string): string {
  const value = words[name]
  if (value === undefined) throw new Error(`the check has no ${name}`)
  return value
}

/** A few of many, for messages. */
export function some(lines: readonly string[], most = 3): string {
  return lines.length <= most
    ? lines.join('; ')
    : `${lines.slice(0, most).join('; ')}; and ${lines.length - most} more`
}
