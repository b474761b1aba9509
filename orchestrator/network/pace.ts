// How long is waited for what a busy machine does late: one rule for all. What is enough for a small network is stretched by how
// many nodes share a core, and by how long those took that came up so far.

import { availableParallelism } from 'node:os'
import type { Plan } from '../spec/types.ts'

/** So many nodes a core start, stop and answer as one does: measured on two cores, where 20 do and 50 no longer. */
const LIGHT_NODES_PER_CORE = 10
/** A launch that takes longer than this shows a machine that is busy with something. */
const USUAL_LAUNCH_MS = 5_000
/** Nobody waits for ever. */
const MOST = 20

export class Pace {
  #nodes: number
  #cores: number
  /** The slowest launch so far. */
  #slowestMs = 0

  constructor(nodes: number, cores: number) {
    this.#nodes = nodes
    this.#cores = cores
  }

  /** They run on so many cores: an engine's may be others than ours. */
  on(cores: number): void {
    this.#cores = cores
  }

  /** One more runs than was planned. */
  joined(): void {
    this.#nodes += 1
  }

  /** A node came up in so long. */
  took(launchMs: number): void {
    this.#slowestMs = Math.max(this.#slowestMs, launchMs)
  }

  /** What is waited so long for where little runs is waited so long for here. */
  ms(usualMs: number): number {
    const crowd = this.#nodes / (LIGHT_NODES_PER_CORE * this.#cores)
    return Math.round(usualMs * Math.min(MOST, Math.max(1, crowd, this.#slowestMs / USUAL_LAUNCH_MS)))
  }
}

const KNOWN = new WeakMap<Plan, Pace>()

/** That of a network: all who run it have it in common. */
export function paceOf(plan: Plan): Pace {
  let pace = KNOWN.get(plan)
  if (!pace) {
    pace = new Pace(plan.nodes.length, availableParallelism())
    KNOWN.set(plan, pace)
  }
  return pace
}
