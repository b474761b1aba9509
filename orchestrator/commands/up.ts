// `netsplit up`: launches a network, shows it, and ends it on time, on request or on Ctrl-C. This process is its controller.

import type { RunSummary } from '../api.ts'
import { launchInBackground, parentOf } from '../background.ts'
import { EXIT, UserError } from '../errors.ts'
import type { Options } from '../main.ts'
import { networkName, runDirectory } from '../paths.ts'
import { NetworkRun } from '../run.ts'
import { chooseRuntime } from '../runtime/choose.ts'
import { EndSignals } from '../signals.ts'
import { loadSpec, type Overrides, specToYaml } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import { LiveFaults } from '../stage.ts'
import { summaryLines } from '../tui/words.ts'
import { openView, type View } from '../view.ts'
import { say } from './say.ts'

/** When the time is over, the last block may still be on its way. */
const AGREE_MS = 3_000

export async function run(args: readonly string[], options: Options): Promise<number> {
  const signals = new EndSignals()
  const parent = parentOf(process)
  try {
    if (isRunner(process)) {
      await serveRuns(process)
      return EXIT.ok
    }
    const asked = loadSpec(args[0], options as Overrides)
    const until = typeof options.until === 'string' ? parseUntil(options.until) : undefined
    if (options.runs !== undefined) return await runMany(asked, options, until, signals)
    const engine = typeof options.engine === 'string' ? options.engine : undefined
    const runtime = await chooseRuntime(asked.runtime, engine, say)
    const spec = { ...asked, runtime }
    const plan = makePlan(spec)
    const folder = typeof options.runDir === 'string' ? options.runDir : undefined
    const directory = runDirectory(folder, networkName(plan.network), Date.now())
    if (options.detach === true)
      return await launchInBackground(args, { ...options, runtime }, plan, directory, signals)
    const network = await NetworkRun.open({
      plan,
      specYaml: specToYaml(spec),
      runDirectory: directory,
      engine,
      ...(typeof options.observability === 'boolean' && { observability: options.observability }),
    })
    const view = openView(network.testnet, {
      page: network.page,
      person: options.tui !== false && options.json !== true && !parent,
      ...(options.screenReader === true && { readOut: true }),
    })
    return await live(network, view, signals, options, () => parent?.ready())
  } catch (error) {
    parent?.failed(error)
    throw error
  } finally {
    signals.close()
  }
}

/** From launch to end. Whatever happens in between, the network is taken down in order. */
async function live(
  network: NetworkRun,
  view: View,
  signals: EndSignals,
  options: Options,
  onReady: () => void,
): Promise<number> {
  let stood = false
  const faults = new LiveFaults(network.testnet)
  const lived = await lifetime(network, view, signals, faults, () => {
    stood = true
    onReady()
  }).catch((failure: unknown) => ({ failure }))
  await view.leave()
  if (process.stderr.isTTY) say('going down; Ctrl-C ends it at once')
  else if (signals.received) say('going down')
  signals.handle(() => void network.hurry())
  await faults.stop()
  const summary = await network.end(typeof lived === 'string' ? lived : 'the launch failed')
  view.close()
  if (typeof lived !== 'string') throw lived.failure
  if (!stood)
    throw new UserError(signals.exitCode(EXIT.failure), `${summary.network} was stopped while it started`)
  report(summary, options)
  return signals.exitCode(EXIT.ok)
}

/** Resolves with the reason why the network is to end; rejects when its launch fails. */
async function lifetime(
  network: NetworkRun,
  view: View,
  signals: EndSignals,
  faults: LiveFaults,
  onReady: () => void,
): Promise<string> {
  const { testnet, asked } = network
  const signalled = new Promise<string>(resolve => signals.handle(signal => resolve(`received ${signal}`)))
  const told = Promise.race([asked, view.quit, signalled])
  const early = await Promise.race([network.launch(), told])
  if (early !== undefined) return early
  onReady()
  faults.start()
  const woken = new AbortController()
  const timeOver = testnet.elapse(testnet.plan.durationMs, woken.signal).then(() => undefined)
  const before = await Promise.race([told, timeOver])
  woken.abort() // a timer that is left would keep this process
  if (before !== undefined) return before
  await Promise.race([faults.stop().then(() => testnet.agree(AGREE_MS)), told])
  return 'the time is over'
}

function report(summary: RunSummary, options: Options): void {
  if (options.json === true) console.log(JSON.stringify(summary, null, 2))
  else for (const line of summaryLines(summary)) console.error(line)
}
