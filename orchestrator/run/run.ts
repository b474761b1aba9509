// A network's whole life in this process: its name claimed, its API and record opened, launched, ended, nothing left behind.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type FaultKind } from '../chaos/faults.ts'
import { rosterOf } from '../chaos/partition.ts'
import { upgraded } from '../clients/upgrade.ts'
import type { ControllerFile, RunSummary } from '../control/api.ts'
import { Controller } from '../control/controller.ts'
import { EXIT, UserError } from '../errors.ts'
import { endOrphans } from '../machine/gc.ts'
import { Keeper } from '../machine/keeper.ts'
import type { KeptAddress } from '../machine/kept.ts'
import { claim, leave, reclaim, release } from '../machine/networks.ts'
import { identityOf } from '../machine/processes.ts'
import { refuseMissing } from '../machine/programs.ts'
import type { OwnTestnet } from '../network/handle.ts'
import { Testnet } from '../network/testnet.ts'
import { Observability } from '../observability/observability.ts'
import { Observer } from '../observe/observer.ts'
import { Recorder } from '../observe/recorder.ts'
import { Chronicle } from '../report/chronicle.ts'
import { reportOfRun, runFacts, writeReport } from '../report/files.ts'
import { cutLogs } from '../runtime/log-file.ts'
import { checkRoom } from '../runtime/room.ts'
import { type Runtime, RuntimeError, type RuntimeErrorCode, type RuntimeOptions } from '../runtime/runtime.ts'
import { runtimeMaker } from '../runtime/runtimes.ts'
import { VirtualClock } from '../runtime/sim/clock.ts'
import type { Plan } from '../spec/types.ts'
import { preciseNow } from '../timers.ts'
import { pageAddress } from '../web/keys.ts'
import { Past } from '../web/past.ts'
import { createWebHandler } from '../web/server.ts'
import { takeRunDirectory } from './run-directory.ts'

/**
 * Nodes hear from a living controller all the time (an open stream of events, a poll a second), except just after their
 * start, when others start beside them and the controller has its turn late: that first time alone grows with the network
 * (`heartbeatGraceMs`). Containers learn of a kill −9 by it, and the README promises them half a minute.
 */
const HEARTBEAT_TIMEOUT_MS = 20_000
const SHOWN_LINES = 50
/** Not the network's fault: the machine lacks something. */
const ENVIRONMENT_CODES: readonly RuntimeErrorCode[] = [
  'port-in-use',
  'no-engine',
  'no-image',
  'wrong-version',
  'no-program',
]

export interface RunOptions {
  readonly plan: Plan
  /** The spec that the plan came from, for the record. */
  readonly specYaml: string
  readonly runDirectory: string
  /** Nobody looks on: virtual time runs as fast as the machine can. */
  readonly hurried?: boolean
  /** The container engine that was asked for. */
  readonly engine?: string | undefined
  /** Prometheus and Grafana beside it. Undefined: where they need nothing of the user, which is in containers. */
  readonly observability?: boolean | undefined
  /** Where its API was when it ran before. */
  readonly address?: KeptAddress | undefined
  /** It was stopped, and comes up again with the chain that it kept. */
  readonly again?: boolean
  /** However little room the machine has for it. */
  readonly force?: boolean
}

interface Parts {
  readonly file: ControllerFile
  readonly controller: Controller
  readonly recorder: Recorder
  readonly chronicle: Chronicle
  readonly testnet: OwnTestnet
  /** What the run is made of has been recorded. */
  readonly written: Promise<unknown>
  readonly keeper: Keeper
  /** Starts Prometheus and Grafana; undefined when they are not wanted. */
  readonly beside: (() => Observability | undefined) | undefined
}

/** What the network itself is made of. */
type Made = Pick<Parts, 'testnet' | 'beside'>

interface Ground {
  readonly options: RunOptions
  readonly file: ControllerFile
  /** The network's state. */
  readonly directory: string
  readonly observer: Observer
  readonly recorder: Recorder
  readonly keeper: Keeper
}

export class NetworkRun {
  readonly testnet: OwnTestnet
  /** Resolves with the reason when somebody asks over the API that the network goes down. */
  readonly asked: Promise<string>
  /** The web page's address. */
  readonly page: string
  readonly #parts: Parts
  #beside: Observability | undefined
  #ending: Promise<RunSummary> | undefined

  /** Claims the name and opens the API; nothing runs yet. Whatever was opened is closed again when it rejects. */
  static async open(options: RunOptions): Promise<NetworkRun> {
    const { plan, again } = options
    if (plan.runtime === 'sim' && options.observability === true)
      throw new UserError(EXIT.usage, 'Prometheus cannot follow virtual time', 'leave --observability out')
    checkRoom(plan, options.force === true)
    const token = options.address?.token ?? newToken()
    const controller = new Controller(token)
    const url = await controller.listen(options.address?.port)
    const file = controllerFile(options, url, token)
    let abandon: (() => Promise<void>) | undefined
    try {
      const directory = again ? reclaim(file) : claim(file)
      if (again) await endOrphans(plan.network)
      const clock = plan.runtime === 'sim' ? new VirtualClock(plan.chain.genesisTime * 1000) : undefined
      const observer = makeObserver(plan, clock)
      const record = await openRecord(options.runDirectory, observer)
      abandon = record.abandon
      const { recorder } = record
      const chronicle = new Chronicle(observer)
      const keeper = new Keeper({ ...options, address: { port: Number(new URL(url).port), token } })
      const ground: Ground = { options, file, directory, observer, recorder, keeper }
      const made = clock ? await simulated(ground, clock) : await real(ground)
      // On the disk in its own time: nothing waits for it but the end.
      const written = writeFacts(recorder, options, observer.state().startedMs)
      const parts: Parts = { file, controller, recorder, chronicle, keeper, written, ...made }
      return new NetworkRun(parts, () => observer.metrics())
    } catch (error) {
      // What was refused leaves no trace; a bug may.
      if (error instanceof UserError) await abandon?.()
      if (again) leave(file)
      else release(file)
      await controller.close()
      throw error
    }
  }

  private constructor(parts: Parts, metrics: () => Promise<string>) {
    this.#parts = parts
    this.testnet = parts.testnet
    const { testnet, controller, file } = parts
    const record = join(file.runDirectory, 'events.ndjson')
    const past = new Past({ plan: testnet.plan, file: record, startedMs: testnet.state().startedMs })
    const web = createWebHandler(testnet, file.token, { past })
    this.page = file.page
    const { keeper } = parts
    this.asked = new Promise(resolve => {
      const onDown = (why: string) => {
        keeper.drop()
        resolve(why)
      }
      const onStop = (why: string) => {
        keeper.keep()
        resolve(why)
      }
      controller.serve({ testnet, metrics, web, onDown, onStop })
    })
  }

  /** Resolves when the network stands. When it rejects (UserError), call `end`. */
  async launch(): Promise<void> {
    await this.testnet.launch().catch(error => {
      throw explain(error)
    })
    this.#parts.keeper.stood = true
    // Not before: nothing takes the machine from nodes that start.
    if (!this.#ending) this.#beside = this.#parts.beside?.()
  }

  /** Ends everything in order: nodes, record, API, and last the claim on the name. Twice is fine. */
  end(why: string): Promise<RunSummary> {
    this.#ending ??= this.#end(why)
    return this.#ending
  }

  /** Adds a file to the run's record; call it before `end`. */
  async record(name: string, content: string): Promise<void> {
    await this.#parts.recorder.file(name, content)
  }

  /** For whoever does not want to wait for `end`: the nodes go at once. */
  async hurry(): Promise<void> {
    await this.testnet.killAll()
  }

  async #end(why: string): Promise<RunSummary> {
    const { file, controller, recorder, chronicle, testnet, written, keeper } = this.#parts
    try {
      await this.#beside?.close()
      if (keeper.keeps) writeKeeper(keeper, testnet.grown, recorder)
      const summary = await testnet.down(why, keeper.keeps)
      await written
      await recorder.close()
      for (const { file, why } of cutLogs(join(recorder.directory, 'logs'))) recorder.lacks(file, why)
      const report = await reportOfRun(recorder.directory, testnet.plan, testnet.state(), chronicle)
      const whole = () => (recorder.missing === undefined ? {} : { unrecorded: recorder.missing })
      await writeReport(
        () => ({ ...report, ...summary, ...whole() }),
        recorder.directory,
        (name, text) => recorder.file(name, text),
      )
      return { ...summary, ...whole() }
    } finally {
      await recorder.close()
      await controller.close()
      if (keeper.keeps) leave(file)
      else release(file)
    }
  }

  /** It can be started again with its chain. */
  get kept(): boolean {
    return this.#parts.keeper.keeps
  }
}

function controllerFile({ plan, runDirectory }: RunOptions, url: string, token: string): ControllerFile {
  return {
    schemaVersion: 1,
    network: plan.network,
    runtime: plan.runtime,
    ...identityOf(process.pid),
    url,
    token,
    page: pageAddress(url, token),
    runDirectory,
  }
}

/** The record takes in every event from now on. `abandon`: it never was. */
async function openRecord(
  directory: string,
  observer: Observer,
): Promise<{ readonly recorder: Recorder; readonly abandon: () => Promise<void> }> {
  const giveBack = takeRunDirectory(directory)
  const warn = (message: string) => observer.observe(undefined, { type: 'note', level: 'warn', message })
  const recorder = await Recorder.create(directory, { onTrouble: warn })
  observer.tap(event => recorder.event(event))
  const abandon = async () => {
    await recorder.close()
    giveBack()
  }
  return { recorder, abandon }
}

/** What the run is made of. */
function writeFacts(recorder: Recorder, { plan, specYaml }: RunOptions, startedMs: number): Promise<unknown> {
  const facts = `${JSON.stringify(runFacts(startedMs), null, 2)}\n`
  return Promise.all([recorder.spec(specYaml), recorder.plan(plan), recorder.file('run.json', facts)])
}

/** A simulation is observed in its own time; how fast its screens change is a matter of real time. */
function makeObserver(plan: Plan, virtual: VirtualClock | undefined): Observer {
  const { runtime } = plan
  if (!virtual) return new Observer({ plan, runtime, clock: preciseNow })
  const startedMs = performance.now()
  return new Observer({
    plan,
    runtime,
    clock: () => virtual.now(),
    realMs: () => performance.now() - startedMs,
  })
}

/** Its code is the nodes' code, which no other runtime loads into this process. */
async function simulated({ options, observer, recorder }: Ground, clock: VirtualClock): Promise<Made> {
  const { plan, runDirectory, hurried } = options
  const { SimTestnet } = await import('../runtime/sim/testnet.ts')
  const behind = () => recorder.behind()
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory, hurried, behind })
  refuseFaults(plan, kind => testnet.cannot(kind))
  return { testnet, beside: undefined }
}

async function real({ options, file, directory, observer, recorder, keeper }: Ground): Promise<Made> {
  const { plan, runDirectory } = options
  const made = await runtimeMaker(plan.runtime, options.engine)
  const token = newToken()
  const forNodes: Omit<RuntimeOptions, 'onExit'> = {
    ...{ plan, directory, token, logDirectory: join(runDirectory, 'logs') },
    heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS,
    onNote: (level, message) => observer.observe(undefined, { type: 'note', level, message }),
  }
  const testnet = new Testnet(plan, {
    ...{ observer, runDirectory, token },
    makeRuntime: onExit => able(made.runtime({ ...forNodes, onExit }), plan),
  })
  // From now on whoever ends it, and however, leaves the chain.
  if (plan.keep) keeper.write(plan)
  observer.tap(({ node, event }) => {
    if (plan.keep && event.type === 'node-added') writeKeeper(keeper, testnet.grown, recorder)
    if (event.type === 'log-failed') recorder.lacks(`logs/${node}.log`, event.detail)
  })
  const beside = () => {
    try {
      return new Observability({
        ...{ network: plan.network, directory, observer },
        tokens: { network: file.token, nodes: token },
        host: made.prometheus({ url: file.url, metrics: () => observer.metrics() }),
      })
    } catch (error) {
      const message = `no Prometheus: ${(error as Error).message}`
      observer.observe(undefined, { type: 'note', level: 'warn', message })
    }
  }
  return { testnet, beside: (options.observability ?? made.observed) ? beside : undefined }
}

/** A network that cannot keep who joined goes on, and goes down, as any other; its end says what was not kept. */
function writeKeeper(keeper: Keeper, grown: Plan, recorder: Recorder): void {
  try {
    keeper.write(grown)
  } catch (error) {
    recorder.lacks('what netsplit start needs', (error as Error).message)
  }
}

/** Refuses what the runtime cannot carry out, before anything runs. */
function able(runtime: Runtime, plan: Plan): Runtime {
  const { blockBytes, nodes, runtime: kind } = plan
  if (kind === 'docker' && blockBytes > 0)
    throw new UserError(
      EXIT.environment,
      'chain.blockSize: the links of containers are shaped by the kernel, which counts the bytes that there are',
      'use --runtime process or --runtime sim',
    )
  const steered = nodes.find(({ strategy }) => strategy?.name === 'selfish' && strategy.gamma !== undefined)
  if (steered)
    throw new UserError(
      EXIT.environment,
      `${steered.name}: only the simulator can set gamma`,
      'write strategy: selfish, and gamma is what the network makes of it; or use --runtime sim',
    )
  refuseFaults(plan, kind => runtime.cannot?.(kind))
  if (kind === 'process') for (const node of nodes) refuseMissing(node)
  refuseUpgrades(plan)
  return runtime
}

/** Throws UserError (exit 4) for nodes that cannot become what is planned, and for a program that is not here. */
function refuseUpgrades(plan: Plan): void {
  for (const { name, fault } of plan.faults ?? []) {
    if (fault.kind !== 'upgrade') continue
    const effect = compile(fault, rosterOf(plan.nodes))
    const nodes = plan.nodes.filter(node => 'nodes' in effect && effect.nodes.includes(node.name))
    for (const node of nodes) upgraded(node, fault.to, plan.runtime)
    const { program } = fault.to
    if (plan.runtime === 'process' && program?.includes('/') && !existsSync(program))
      throw new UserError(EXIT.environment, `fault ${name}: there is no ${program}`)
  }
}

/** Throws UserError (exit 4) for a planned fault that the runtime does not have. */
export function refuseFaults({ faults = [] }: Plan, cannot: (kind: FaultKind) => string | undefined): void {
  for (const { name, fault } of faults) {
    const why = cannot(fault.kind)
    if (why !== undefined) throw new UserError(EXIT.environment, `fault ${name}: ${why}`)
  }
}

/** What the user can do about a launch that failed; bugs stay what they are. */
function explain(error: unknown): unknown {
  if (!(error instanceof RuntimeError)) return error
  const lines = error.lastLines.slice(-SHOWN_LINES).map(line => `  | ${line}`)
  const message = [error.message, ...lines].join('\n')
  const environment = ENVIRONMENT_CODES.includes(error.code)
  return new UserError(environment ? EXIT.environment : EXIT.failure, message, error.hint)
}

function newToken(): string {
  return randomBytes(32).toString('hex')
}
