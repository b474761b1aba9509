// What systems make the nodes of a network do: their workloads, and what people have them do while it lives.

import { EXIT, UserError } from '../errors.ts'
import type { TestnetEvent } from '../observe/events.ts'
import type { NetworkState } from '../observe/state.ts'
import { own } from '../own.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import { nodesOf, systemsIn, systemsOf } from '../systems/present.ts'
import type { System } from '../systems/system.ts'
import type { Workload, WorkloadClock, WorkloadStage } from '../systems/workload.ts'

interface Stage {
  readonly plan: Plan
  running(): readonly { readonly name: string; readonly planned: PlannedNode }[]
  /** Throws UserError when there is none of that name. */
  planned(node: string): PlannedNode
  rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown>
  observe(event: TestnetEvent): void
  readonly clock: WorkloadClock
  state(): NetworkState
}

export class SystemWork {
  readonly #stage: Stage
  readonly #workloads: readonly Workload[]

  constructor(stage: Stage) {
    this.#stage = stage
    this.#workloads = systemsOf(stage.plan).flatMap(system => system.workload?.(this.#of(system)) ?? [])
  }

  start(): void {
    for (const workload of this.#workloads) workload.start()
  }

  /** Twice is fine. */
  stop(): void {
    for (const workload of this.#workloads) workload.stop()
  }

  /** Rejects with UserError where no node runs the system, or it has no such order. */
  async ask(name: string, order: string, params: object): Promise<object> {
    const { state } = this.#stage
    const system = systemsIn(state()).find(each => each.name === name)
    if (!system) throw new UserError(EXIT.usage, `no node of this network runs ${name}`)
    const work = own(system.orders, order)
    if (!work) throw new UserError(EXIT.usage, `${name} knows no order ${order}`)
    return await work(this.#of(system), params as { readonly [name: string]: unknown }, () => state())
  }

  #of(system: System): WorkloadStage {
    const { plan, running, planned, rpc, observe, clock } = this.#stage
    return {
      ...{ plan, rpc, observe, clock },
      nodes: () => nodesOf(system, running()).map(({ name }) => name),
      groupOf: name => planned(name).group,
      clientOf: name => planned(name).client,
    }
  }
}
