// The gateway of a network: one container, started beside the nodes, told who they are, and started anew on its port when it ends
// while the network runs. Streams that it carried go on where they broke.

import type Docker from 'dockerode'
import { howItEnded, type NodeEnd } from '../../endings.ts'
import { type GatewayNode, ROUTE } from '../../gateway/api.ts'
import { refusal } from '../../gateway/asks.ts'
import { Lanes } from '../../lanes.ts'
import { pause } from '../../network/node-client.ts'
import type { Pace } from '../../network/pace.ts'
import { within } from '../../timers.ts'
import { lastLines } from '../log-tail.ts'
import { RuntimeError, type RuntimeOptions } from '../runtime.ts'
import { ContainerLife } from './container.ts'
import { engineError } from './engine.ts'
import { takesCalls } from './engine-alive.ts'
import { execWay } from './exec-way.ts'
import { type Answering, GatewayClient, isGateway } from './gateway-client.ts'
import {
  controlEndpoint,
  GATEWAY_PORT,
  type GatewayWish,
  gatewaySpec,
  TUNNEL_COMMAND,
} from './gateway-spec.ts'
import { gatewayId, metricsToken } from './tokens.ts'
import { Tunnel } from './tunnel.ts'
import { READY_TIMEOUT_MS } from './waits.ts'

/** What an engine that ignores what is asked of its networks makes of them. */
const SEEN =
  'the engine gives its machine an address on networks that were to have none: nodes reach what listens there on all addresses (0.0.0.0)'
/** Of these more than one knows. */
const WITH_ENGINE: ReadonlySet<NodeEnd['cause']> = new Set(['engine', 'host', 'unseen'])
const LAST_LINES = 20
/** Between attempts to start it anew. */
const AGAIN_MS = [0, 250, 1_000, 2_000, 5_000] as const

export interface GatewayOptions extends Omit<GatewayWish, 'hostPort' | 'config'> {
  readonly docker: Docker
  /** The network's, which the controller alone knows. */
  readonly token: string
  readonly heartbeatTimeoutMs: number
  readonly pace: Pace
  /** Where it is, of several. */
  readonly host?: string | undefined
  readonly logFile: string
  /** `exec`: its port is of no use here, as that of an engine elsewhere. Default: its port, where that answers. */
  readonly reach?: 'exec' | undefined
  /** The engine is heard about it from now on. */
  readonly watch: (life: ContainerLife) => void
  readonly onNote: NonNullable<RuntimeOptions['onNote']>
}

export class Gateway {
  readonly #options: GatewayOptions
  readonly #nodes = new Map<string, GatewayNode>()
  readonly #answers = new Map<string, () => Promise<string>>()
  readonly #over = new AbortController()
  #life: ContainerLife | undefined
  #client: GatewayClient | undefined
  /** Where it is asked. */
  #url: string | undefined
  /** The one that is published, on the engine's machine. */
  #port: string | undefined
  #tunnel: Tunnel | undefined
  /** It can be used; rejects when it could not be started. */
  #up: Promise<void> = Promise.resolve()
  /** Its table is this life's, and whole. */
  #told: Promise<void> | undefined
  /** One table after the other: the last that it gets is the whole one. */
  readonly #tables = new Lanes(1)

  constructor(options: GatewayOptions) {
    this.#options = options
    let said = false
    this.answers(ROUTE.seen, async () => {
      if (!said) options.onNote('warn', SEEN)
      said = true
      return ''
    })
  }

  /** Begins; `ready` says when that is done. */
  start(): void {
    this.#up = this.#begin(this.#options.reach === 'exec' ? undefined : '')
    this.#up.catch(() => {}) // whoever needs it hears of it
  }

  /** It forwards to this node from now on: from the next `ready` on, that is. */
  know(name: string, node: GatewayNode): void {
    const before = this.#nodes.get(name)
    if (before?.host === node.host && before.token === node.token) return
    this.#nodes.set(name, node)
    this.#told = undefined
  }

  /** What it answers to GET of this path, which it asks us for; other than text/plain nobody wants so far. */
  answers(path: string, text: () => Promise<string>): void {
    this.#answers.set(path, text)
  }

  /** `http://127.0.0.1:port` on this machine, once it forwards to everybody who is known. */
  async ready(): Promise<string> {
    await this.#up
    this.#told ??= this.#tell()
    await this.#told
    return this.#url as string
  }

  /** Nobody needs it any more; resolves when its container is gone. */
  async close(): Promise<void> {
    this.#over.abort()
    this.#client?.close()
    await this.#up.catch(() => {})
    this.#tunnel?.close()
    const life = this.#life
    if (!life) return
    await life.kill().catch(() => {})
    await within(life.removed, this.#readyMs)
  }

  /** The engine does not answer any more: nothing of it is waited for. */
  letGo(): void {
    this.#over.abort()
    this.#client?.close()
    this.#tunnel?.close()
    this.#life?.letGo()
  }

  get #readyMs(): number {
    return this.#options.pace.ms(READY_TIMEOUT_MS)
  }

  async #begin(hostPort: string | undefined): Promise<void> {
    const { docker, token, heartbeatTimeoutMs, pace, logFile, watch, networks } = this.#options
    const tokens = { token, metricsToken: metricsToken(token), id: gatewayId(token, this.#options.host) }
    const config = { ...tokens, heartbeatTimeoutMs, heartbeatGraceMs: pace.ms(heartbeatTimeoutMs) }
    try {
      const life = await ContainerLife.create(
        docker,
        gatewaySpec({ ...this.#options, config, hostPort }),
        logFile,
      )
      this.#life = life
      // What led to the one before it may not know for long that it leads nowhere.
      this.#tunnel?.renew()
      watch(life)
      try {
        if (!this.#options.bothNetworks)
          await docker
            .getNetwork(networks.control.id)
            .connect({ Container: life.id, EndpointConfig: controlEndpoint(networks) })
        await life.start(docker)
        await this.#awaited(life)
        await this.#serve(life)
        void life.died.then(death => this.#onDied(life, death))
      } catch (error) {
        await life.remove().catch(() => {})
        life.onRemoved()
        throw error
      }
    } catch (error) {
      throw engineError('the gateway cannot be started', error)
    }
  }

  async #awaited(life: ContainerLife): Promise<void> {
    const ready = life.ready.then(() => true)
    const died = life.died.then(death => {
      throw this.#failure(`ended before it was ready (${howItEnded(death)})`)
    })
    died.catch(() => {}) // a later death is another story
    if (!(await within(Promise.race([ready, died]), this.#readyMs)))
      throw this.#failure(`did not answer for ${this.#readyMs / 1000} s`)
  }

  async #serve(life: ContainerLife): Promise<void> {
    if (this.#client) return // it has come back where it was
    this.#url = (await this.#published(life)) ?? (await this.#tunnelled())
    this.#client = new GatewayClient(this.#url, this.#options.token)
    void this.#client.serve(this.#answering, this.#over.signal)
  }

  /** Undefined: there is none, or not on this machine. */
  async #published(life: ContainerLife): Promise<string | undefined> {
    const { NetworkSettings } = await life.container.inspect()
    this.#port = NetworkSettings.Ports[`${GATEWAY_PORT}/tcp`]?.[0]?.HostPort
    if (!this.#port) return undefined
    const url = `http://127.0.0.1:${this.#port}`
    return (await isGateway(url, gatewayId(this.#options.token, this.#options.host))) ? url : undefined
  }

  /** Through the engine, into whichever container is the gateway's then. */
  async #tunnelled(): Promise<string> {
    this.#tunnel = new Tunnel(async () => {
      if (!this.#life) throw new Error('there is no gateway')
      return await execWay(this.#life.container, TUNNEL_COMMAND)
    })
    return `http://127.0.0.1:${await this.#tunnel.listen()}`
  }

  readonly #answering: Answering = async path => {
    const text = this.#answers.get(path)
    if (!text) return refusal(404, `nobody here answers to ${path}`)
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await text() }
  }

  async #tell(): Promise<void> {
    try {
      await this.#tables.run(async () => await this.#client?.setNodes(Object.fromEntries(this.#nodes)))
    } catch (error) {
      this.#told = undefined
      throw new RuntimeError('engine', `the gateway does not take its nodes: ${(error as Error).message}`)
    }
  }

  #onDied(life: ContainerLife, death: NodeEnd): void {
    if (this.#over.signal.aborted || life.expected) return
    this.#told = undefined
    this.#up = this.#again(life, death)
    this.#up.catch(() => {}) // whoever needs it hears of it
  }

  /** On the same port, where everybody knows it. */
  async #again(before: ContainerLife, death: NodeEnd): Promise<void> {
    const { docker, onNote } = this.#options
    const { signal } = this.#over
    const withEngine = WITH_ENGINE.has(death.cause)
    for (let attempt = 0; !signal.aborted; attempt++) {
      await pause(AGAIN_MS[Math.min(attempt, AGAIN_MS.length - 1)] as number, signal)
      await within(before.removed, this.#readyMs) // its name is free
      // One that stops goes on to serve the connections that it has, and takes with it what it starts meanwhile.
      if (withEngine && !(await takesCalls(docker))) continue
      if (signal.aborted) break
      try {
        await this.#begin(this.#port)
        await this.#tell()
        return onNote('warn', `the gateway ended (${howItEnded(death)}): started again`)
      } catch (error) {
        // Of an engine that went it is said once for all.
        if (attempt === 0 && !signal.aborted && !withEngine)
          onNote(
            'error',
            `the gateway ended (${howItEnded(death)}): ${(error as Error).message}; trying again`,
          )
      }
    }
    throw new RuntimeError('engine', 'the network is going down')
  }

  #failure(what: string): RuntimeError {
    return new RuntimeError('engine', `the gateway ${what}`, lastLines(this.#options.logFile, LAST_LINES))
  }
}
