// The simulator without the command line: a spec's network in this process, and everything it told.

import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { type SimOptions, SimTestnet } from '../../orchestrator/runtime/sim/testnet.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

export interface Simulation {
  readonly testnet: SimTestnet
  readonly events: readonly ObservedEvent[]
}

export const MINUTE_MS = 60_000

/** The network stands; its time does not flow until `elapse`. Events of the types not kept are forgotten. */
export async function simulate(
  yaml: string,
  keep: (type: string) => boolean = () => true,
  options: Pick<SimOptions, 'behind'> = {},
): Promise<Simulation> {
  const plan = makePlan(parseSpec(`runtime: sim\nduration: 365d\n${yaml}`, 'test', {}))
  const clock = new VirtualClock(plan.chain.genesisTime * 1000)
  const startedMs = performance.now()
  const observer = new Observer({
    plan,
    runtime: 'sim',
    clock: () => clock.now(),
    realMs: () => performance.now() - startedMs,
  })
  const events: ObservedEvent[] = []
  observer.tap(event => {
    if (keep(event.event.type)) events.push(event)
  })
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', ...options })
  await testnet.launch()
  return { testnet, events }
}
