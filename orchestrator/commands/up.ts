// `netsplit up`: launches a network, shows it, and ends it on time, on request or on Ctrl-C. This process is its controller.

import { onlyRuntime } from '../clients/spec.ts'
import { launchInBackground, orTellParent, type Parent, parentOf } from '../control/background.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { networkName } from '../machine/paths.ts'
import { EndSignals, whyEnded } from '../machine/signals.ts'
import { makeRoomFor } from '../machine/target.ts'
import { appendMarkdown } from '../report/files.ts'
import { isRunner, serveRuns } from '../research/runner.ts'
import { NetworkRun } from '../run/run.ts'
import { runDirectory } from '../run/run-directory.ts'
import { LiveFaults } from '../run/stage.ts'
import { describeUntil, liveUntil, type Until } from '../run/until.ts'
import { hasWatcher, openView, type View } from '../run/view.ts'
import { chooseRuntime } from '../runtime/choose.ts'
import { specToYaml } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { afterwards, recordedOr } from './recorded.ts'
import type { Answered } from './request.ts'
import { say } from './say.ts'
import { printSummary } from './summary.ts'
import { type LaunchRequest, launchArguments, readUp, type UpRequest } from './up-request.ts'

/** When the time is over, the last block may still be on its way, or two of them: the next one decides. */
const AGREE_MS = 10_000
/** For whoever sees a network for the first time: it fits in 80 columns. */
const FIRST_HINT = 'a fork: two blocks of one height. space marks, p cuts off, h heals, ? helps'

/** A child that `--runs` has forked is asked for its runs by messages. */
type Request = UpRequest | { readonly kind: 'runner' }

export function read([file]: ArgsOf<'up'>, flags: FlagsOf<'up'>): Request {
  return isRunner(process) ? { kind: 'runner' } : orTellParent(process, () => readUp(file, flags))
}

export async function run(request: Request): Promise<number> {
  const shownOnStderr = request.kind === 'one' ? !request.launch.json : request.kind === 'runner'
  const signals = new EndSignals({ shownOnStderr })
  const parent = parentOf(process)
  try {
    if (request.kind === 'one') return await launch(request.launch, signals, parent)
    if (request.kind === 'many') {
      const { runMany } = await import('../research/command.ts')
      return await runMany(request.runs, signals)
    }
    await serveRuns(process)
    return EXIT.ok
  } catch (error) {
    parent?.failed(error)
    throw error
  } finally {
    signals.close()
  }
}

async function launch(
  request: LaunchRequest,
  signals: EndSignals,
  parent: Parent | undefined,
): Promise<number> {
  const { spec: asked, engine, until, json } = request
  const directory = runDirectory(request.runDirectory, networkName(asked.name), Date.now())
  if (request.summary !== undefined) makeRoomFor(request.summary)
  const runtime = await signals.during(
    signal => chooseRuntime(asked.runtime ?? onlyRuntime(asked), engine, say, signal),
    `${asked.name} was stopped before it started`,
  )
  const spec = { ...asked, runtime }
  const plan = makePlan(spec)
  if (request.detach) {
    const order = launchArguments(request, runtime)
    return await launchInBackground({ order, plan, directory, json }, signals)
  }
  const person = request.screen && !json && !parent
  const network = await NetworkRun.open({
    plan,
    specYaml: specToYaml(spec),
    runDirectory: directory,
    engine,
    force: request.force,
    // Whoever waits for a moment and sees nothing of the way waits no longer than the machine needs.
    hurried: until !== undefined && !(person && hasWatcher()),
    ...(request.observability !== undefined && { observability: request.observability }),
  })
  const view = openView(network.testnet, {
    page: network.page,
    person,
    ...(parent && { alsoTo: parent.said }),
    ...(request.screenReader && { readOut: true }),
    ...(request.demo && { hint: FIRST_HINT }),
  })
  return await live({ network, view, signals, told: request, until, onReady: () => parent?.ready() })
}

/** How its outcome is told. */
type Told = Answered & Pick<LaunchRequest, 'summary'>

interface Life {
  readonly network: NetworkRun
  readonly view: View
  readonly signals: EndSignals
  readonly told: Told
  /** Ends when this moment comes. */
  readonly until: Until | undefined
  readonly onReady: () => void
}

/** Why a network is to end. */
interface Ended {
  readonly why: string
  readonly exitCode: ExitCode
}

/** From launch to end. Whatever happens in between, the network is taken down in order. */
export async function live(life: Life): Promise<number> {
  const { network, view, signals, told } = life
  let stood = false
  const faults = new LiveFaults(network.testnet)
  const lived = await lifetime(life, faults, () => {
    stood = true
    life.onReady()
  }).catch((failure: unknown) => ({ failure }))
  await view.leave()
  if (process.stderr.isTTY) say('going down; Ctrl-C ends it at once')
  else if (signals.received) say(`${'why' in lived ? `${lived.why}: ` : ''}going down`)
  signals.handle(() => void network.hurry())
  const records = await faults.stop()
  const summary = await network.end('why' in lived ? lived.why : 'the launch failed')
  view.close()
  if (!('why' in lived)) throw lived.failure
  if (!stood)
    throw new UserError(signals.exitCode(EXIT.failure), `${summary.network} was stopped while it started`)
  printSummary(summary, told)
  if (network.kept && !told.json)
    say(`it keeps its chain; netsplit start ${summary.network} brings it up again`)
  for (const { name, asked, fromMs } of records)
    if (fromMs === undefined) say(`${name} never began: ${asked}`)
  if (lived.exitCode !== EXIT.ok) say(lived.why)
  const exitCode = recordedOr(signals.exitCode(lived.exitCode), [summary])
  const page = told.summary
  const pages = page === undefined ? [] : [() => appendMarkdown(page, [summary.runDirectory])]
  return await afterwards(exitCode, pages)
}

/** Resolves when the network is to end; rejects when its launch fails. */
async function lifetime(
  { network, view, signals, until }: Life,
  faults: LiveFaults,
  onReady: () => void,
): Promise<Ended> {
  const { testnet, asked } = network
  const signalled = new Promise<string>(resolve => signals.handle(signal => resolve(whyEnded(signal))))
  const told = Promise.race([asked, view.quit, signalled])
  const early = await Promise.race([network.launch(), told])
  if (early !== undefined) return { why: early, exitCode: EXIT.ok }
  onReady()
  faults.start()
  const woken = new AbortController()
  const { durationMs } = testnet.plan
  const timeOver = until
    ? liveUntil(testnet, until, durationMs, woken.signal)
    : testnet.elapse(durationMs, woken.signal).then(() => false)
  const before = await Promise.race([told, timeOver])
  woken.abort() // a timer that is left would keep this process
  if (typeof before === 'string') return { why: before, exitCode: EXIT.ok }
  // The network stays as it stands at that moment.
  if (until && before) return { why: `${describeUntil(until)} has come`, exitCode: EXIT.ok }
  await Promise.race([faults.stop().then(() => testnet.agree(AGREE_MS)), told])
  if (until)
    return { why: `the time is over, and ${describeUntil(until)} never came`, exitCode: EXIT.failure }
  return { why: 'the time is over', exitCode: EXIT.ok }
}
