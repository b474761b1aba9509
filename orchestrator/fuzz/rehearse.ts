// A scenario in the simulator and nothing beside it: no name claimed, no API, no record. For thousands of runs, of which only
// those that fail are worth a run directory; virtual time makes the recorded run the same.

import { setMaxListeners } from 'node:events'
import { Observer } from '../observe/observer.ts'
import { perform } from '../run/perform.ts'
import { reportOf } from '../run/scenario.ts'
import type { Reached, ScenarioReport } from '../run/scenario-report.ts'
import { VirtualClock } from '../runtime/sim/clock.ts'
import { SimTestnet } from '../runtime/sim/testnet.ts'
import type { Plan } from '../spec/types.ts'

const NOBODY = { say: () => {}, signal: new AbortController().signal }

export async function rehearse(plan: Plan, { say, signal } = NOBODY): Promise<ScenarioReport> {
  const startedMs = performance.now()
  const clock = new VirtualClock(plan.chain.genesisTime * 1000)
  const observer = new Observer({ plan, runtime: 'sim', clock: () => clock.now() })
  let headersBehind = 0
  observer.tap(({ event }) => {
    if (event.type === 'sync-progress') headersBehind = Math.max(headersBehind, event.headers - event.blocks)
  })
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', hurried: true })
  const over = new AbortController()
  setMaxListeners(0, over.signal, signal)
  try {
    await testnet.launch()
    const outcome = await perform(testnet, { say, signal }, over.signal)
    const report = reportOf({ plan, runDirectory: '' }, outcome, (performance.now() - startedMs) / 1000)
    return { ...report, reached: { ...reachedBy(testnet), headersBehind } }
  } finally {
    over.abort()
    await testnet.down('the scenario is over')
  }
}

/** Of nodes that run to the end, in their last life. */
function reachedBy(testnet: SimTestnet): Omit<Reached, 'headersBehind'> {
  const running = testnet.plan.nodes.flatMap(({ name }) => testnet.node(name).heldLedger ?? [])
  return {
    reorgDepth: testnet.state().systems.ledger.totals.reorgMaxDepth,
    fullLines: running.reduce((sum, { parts }) => sum + parts.relay.held, 0),
    payments: Math.max(0, ...running.map(({ parts }) => parts.transactions.counts.accepted)),
  }
}
