// The document of one scenario that was performed.

import type { CheckReport } from './perform.ts'

/** The document of one scenario. */
export interface ScenarioReport {
  readonly name: string
  readonly runtime: string
  readonly seed: number
  readonly passed: boolean
  /** Some fault provoked nothing, or none was verified: what passed was not put to the test. */
  readonly vacuous: boolean
  readonly seconds: number
  readonly checks: readonly CheckReport[]
  readonly faults: readonly FaultOutcome[]
  readonly runDirectory: string
  /** What the record in `runDirectory` lacks; absent: it is whole. */
  readonly unrecorded?: string
  /** How far it came into what seldom happens; of simulations that leave no record. */
  readonly reached?: Reached
}

/** States in which networks go wrong, and in which a random network seldom is. */
export interface Reached {
  readonly reorgDepth: number
  /** Most headers that a node knew without their blocks. */
  readonly headersBehind: number
  /** Announcements that waited because a line was full. */
  readonly fullLines: number
  /** Payments that a node has accepted; of the one with most. */
  readonly payments: number
}

/** `from`, `to`: seconds from when the network stood; null: it never came to that. */
export interface FaultOutcome {
  readonly name: string
  readonly kind: string
  readonly target: string
  readonly from: number | null
  readonly to: number | null
  readonly verified: boolean
  /** Names of the faults for which it could not be measured. */
  readonly disturbedBy?: readonly string[]
  /** There was nothing to measure it by. */
  readonly unmeasured?: true
  readonly asked: string
  readonly measured: string
}
