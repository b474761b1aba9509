// One node on this machine: opens its ports and its store, sets its services upon them, and takes all down again.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  BitcoinHealth,
  HostEvent,
  LedgerConfig,
  LinkPadding,
  LinkTable,
  MachineConditions,
  MachineState,
  NodeConfig,
  NodeHealth,
  NodeReady,
} from '../api.ts'
import { type Composed, compose, type LedgerPart } from '../compose.ts'
import type { Address, AnyEvent, Random } from '../core/host.ts'
import { createRandom } from '../core/random.ts'
import type { Service } from '../core/service.ts'
import { ConfigError, DamagedStore } from '../errors.ts'
import { hasher } from '../hash.ts'
import type { Miner, MinerSink } from '../ledger/services.ts'
import { wireBytes } from '../ledger/synthetic.ts'
import type { LoggedEvent } from '../log-lines.ts'
import { chainParams } from '../params.ts'
import { BlockTimes } from './block-times.ts'
import { nowMs, systemClock } from './clock.ts'
import { EventLog } from './events.ts'
import { watchHeartbeat } from './heartbeat.ts'
import { type ControlledNode, ControlServer } from './http.ts'
import { watchLifeline } from './lifeline.ts'
import { Log } from './log.ts'
import { Machine } from './machine.ts'
import { hostMethods } from './methods.ts'
import { NodeMetrics, watchLoopLag } from './metrics.ts'
import { WorkerMiner } from './miner.ts'
import { type RpcReply, RpcServer, warmingUp } from './rpc.ts'
import { createSecp256k1 } from './secp.ts'
import { type LevelStore, openStore, StoreFailed, setAside } from './store.ts'
import { TcpConnections } from './tcp.ts'

/** What a node needs to know beside its configuration. */
export interface NodeSurroundings {
  readonly version: string
  /** Bearer token of the control address. */
  readonly token: string
  /** Everything is down; the process should end with this code. */
  onStopped(exitCode: number): void
}

/** What stands once the store is open. */
interface Life {
  readonly store: LevelStore
  readonly service: Service
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
  readonly #random: Random
  readonly #metrics: NodeMetrics
  readonly #blockTimes: BlockTimes
  readonly #connections: TcpConnections
  readonly #control: ControlServer
  #miner: WorkerMiner | undefined
  #life: Life | undefined
  #address: Address = ''
  #status: NodeHealth['status'] = 'starting'

  constructor(config: NodeConfig, around: NodeSurroundings) {
    this.#config = config
    this.#around = around
    this.#random = createRandom(config.seed)
    this.events = new EventLog(config.eventBuffer, nowMs)
    this.log = new Log({ level: config.log, emit: event => this.#emit(event) })
    this.#metrics = new NodeMetrics(
      () => this.#life?.service.readMetrics() ?? [],
      () => this.#gauges(),
    )
    this.#blockTimes = new BlockTimes(this.#metrics)
    const { blockBytes = 0 } = config.services.bitcoin.ledger ?? {}
    this.#connections = new TcpConnections({
      clock: systemClock,
      random: this.#random.fork('links'),
      links: config.links,
      ...(blockBytes > 0 && { bytesOf: (frame: Uint8Array) => wireBytes(frame, blockBytes) }),
      warn: message => this.log.warn(message),
    })
    this.#control = new ControlServer(around.token, this, (what, error) => this.log.bug(what, error))
  }

  /** Ports first: what cannot be had is said before anything is written. */
  async start(): Promise<NodeReady> {
    const { name, services, control, lifeline } = this.#config
    const { listen } = services.bitcoin
    if (lifeline) watchLifeline(process.stdin, () => this.#abandoned('the controller has gone'))
    const [p2p, url] = await Promise.all([this.#connections.listen(listen), this.#control.listen(control)])
    this.#address = p2p
    const resumedHeight = await this.#begin()
    watchLoopLag(this.#metrics)
    const { heartbeatTimeoutMs } = this.#config
    watchHeartbeat(
      heartbeatTimeoutMs,
      () => this.#control.takeAsked(),
      () => this.#abandoned(`nobody has asked anything for ${heartbeatTimeoutMs / 1000} s`),
    )
    if (this.#status === 'starting') this.#status = 'running'
    const { version } = this.#around
    this.#emit({ type: 'node-started', version, resumedHeight, kernel: hasher.kernel })
    this.log.info(`${name} listens on ${p2p}, control ${url}`)
    return { ready: true, name, pid: process.pid, p2p, control: url }
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
    return {
      status: this.#status,
      name: this.#config.name,
      version: this.#around.version,
      boot: this.events.boot,
      p2p: this.#address,
      rssBytes: process.memoryUsage.rss(),
      services: this.#life ? { bitcoin: this.#life.service.status() as unknown as BitcoinHealth } : {},
    }
  }

  rpc(body: string): Promise<RpcReply> {
    return this.#life ? this.#life.rpc.answer(body) : warmingUp()
  }

  metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return this.#metrics.scrape()
  }

  get links(): LinkTable {
    return this.#connections.links
  }

  setLinks(links: LinkTable): void {
    this.#connections.setLinks(links)
  }

  pad({ peer, ...load }: LinkPadding): void {
    this.#life?.service.pad(peer, load)
  }

  reset(peers: readonly Address[]): void {
    this.#connections.reset(peers)
  }

  machine(): MachineState {
    return this.#machine.state()
  }

  /** A disk that is full shows at the next write: that comes at once. */
  setMachine(conditions: MachineConditions): void {
    this.#machine.set(conditions)
    const { clockSkewMs, diskFull } = conditions
    this.#emit({ type: 'machine-set', clockSkewMs, diskFull })
    if (diskFull) this.#life?.store.touch()
  }

  // Up

  /** The services on their store; one that turns out damaged is put aside, once, and they begin anew. Gives the height resumed at. */
  async #begin(): Promise<number> {
    try {
      return await this.#beginOnce()
    } catch (error) {
      if (!(error instanceof DamagedStore)) throw error
      this.#putAside(error)
      return await this.#beginOnce()
    }
  }

  async #beginOnce(): Promise<number> {
    const { service, ledger } = this.#compose()
    const store = await this.#openStore(service.bodies)
    try {
      const sink = service.start({
        clock: this.#machine.clock,
        random: this.#random.fork('core'),
        connections: this.#connections,
        store,
        emit: event => this.#emit(event),
      })
      store.loaded()
      this.#life = { store, service, rpc: this.#makeRpc(service, store) }
      this.#connections.start(sink)
      return ledger?.chain.tip.height ?? 0
    } catch (error) {
      await store.close()
      throw error
    }
  }

  #makeRpc(service: Service, store: LevelStore): RpcServer {
    return new RpcServer({
      methods: hostMethods(service.rpc, {
        stop: why => this.stop(why),
        written: () => store.written(),
      }),
      observe: (method, seconds, ok) => this.#observeCall(method, seconds, ok),
      onBug: (method, error) => this.log.bug(`rpc ${method}`, error),
    })
  }

  #compose(): Composed {
    const { peers, network, ledger } = this.#config.services.bitcoin
    return compose({
      version: this.#around.version,
      random: this.#random,
      listenAddress: dialable(this.#address),
      network,
      peers,
      ledger: ledger && this.#ledgerPart(ledger),
    })
  }

  #ledgerPart({ chain, mining, relay, strategy }: LedgerConfig): LedgerPart {
    return {
      params: chainParams(chain),
      mining,
      relay,
      strategy: strategy && { name: strategy },
      services: { secp: createSecp256k1(), createMiner: sink => this.#createMiner(sink, mining) },
    }
  }

  async #openStore(bodies: readonly string[]): Promise<LevelStore> {
    try {
      return await openStore(this.#storeDirectory, error => this.#storeFailed(error), {
        bodies,
        disk: level => this.#machine.disk(level),
      })
    } catch (error) {
      if (error instanceof StoreFailed)
        throw new ConfigError('store-failed', `dataDirectory ${this.#config.dataDirectory}: ${error.message}`)
      throw error
    }
  }

  /** Simulated mining the ledger does by itself. */
  #createMiner(sink: MinerSink, { hashRateHps, threads }: LedgerConfig['mining']): Miner {
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
    this.#life?.service.stop()
    this.#connections.stop()
    await this.#miner?.close()
    await this.#life?.store.close()
    this.events.close()
    await this.#control.close()
    this.log.close()
    if (removeData) await rm(this.#config.dataDirectory, { recursive: true, force: true })
  }

  // Trouble with the store

  get #storeDirectory(): string {
    return join(this.#config.dataDirectory, 'store')
  }

  #putAside(damage: DamagedStore): void {
    const place = this.#setAside(damage)
    this.#emit({ type: 'store-damaged', detail: damage.message, setAside: place })
    this.log.error(
      `the store is damaged (${damage.message}); set aside as ${place}, peers will be asked for the chain`,
    )
  }

  #setAside(damage: DamagedStore): string {
    try {
      return setAside(this.#storeDirectory, nowMs())
    } catch (error) {
      const why = `the store is damaged (${damage.message}) and cannot be set aside: ${(error as Error).message}`
      throw new ConfigError('store-failed', why)
    }
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

/** A wildcard is an address to listen on, not one to dial. */
function dialable(address: Address): Address | undefined {
  return /^(0\.0\.0\.0|\[::\]):/.test(address) ? undefined : address
}
