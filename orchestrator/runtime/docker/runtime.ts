// The docker runtime: one hardened container a node, networks of the testnet's own, a gateway through which alone nodes are asked,
// nothing left behind.
//
// Containers remove themselves when they end, whoever is there to see it; a node that starts again gets a new container on
// the same address and the same volume. Addresses come from the plan, so dial lists and link tables are complete before
// anything runs. Links are shaped below the nodes, as far as the kernel can (link-shaper.ts).

import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import type { LinkTable } from '../../../node/api.ts'
import type { LogEntry } from '../../../node/log-level.ts'
import { launchOf } from '../../clients/client.ts'
import { NodeClient } from '../../network/node-client.ts'
import { type Pace, paceOf } from '../../network/pace.ts'
import type { PlannedNode } from '../../spec/types.ts'
import { within } from '../../timers.ts'
import { lastLines, tail } from '../log-tail.ts'
import { addressesOn } from '../node-config.ts'
import { NodeLogs } from '../node-logs.ts'
import {
  type Addresses,
  type Dials,
  firstAddress,
  type NodeEndpoint,
  type RunLimits,
  type Runtime,
  RuntimeError,
  type RuntimeErrorCode,
  type RuntimeOptions,
} from '../runtime.ts'
import { servicesOf } from '../service-parts.ts'
import { containerConfig, type Wiring } from './container-config.ts'
import { CONTROL_PORT, containerSpec, createVolumes, endpoint, ownName, P2P_PORT } from './container-spec.ts'
import { dataOf } from './data-run.ts'
import { engineError } from './engine.ts'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { MOST_NODES } from './gateway-spec.ts'
import type { Ground } from './ground.ts'
import { Grounds } from './grounds.ts'
import { onceSettled } from './host-loss.ts'
import { type Identity, ownerId } from './labels.ts'
import { burstBytes } from './link-rules.ts'
import { NodeLife } from './node-life.ts'
import { hostAddress } from './subnets.ts'
import { metricsToken, nodeToken } from './tokens.ts'
import { causeOf, untilReady } from './until-ready.ts'
import { GONE_TIMEOUT_MS, STOP_TIMEOUT_MS } from './waits.ts'

const LAST_LINES = 50

export interface DockerRuntimeTuning {
  /** The engine that was asked for; looked for when absent. */
  readonly engine?: string | undefined
  /** How the gateway is reached, where its port does not do. */
  readonly reach?: GatewayOptions['reach']
}

interface Slot {
  /** The place in both subnets. */
  readonly index: number
  /** Where it is, of several. */
  readonly host: string | undefined
  life: NodeLife | undefined
  /** The container of the life before is gone, and its name is free. */
  removed: Promise<unknown>
}

export class DockerRuntime implements Runtime {
  readonly name = 'docker'
  readonly burstBytes = burstBytes
  readonly #options: RuntimeOptions
  readonly #logs: NodeLogs
  readonly #identity: Identity
  readonly #tuning: DockerRuntimeTuning
  readonly #pace: Pace
  readonly #slots = new Map<string, Slot>()
  #prepared: Promise<Grounds> | undefined
  #destroyed: Promise<void> | undefined
  readonly #givenUp = new AbortController()

  constructor(options: RuntimeOptions, tuning: DockerRuntimeTuning = {}) {
    this.#options = options
    this.#tuning = tuning
    this.#pace = paceOf(options.plan)
    const run = randomBytes(6).toString('hex')
    const data = dataOf(options.directory, run)
    this.#identity = { network: options.plan.network, run, owner: ownerId(), data }
    mkdirSync(options.logDirectory, { recursive: true })
    this.#logs = new NodeLogs(options.logDirectory)
    // The plan's nodes have the plan's places, in whatever order they are asked for; newcomers follow.
    for (const { name, host } of options.plan.nodes) this.#addSlot(name, host)
  }

  async reserve(name: string, services: readonly string[], on?: string): Promise<Addresses> {
    const grounds = await this.#prepare()
    const { index, host } = this.#slots.get(name) ?? this.#addSlot(name, on)
    if (index >= MOST_NODES) throw new RangeError(`a network has room for ${MOST_NODES} nodes`)
    const ip = hostAddress(grounds.first.networks.data.subnet, index)
    const addresses = addressesOn(ip, P2P_PORT, services)
    grounds.shaper.know(name, ip, firstAddress(addresses), host)
    this.#introduce(name, grounds.of(host))
    return addresses
  }

  /** To the gateway of its host. */
  #introduce(name: string, { gateway, networks }: Ground): void {
    const host = hostAddress(networks.control.subnet, this.#slot(name).index)
    gateway.know(name, { host, port: CONTROL_PORT, token: nodeToken(this.#options.token, name) })
  }

  async start(node: PlannedNode, dials: Dials, links: LinkTable): Promise<NodeEndpoint> {
    const grounds = await this.#prepare()
    const addresses = await this.reserve(node.name, servicesOf(node), node.host)
    const slot = this.#slot(node.name)
    const [ground, { shaper }] = [grounds.of(slot.host), grounds]
    if (slot.life) throw new Error(`${node.name} already runs`)
    await slot.removed
    const wiring = { addresses, dials, links }
    const launch = () => ground.lanes.run(() => this.#launch(grounds, slot, node, wiring))
    const life = await (ground.host ? onceSettled(launch) : launch())
    // Until its namespace is shaped, the node's transport does all of it.
    shaper.up(node.name, life.id, links)
    shaper.shape(node.name, links).catch(() => {}) // whoever asks for the rest of the links hears of it
    try {
      await untilReady(life, this.#pace, (...what) => this.#failure(node.name, ...what))
      const [gateway, { State }] = await Promise.all([ground.gateway.ready(), life.own.container.inspect()])
      const [control, pid] = [`${gateway}/${node.name}`, pidOnThisMachine(State.Pid, life.id)]
      void life.fallen.then(({ message }) => this.#takeDown(control, life, message))
      return { name: node.name, control, addresses, pid }
    } catch (error) {
      await life.remove(causeOf(error)).catch(() => {})
      await this.#gone(life)
      throw error
    }
  }

  async stop(name: string, how: 'term' | 'kill'): Promise<void> {
    const { life } = this.#slot(name)
    if (!life) return
    await this.#ask(name, how === 'kill' ? life.kill() : life.stop(this.#pace.ms(STOP_TIMEOUT_MS)))
    await this.#gone(life)
  }

  async freeze(name: string, frozen: boolean): Promise<void> {
    const { life } = this.#slot(name)
    await this.#ask(name, frozen ? life?.pause() : life?.unpause())
  }

  async limit(name: string, limits: RunLimits | undefined): Promise<RunLimits> {
    const { life, host } = this.#slot(name)
    const { facts } = (await this.#prepare()).of(host).engine
    if (!life) throw new RuntimeError('no-such-node', `${name} does not run`)
    const planned = this.#options.plan.limits
    const cpus = Math.min(limits?.cpus ?? planned.cpus, facts.cores)
    if (limits) await this.#ask(name, life.limit(cpus, limits.memoryBytes ?? planned.memoryBytes))
    return await life.limits()
  }

  saw(name: string, groupBytes: number): void {
    const { life } = this.#slot(name)
    if (life) life.own.usedBytes = groupBytes
  }

  burn(name: string, cpuMs: number): Promise<number | undefined> | undefined {
    return this.#slot(name).life?.burn(cpuMs)
  }

  async shape(name: string, links: LinkTable): Promise<LinkTable> {
    const { shaper } = await this.#prepare()
    return await shaper.shape(name, links)
  }

  note(name: string, entry: LogEntry): void {
    this.#logs.note(name, entry)
  }

  logs(name: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string> {
    this.#slot(name)
    return tail(this.#logFile(name), lines, follow)
  }

  destroy(keep = false): Promise<void> {
    this.#destroyed ??= this.#destroy(keep)
    return this.#destroyed
  }

  /** Programs that know host and port only say by their user whom they mean. */
  readonly door = async (name: string) => {
    const gateway = await this.gatewayOf(name)
    return { url: await gateway.ready(), user: name, password: nodeToken(this.#options.token, name) }
  }

  /** Through which it is asked. */
  async gatewayOf(name: string): Promise<Gateway> {
    return (await this.#prepare()).of(this.#slot(name).host).gateway
  }

  /** Of whoever reads metrics. */
  get metricsToken(): string {
    return metricsToken(this.#options.token)
  }

  /** For what is to run beside the nodes. */
  async ground(): Promise<Pick<Ground, 'engine' | 'networks' | 'gateway'> & { identity: Identity }> {
    const { engine, networks, gateway } = (await this.#prepare()).first
    return { engine, networks, gateway, identity: this.#identity }
  }

  #prepare(): Promise<Grounds> {
    if (this.#destroyed) return Promise.reject(new Error('the network is going down'))
    const { plan, token, heartbeatTimeoutMs } = this.#options
    this.#prepared ??= Grounds.open({
      ...{ asked: this.#tuning.engine, plan, identity: this.#identity, pace: this.#pace },
      gateway: { token, heartbeatTimeoutMs, reach: this.#tuning.reach },
      gatewayLog: host => this.#logFile(ownName(host === undefined ? 'gateway' : `gateway.${host}`)),
      onNote: (level, message) => this.#options.onNote?.(level, message),
      signal: this.#givenUp.signal,
    })
    return this.#prepared
  }

  async #launch(grounds: Grounds, slot: Slot, node: PlannedNode, wiring: Wiring): Promise<NodeLife> {
    const ground = grounds.of(slot.host)
    const { docker, facts } = ground.engine
    if (this.#destroyed) throw new Error('the network is going down')
    const { plan } = this.#options
    const token = nodeToken(this.#options.token, node.name)
    const named = node.image ?? launchOf(node.client)?.image
    const image = named === undefined ? undefined : await ground.images.get(named)
    const common = { identity: this.#identity, limits: plan.limits, cores: facts.cores }
    const spec = containerSpec({
      ...{ ...common, networks: ground.networks, index: slot.index, token, bothNetworks: facts.twoNetworks },
      image: node.image ?? ground.image,
      config: containerConfig(this.#options, node, {
        networks: ground.networks,
        index: slot.index,
        ...wiring,
      }),
      program: image !== undefined && node.client !== undefined,
    })
    try {
      if (!facts.labelsVolumes) await createVolumes(docker, this.#identity, node)
      const life = await NodeLife.create({
        ...{ docker, spec, logFile: this.#logFile(node.name), watch: each => ground.watch(each, node.name) },
        program: node.client && image && { ...common, image, node },
      })
      this.#adopt(node.name, slot, life, grounds)
      if (!facts.twoNetworks && ground.networks.data !== ground.networks.control)
        await docker.getNetwork(ground.networks.data.id).connect({
          Container: life.id,
          EndpointConfig: endpoint(ground.networks.data.subnet, slot.index),
        })
      await life.start()
      return life
    } catch (error) {
      const { life } = slot
      if (life) await this.#discard(ground, slot, life)
      throw engineError(`${node.name} cannot be started`, error)
    }
  }

  #adopt(name: string, slot: Slot, life: NodeLife, { shaper }: Grounds): void {
    slot.life = life
    void life.died.then(death => {
      if (slot.life !== life) return
      slot.life = undefined
      slot.removed = within(life.removed, this.#pace.ms(GONE_TIMEOUT_MS))
      shaper.down(name)
      const lines = lastLines(this.#logFile(name), LAST_LINES)
      this.#options.onExit({ name, ...death, expected: life.expected, lastLines: lines })
    })
  }

  /** A container that never ran: there is no death to report. */
  async #discard(ground: Ground, slot: Slot, life: NodeLife): Promise<void> {
    slot.life = undefined
    ground.forget(life.own)
    await life.remove().catch(() => {})
  }

  /** Its program is gone, and the node hears of it from us alone. */
  async #takeDown(control: string, life: NodeLife, why: string): Promise<void> {
    const client = new NodeClient(control, this.#options.token)
    await client.stop(why).catch(() => {})
    client.close()
    if (!(await within(life.died, STOP_TIMEOUT_MS))) await life.stop(STOP_TIMEOUT_MS).catch(() => {})
  }

  async #destroy(keep: boolean): Promise<void> {
    this.#givenUp.abort() // an image that is still on its way
    this.#logs.close()
    const grounds = await this.#prepared?.catch(() => undefined)
    if (!grounds) return
    grounds.shaper.close()
    await Promise.all(grounds.all.map(ground => this.#endAll(ground, keep)))
    await grounds.remove(keep)
  }

  /** All nodes of a host. */
  async #endAll(ground: Ground, keep: boolean): Promise<void> {
    const here = [...this.#slots.values()].filter(({ host }) => host === ground.host?.name)
    const lives = here.flatMap(({ life }) => life ?? [])
    if (!(await ground.answers())) {
      for (const life of lives) life.letGo()
      ground.leave()
      return
    }
    // Ended, they remove themselves: asking the engine to remove them as well would have it do the work twice. What is kept
    // is written to the end first.
    await Promise.all([
      ...lives.map(life =>
        (keep ? life.stop(this.#pace.ms(STOP_TIMEOUT_MS)) : life.kill()).then(
          () => this.#gone(life),
          () => life.remove(),
        ),
      ),
      // What they said last comes through it.
      Promise.all(lives.map(({ died }) => died)).then(() => ground.gateway.close()),
    ])
  }

  /** Waits until the container has died and the engine has forgotten it: its name and its address are free again. */
  async #gone(life: NodeLife): Promise<void> {
    const gone = Promise.all([life.died, life.removed])
    if (await within(gone, this.#pace.ms(GONE_TIMEOUT_MS))) return
    life.onRemoved()
    await life.died
  }

  async #ask(name: string, asked: Promise<void> | undefined): Promise<void> {
    try {
      await asked
    } catch (error) {
      throw engineError(name, error)
    }
  }

  #failure(name: string, code: RuntimeErrorCode, what: string, hint?: string): RuntimeError {
    return new RuntimeError(code, `${name} ${what}`, lastLines(this.#logFile(name), LAST_LINES), hint)
  }

  #addSlot(name: string, host: string | undefined): Slot {
    const slot: Slot = { index: this.#slots.size, host, life: undefined, removed: Promise.resolve() }
    this.#slots.set(name, slot)
    return slot
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name)
    if (!slot) throw new RuntimeError('no-such-node', `no node is named ${name}`)
    return slot
  }

  #logFile(name: string): string {
    return this.#logs.fileOf(name)
  }
}

/** An engine in a virtual machine counts processes that are not ours to see. */
function pidOnThisMachine(pid: number, container: string): number | undefined {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(container) ? pid : undefined
  } catch {
    return undefined
  }
}
