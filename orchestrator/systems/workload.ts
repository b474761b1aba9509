// What a system makes its nodes do while a network lives.

import type { PlannedClient } from '../clients/client.ts'
import type { TestnetEvent } from '../observe/events.ts'
import type { Plan } from '../spec/types.ts'

export interface Workload {
  /** The network stands. */
  start(): void
  /** Twice is fine. */
  stop(): void
}

/** The network's own time: virtual in the simulator. */
export interface WorkloadClock {
  nowMs(): number
  /** Runs a task once, so many ms from now; returns what cancels it. */
  after(ms: number, task: () => void): () => void
}

export interface WorkloadStage {
  readonly plan: Plan
  /** Names of the nodes that run the system and can be asked right now. */
  nodes(): readonly string[]
  groupOf(node: string): string
  /** Whose program a node is; undefined: ours. */
  clientOf(node: string): PlannedClient | undefined
  rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown>
  /** What was sent, done and failed is told as events of the network. */
  observe(event: TestnetEvent): void
  readonly clock: WorkloadClock
}
