// Has other people's program started, finds out when it can be used, and has it ended. It lives no longer than this process,
// however that ends; and this process no longer than it.

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Address } from '../core/host.ts'
import { type Respond, RPC, RpcError } from '../core/service.ts'
import { ConfigError } from '../errors.ts'
import { argumentsFor, fileFor, filled, type Places } from '../foreign/places.ts'
import type { ClientConfig, InnerLine, InnerReader, Program, ProgramUsage } from '../foreign/program.ts'
import { dialInner, freePort, PeerPorts } from './inner.ts'
import { ProgramRpc } from './program-rpc.ts'
import type { ProgramRun, RunProgram } from './program-run.ts'

const USER = 'netsplit'
/** From its start until it can be used. */
const READY_TIMEOUT_MS = 50_000
const LOOK_MS = 50
const ASK_TIMEOUT_MS = 5_000
/** Between being asked to end and being ended. */
const STOP_TIMEOUT_MS = 4_000
const HOST = '127.0.0.1'

export interface HostProgramOptions {
  readonly config: ClientConfig
  /** Whom it is to dial, as the network knows them. */
  readonly peers: readonly Address[]
  /** Its own folder. */
  readonly directory: string
  readonly run: RunProgram
  /** Where it is to listen for peers and for calls; absent: wherever there is room. */
  readonly ports?: { readonly p2p: number; readonly rpc: number } | undefined
  /** Node's own program. */
  readonly node: string
  /** Who may read its files. */
  readonly fileMode: number
  /** It ended by itself. */
  readonly onEnded: (how: string) => void
}

export class HostProgram implements Program {
  readonly #options: HostProgramOptions
  readonly #ports = new PeerPorts()
  readonly #password = randomBytes(24).toString('hex')
  #p2p = 0
  #relays: readonly Address[] = []
  #resumedHeight: number | undefined
  #rpc: ProgramRpc | undefined
  #run: ProgramRun | undefined
  #how: string | undefined
  #stopping = false

  constructor(options: HostProgramOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.config.name
  }

  get address(): Address {
    return `${HOST}:${this.#p2p}`
  }

  get relays(): readonly Address[] {
    return this.#relays
  }

  get answers(): boolean {
    return this.#rpc !== undefined
  }

  get mines(): boolean {
    return this.#options.config.mines === true
  }

  get spyLater(): boolean {
    return this.#options.config.spyLater === true
  }

  get generates(): boolean {
    return this.#options.config.minesBy === 'generate'
  }

  get wallet(): boolean {
    return this.#options.config.wallet === true
  }

  get resumedHeight(): number | undefined {
    return this.#resumedHeight
  }

  get usage(): ProgramUsage | undefined {
    return this.#how === undefined ? this.#run?.usage : undefined
  }

  /** Once a life. Throws ConfigError for a program that cannot be started or does not become ready. */
  async start(): Promise<void> {
    if (this.#run) return
    const { config, peers, directory, ports, node, fileMode } = this.#options
    this.#p2p = ports?.p2p ?? (await freePort())
    const rpcPort = config.rpc ? (ports?.rpc ?? (await freePort())) : 0
    const relays = await this.#ports.open(peers)
    this.#relays = relays
    const places: Places = {
      ...{ p2p: `${this.#p2p}`, rpc: `${rpcPort}`, data: directory },
      ...{ user: USER, password: this.#password, node },
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const [path, text] of Object.entries(config.files ?? {})) {
      const file = join(directory, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, fileFor(text, places, relays), { mode: fileMode })
    }
    if (config.rpc)
      this.#rpc = new ProgramRpc({
        ...{ name: config.name, port: rpcPort, ...config.rpc },
        login: () => `${USER}:${this.#password}`,
      })
    const env = Object.entries(config.env ?? {}).map(([name, text]) => [name, filled(text, places)])
    const argv = argumentsFor(config.argv, places, relays)
    this.#run = this.#options.run({ argv, env: Object.fromEntries(env), directory }, how =>
      this.#onEnded(how),
    )
    await this.#ready()
    for (const [method, ...params] of config.setup ?? []) await this.#rpc?.ask(method, params).catch(() => {})
  }

  dial(reader: InnerReader): InnerLine {
    return dialInner(this.#p2p, reader)
  }

  onDialled(take: (peer: Address, line: InnerLine) => InnerReader): void {
    this.#ports.onDialled(take)
  }

  call(method: string, params: unknown, respond: Respond, wallet?: string): void {
    if (this.#rpc) this.#rpc.call(method, params, respond, wallet)
    else
      respond({
        error: new RpcError(
          RPC.methodNotFound,
          `${this.name} answers no RPC: it cannot be asked for ${method}`,
        ),
      })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#ports.close()
    const run = this.#run
    if (run && this.#how === undefined) {
      if (this.#options.config.stopsByRpc)
        await this.#rpc?.ask('stop', [], undefined, ASK_TIMEOUT_MS).catch(() => {})
      else run.end()
      const timer = setTimeout(() => run.kill(), STOP_TIMEOUT_MS)
      await run.gone()
      clearTimeout(timer)
    }
    this.#rpc?.close()
  }

  #onEnded(how: string): void {
    this.#how = how
    if (!this.#stopping) this.#options.onEnded(how)
  }

  async #ready(): Promise<void> {
    const { config } = this.#options
    const deadlineMs = performance.now() + READY_TIMEOUT_MS
    for (;;) {
      if (this.#how !== undefined)
        throw new ConfigError(
          'bad-config',
          `${config.name} ended before it was ready (${this.#how}); ${config.argv[0]} is its program`,
        )
      if (await this.#looksReady()) return
      if (performance.now() > deadlineMs) {
        await this.stop()
        throw new ConfigError('bad-config', `${config.name} was not ready after ${READY_TIMEOUT_MS / 1000} s`)
      }
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
  }

  /** It takes connections, and answers where it can. */
  async #looksReady(): Promise<boolean> {
    if (!(await takesConnections(this.#p2p))) return false
    if (!this.#rpc) return true
    try {
      this.#resumedHeight = Number(await this.#rpc.ask('getblockcount', [], undefined, ASK_TIMEOUT_MS))
      return true
    } catch {
      return false
    }
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const line = dialInner(port, {
      onOpen: () => {
        resolve(true)
        line.close()
      },
      onData: () => {},
      onClosed: () => resolve(false),
    })
  })
}
