// `netsplit replay --until`: a recorded run again in virtual time, up to a moment. There time stands: somebody at a screen
// looks around, steps on with `netsplit time` and ends it; a script gets the summary of the network as it stands.

import { EXIT, UserError } from '../errors.ts'
import type { Recorded } from '../fuzz/record.ts'
import { underFreeName } from '../machine/free-name.ts'
import type { EndSignals } from '../machine/signals.ts'
import type { OwnTestnet } from '../network/handle.ts'
import { perform } from '../run/perform.ts'
import { NetworkRun } from '../run/run.ts'
import { describeUntil, type Until, watchMoment } from '../run/until.ts'
import { openView } from '../run/view.ts'
import { progress } from './ends.ts'
import { recordedOr } from './recorded.ts'
import type { Answered } from './request.ts'
import { say } from './say.ts'
import { printSummary } from './summary.ts'

type Ending = 'come' | 'over' | 'told'

export function replayUntil(
  { plan, specYaml }: Recorded,
  until: Until,
  signals: EndSignals,
  answered: Answered,
): Promise<number> {
  if (plan.runtime !== 'sim')
    throw new UserError(
      EXIT.usage,
      `this run was one of ${plan.runtime} nodes, whose time cannot be stopped`,
      'only runs in virtual time (--runtime sim) can be replayed up to a moment',
    )
  return underFreeName(plan, async (named, runDirectory) => {
    const network = await NetworkRun.open({
      plan: named,
      specYaml,
      runDirectory,
      observability: false,
      hurried: true,
    })
    const person = process.stdout.isTTY === true && !answered.json
    const tell = person ? () => {} : progress(plan.chain.name) // the screen shows it, and would be torn by lines
    const view = openView(network.testnet, { page: network.page, person })
    const signalled = new Promise<'told'>(resolve => signals.handle(() => resolve('told')))
    const told = Promise.race([signalled, network.asked.then(ended), view.quit.then(ended)])
    const stage = new AbortController()
    try {
      const ending = await goTo(network, until, told, stage.signal, tell)
      if (ending === 'come') tell(`${describeUntil(until)}: time stands`)
      if (ending === 'come' && person) await told
      return await leave(ending)
    } finally {
      stage.abort()
      await view.leave()
      await network.end('the replay is over')
      view.close()
    }

    async function leave(ending: Ending): Promise<number> {
      stage.abort()
      await view.leave()
      await network.testnet.steer?.({ time: 'go' }) // what has an orderly end needs time
      const summary = await network.end(`replayed until ${describeUntil(until)}`)
      printSummary(summary, answered)
      if (ending === 'over') say(`the run is over, and ${describeUntil(until)} never came`)
      return recordedOr(signals.exitCode(ending === 'over' ? EXIT.failure : EXIT.ok), [summary])
    }
  })
}

const ended = (): 'told' => 'told'

async function goTo(
  network: NetworkRun,
  until: Until,
  told: Promise<Ending>,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<Ending> {
  const early = await Promise.race([network.launch(), told])
  if (early !== undefined) return early
  const come = standAt(network.testnet, until, signal)
  const { faults, expect, durationMs } = network.testnet.plan
  // What its faults and checks say when they are thrown out is no outcome.
  const say = (line: string) => signal.aborted || tell(line)
  const life =
    faults || expect
      ? perform(network.testnet, { say, signal }, signal)
      : network.testnet.elapse(durationMs, signal)
  const over = life.then((): Ending => 'over')
  over.catch(() => {}) // thrown out when the replay ends before the run does
  return await Promise.race([come, over, told])
}

/** Resolves when the moment has come; not one event more happens then. */
function standAt(testnet: OwnTestnet, until: Until, signal: AbortSignal): Promise<Ending> {
  return new Promise(resolve => {
    const release = watchMoment(testnet, until, () => {
      void testnet.steer?.({ time: 'pause' })
      release()
      resolve('come')
    })
    signal.addEventListener('abort', release, { once: true })
  })
}
