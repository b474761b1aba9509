// One node on this machine: opens its ports and its store, sets its services upon them, and takes all down again.

import { rm } from 'node:fs/promises'
import type {
  HostEvent,
  LinkPadding,
  LinkTable,
  MachineConditions,
  MachineState,
  NodeConfig,
  NodeHealth,
  NodeReady,
} from '../api.ts'
import {
  type Composed,
  compose,
  firstOf,
  linksOf,
  namesOf,
  readingsOf,
  type Surroundings,
  teller,
} from '../compose.ts'
import type { Address, AnyEvent, ConnectionSink, Random } from '../core/host.ts'
import { createRandom } from '../core/random.ts'
import type { ListenAt, Service } from '../core/service.ts'
import { partOf } from '../core/store-part.ts'
import { DamagedStore } from '../errors.ts'
import type { Program } from '../foreign/program.ts'
import { hasher } from '../hash.ts'
import type { MinerBudget } from '../kind.ts'
import type { Miner, MinerSink } from '../ledger/services.ts'
import type { LoggedEvent } from '../log-lines.ts'
import type { LoadedStrategy } from '../strategy/strategy.ts'
import { answering } from './answering.ts'
import { BlockTimes } from './block-times.ts'
import { nowMs, systemClock } from './clock.ts'
import { Cookie } from './cookie.ts'
import { EventLog } from './events.ts'
import { groupMemory } from './group-memory.ts'
import { watchHeartbeat } from './heartbeat.ts'
import { type ControlledNode, ControlServer } from './http.ts'
import { watchLifeline } from './lifeline.ts'
import { Log } from './log.ts'
import { Machine } from './machine.ts'
import { isRegtest } from './methods.ts'
import { NodeMetrics, readGroup, watchLoopLag } from './metrics.ts'
import { WorkerMiner } from './miner.ts'
import { openOwnStore, setAsideIn } from './own-store.ts'
import { dialable, Ports } from './ports.ts'
import { type NodeProgram, programOf } from './program-of.ts'
import { answerRest, type RestReply } from './rest.ts'
import { type RpcReply, type RpcServer, warmingUp } from './rpc.ts'
import { createSecp256k1 } from './secp.ts'
import type { LevelStore, StoreFailed } from './store.ts'
import { loadStrategy } from './strategy-file.ts'
import type { NodeSurroundings } from './surroundings.ts'
import { createV2Crypto } from './v2-crypto.ts'

/** What stands once the store is open. */
interface Life {
  readonly store: LevelStore
  readonly services: readonly Service[]
  readonly rpc: RpcServer
}

/** How the node ends when it is stopped. */
interface Ending {
  readonly exitCode?: number
  /** Nobody will come back for it. */
  readonly removeData?: boolean
}

export class LocalNode implements ControlledNode {
  readonly log: Log
  readonly events: EventLog
  readonly #config: NodeConfig
  readonly #around: NodeSurroundings
  readonly #machine = new Machine()
  #strategy: LoadedStrategy | undefined
  readonly #random: Random
  readonly #metrics: NodeMetrics
  readonly #blockTimes: BlockTimes
  readonly #ports: Ports
  readonly #control: ControlServer
  readonly #cookie: Cookie
  #miner: WorkerMiner | undefined
  readonly #program: NodeProgram | undefined
  #life: Life | undefined
  #status: NodeHealth['status'] = 'starting'

  constructor(config: NodeConfig, around: NodeSurroundings) {
    this.#config = config
    this.#around = around
    this.#cookie = new Cookie(config.dataDirectory, around.token)
    this.#random = createRandom(config.seed)
    this.events = new EventLog(config.eventBuffer, nowMs)
    this.log = new Log({ level: config.log, emit: event => this.#emit(event), write: around.writeLog })
    this.#metrics = new NodeMetrics(
      () => [...readingsOf(this.#services), ...readGroup(this.#groupBytes)],
      () => this.#gauges(),
    )
    this.#blockTimes = new BlockTimes(this.#metrics)
    this.#program = programOf(config, {
      onEnded: how => this.stop(how, { exitCode: 1 }),
      say: (level, message) => this.log[level](message),
    })
    this.#ports = new Ports(namesOf(config.services), {
      clock: systemClock,
      random: name => this.#random.fork(linksOf(name)),
      links: config.links,
      roundTripMs: config.roundTripMs,
      bytesOf: (name, frame) => this.#service(name)?.bytesOf?.(frame) ?? frame.length,
      countReceived: name => this.#service(name)?.countReceived?.(),
      warn: message => this.log.warn(message),
      failed: message => {
        this.log.error(message)
        this.stop(message, { exitCode: 1 })
      },
    })
    this.#control = new ControlServer(this, { ...around, onBug: (what, error) => this.log.bug(what, error) })
  }

  /** Ports first: what cannot be had is said before anything is written. */
  async start(): Promise<NodeReady> {
    const { name, services, control, lifeline } = this.#config
    const listenOf = (service: string) => services[service]?.listen as ListenAt
    if (lifeline) watchLifeline(process.stdin, () => this.#abandoned('the controller has gone'))
    const [url] = await Promise.all([this.#control.listen(control), this.#ports.listen(listenOf)])
    await this.#begin()
    this.#cookie.write()
    watchLoopLag(this.#metrics)
    const { heartbeatTimeoutMs: timeoutMs, heartbeatGraceMs: graceMs } = this.#config
    watchHeartbeat(
      timeoutMs,
      () => this.#control.takeAsked(),
      afterMs => this.#abandoned(`nobody has asked anything for ${afterMs / 1000} s`),
      graceMs,
    )
    if (this.#status === 'starting') this.#status = 'running'
    const { ledger, light } = this.health().services.bitcoin ?? {}
    const { height: resumedHeight = 0 } = ledger ?? light ?? {}
    this.#emit({ type: 'node-started', version: this.#around.version, resumedHeight, kernel: hasher.kernel })
    const ports = this.#ports.addresses
    this.log.info(`${name} listens on ${Object.values(ports).join(', ')}, control ${url}`)
    return { ready: true, name, pid: process.pid, p2p: firstOf(ports), ports, control: url }
  }

  /** Takes everything down in order. */
  stop(why: string, ending: Ending = {}): void {
    if (this.#status === 'stopping') return
    this.#status = 'stopping'
    this.#emit({ type: 'node-stopping', why })
    void this.#takeDown(ending).then(
      () => this.#around.onStopped(ending.exitCode ?? 0),
      error => {
        this.log.bug('stopping', error)
        this.#around.onStopped(1)
      },
    )
  }

  /** Something threw what nobody caught. Only a damaged store has a remedy: the next start builds a new one. */
  crashed(error: unknown): void {
    try {
      if (error instanceof DamagedStore) this.#putAside(error)
      else this.log.bug('crash', error)
    } catch (refused) {
      this.log.error((refused as Error).message)
    }
  }

  // What the control address asks

  health(): NodeHealth {
    const groupBytes = this.#groupBytes
    return {
      status: this.#status,
      name: this.#config.name,
      version: this.#around.version,
      boot: this.events.boot,
      timeMs: nowMs(),
      p2p: firstOf(this.#ports.addresses),
      ports: this.#ports.addresses,
      rssBytes: process.memoryUsage.rss() + (this.#program?.usage?.rssBytes ?? 0),
      ...(groupBytes !== undefined && { groupBytes }),
      services: Object.fromEntries(this.#services.map(service => [service.name, service.status()])),
    }
  }

  get #groupBytes(): number | undefined {
    return this.#config.ownGroup ? groupMemory() : undefined
  }

  rpc(body: string, wallet?: string): Promise<RpcReply> {
    return this.#life ? this.#life.rpc.answer(body, wallet) : warmingUp()
  }

  rest(path: string, query: URLSearchParams, body: Buffer): Promise<RestReply> {
    return answerRest(this.#life?.rpc, path, query, body)
  }

  metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return this.#metrics.scrape()
  }

  get links(): LinkTable {
    return this.#ports.links
  }

  setLinks(links: LinkTable): void {
    this.#ports.setLinks(links)
  }

  /** The service that has connections to whoever listens there sends it; others have nobody to send it to. */
  pad({ peer, ...load }: LinkPadding): void {
    for (const service of this.#services) service.pad(peer, load)
  }

  reset(peers: readonly Address[]): void {
    this.#ports.reset(peers)
  }

  machine(): MachineState {
    return this.#machine.state()
  }

  /** Stops the node's clock at this time; undefined lets it run. */
  mockTime(ms: number | undefined): void {
    this.#machine.mockTime(ms)
  }

  /** A disk that is full shows at the next write: that comes at once. */
  setMachine(conditions: MachineConditions): void {
    this.#machine.set(conditions)
    const { clockSkewMs, diskFull } = conditions
    this.#emit({ type: 'machine-set', clockSkewMs, diskFull })
    if (diskFull) this.#life?.store.touch()
  }

  // Up

  /** The services on their store; one that turns out damaged is put aside, once, and they begin anew. */
  async #begin(): Promise<void> {
    try {
      await this.#beginOnce()
    } catch (error) {
      if (!(error instanceof DamagedStore)) throw error
      this.#putAside(error)
      await this.#beginOnce()
    }
  }

  async #beginOnce(): Promise<void> {
    const strategy = this.#config.services.bitcoin?.ledger?.strategy
    if (strategy?.name === 'file') this.#strategy = await loadStrategy(strategy)
    await this.#program?.start()
    const composed = compose(this.#config.services, this.#surroundings)
    const services = composed.map(({ service }) => service)
    const store = await openOwnStore(this.#config.dataDirectory, error => this.#storeFailed(error), {
      bodies: composed.flatMap(({ service, keys }) => service.bodies.map(body => `${keys}${body}`)),
      disk: level => this.#machine.disk(level),
    })
    const sinks = new Map<Service, ConnectionSink>()
    try {
      for (const each of composed) sinks.set(each.service, this.#startService(each, store))
      store.loaded()
      this.#life = { store, services, rpc: this.#makeRpc(services, store) }
      for (const [{ name }, sink] of sinks) this.#ports.start(name, sink)
    } catch (error) {
      for (const service of sinks.keys()) service.stop()
      this.#ports.drop()
      await store.close()
      throw error
    }
  }

  #startService({ service, draws, keys }: Composed, store: LevelStore): ConnectionSink {
    return service.start({
      clock: this.#machine.clock,
      random: this.#random.fork(draws),
      connections: this.#ports.of(service.name),
      datagrams: this.#ports.datagramsOf(service.name),
      store: partOf(store, keys),
      emit: teller(service.name, event => this.#emit(event)),
    })
  }

  #makeRpc(services: readonly Service[], store: LevelStore): RpcServer {
    const host = {
      stop: (why: string) => this.stop(why),
      written: () => store.written(),
      clock: isRegtest(this.#config) ? this.#machine : undefined,
      nowMs: () => this.#machine.clock.now(),
      active: () => this.#life?.rpc.active() ?? [],
      ...{ logFile: this.#around.logFile, logCategories: this.#around.logCategories },
    }
    return answering(services, host, {
      observe: (method, seconds, ok) => this.#observeCall(method, seconds, ok),
      onBug: (method, error) => this.log.bug(`rpc ${method}`, error),
    })
  }

  get #surroundings(): Surroundings {
    return {
      ...{ version: this.#around.version, random: this.#random },
      address: name => dialable(this.#ports.addresses[name]),
      machine: {
        ...{ secp: createSecp256k1, strategy: () => this.#strategy as LoadedStrategy },
        // Here secrets are the machine's, and not the seed's.
        v2Crypto: () => createV2Crypto(),
        ...this.#machine.offers(this.#config.dataDirectory),
        createMiner: (sink, budget) => this.#createMiner(sink, budget),
        program: () => this.#program as Program,
      },
    }
  }

  get #services(): readonly Service[] {
    return this.#life?.services ?? []
  }

  #service(name: string): Service | undefined {
    return this.#services.find(service => service.name === name)
  }

  /** Simulated mining the ledger does by itself. */
  #createMiner(sink: MinerSink, { hashRateHps, threads }: MinerBudget): Miner {
    const onCrash = (why: string) => this.#minerCrashed(why)
    this.#miner = new WorkerMiner({ hashRateHps, threads, onCrash }, sink)
    return this.#miner
  }

  #minerCrashed(why: string): void {
    this.#metrics.count('netsplit_node_miner_crashes_total')
    this.log.error(`${why}; it will be replaced`) // an event as well
  }

  // Down

  #abandoned(why: string): void {
    this.stop(why, { removeData: this.#config.ephemeral })
  }

  async #takeDown({ removeData }: Ending): Promise<void> {
    this.#cookie.remove()
    for (const service of this.#services) service.stop()
    this.#ports.stop()
    await this.#program?.stop()
    await this.#miner?.close()
    await this.#life?.store.close()
    this.#machine.close()
    this.events.close()
    await this.#control.close()
    this.log.close()
    if (removeData) await rm(this.#config.dataDirectory, { recursive: true, force: true })
  }

  // Trouble with the store

  #putAside(damage: DamagedStore): void {
    const place = setAsideIn(this.#config.dataDirectory, damage)
    this.#emit({ type: 'store-damaged', detail: damage.message, setAside: place })
    this.log.error(
      `the store is damaged (${damage.message}); set aside as ${place}, peers will be asked for the chain`,
    )
  }

  #storeFailed(error: StoreFailed): void {
    this.#emit({ type: 'store-failed', detail: error.message })
    this.log.error(`the store in ${this.#config.dataDirectory} failed: ${error.message}`)
    this.stop('the store failed', { exitCode: 1 })
  }

  // What is told and counted

  #emit(event: AnyEvent | HostEvent): void {
    this.#metrics.count('netsplit_node_events_total')
    this.#blockTimes.onEvent(event)
    this.events.emit(event)
    this.log.take(event as LoggedEvent)
  }

  #observeCall(method: string, seconds: number, ok: boolean): void {
    this.#metrics.observe('netsplit_node_rpc_duration_seconds', seconds, { method })
    if (!ok) this.#metrics.count('netsplit_node_rpc_errors_total', { method })
  }

  #gauges() {
    const { version } = this.#around
    return {
      netsplit_node_info: { labels: { version, kernel: hasher.kernel, node: this.#config.name }, value: 1 },
      netsplit_node_event_readers: { value: this.events.readers },
      netsplit_node_store_pending_bytes: { value: this.#life?.store.pendingBytes ?? 0 },
    }
  }
}
