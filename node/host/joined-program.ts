// Other people's program that runs already, started by somebody else (by hand, in a debugger): told whom to dial, where it can be
// asked, and otherwise left alone. It may go and come back; its node stays.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Address } from '../core/host.ts'
import { type Respond, RPC, RpcError } from '../core/service.ts'
import type { InnerLine, InnerReader, JoinedClient, Program } from '../foreign/program.ts'
import { dialInner, PeerPorts } from './inner.ts'
import { ProgramRpc } from './program-rpc.ts'

/** Of the last life: where the program was told to find its peers, so that it can be told to forget them. */
const RELAYS_FILE = 'relays.json'
const ASK_TIMEOUT_MS = 5_000
/** Core's RPC_CLIENT_NODE_ALREADY_ADDED. */
const ALREADY_ADDED = -23

export interface JoinedProgramOptions {
  readonly config: JoinedClient
  /** Whom it is to dial, as the network knows them. */
  readonly peers: readonly Address[]
  /** What is kept of it. */
  readonly directory: string
  readonly say: (level: 'info' | 'warn', message: string) => void
}

export class JoinedProgram implements Program {
  readonly #options: JoinedProgramOptions
  readonly #ports = new PeerPorts()
  readonly #rpc: ProgramRpc | undefined
  #relays: readonly Address[] = []
  /** Nobody listens where it did. */
  #away = false
  #stopped = false

  constructor(options: JoinedProgramOptions) {
    this.#options = options
    const { name, joined } = options.config
    if (joined.rpc) this.#rpc = rpcAt(name, joined.rpc)
  }

  get name(): string {
    return this.#options.config.name
  }

  get address(): Address {
    return `127.0.0.1:${this.#port}`
  }

  get relays(): readonly Address[] {
    return this.#relays
  }

  get answers(): boolean {
    return this.#rpc !== undefined
  }

  get mines(): boolean {
    return this.#rpc !== undefined
  }

  readonly wallet = false
  /** Its lives are not its node's: nothing of it is measured against the life before. */
  readonly resumedHeight = undefined
  /** It is not ours to measure. */
  readonly usage = undefined

  /** Once a life. */
  async start(): Promise<void> {
    if (!this.#rpc || this.#relays.length > 0) return
    this.#relays = await this.#ports.open(this.#options.peers)
    await this.#forget(this.#keepRelays())
    await this.#introduce()
  }

  dial(reader: InnerReader): InnerLine {
    let open = false
    return dialInner(this.#port, {
      onOpen: () => {
        open = true
        this.#isThere()
        reader.onOpen?.()
      },
      onData: bytes => reader.onData(bytes),
      onClosed: why => {
        if (!open) this.#isAway()
        reader.onClosed(why)
      },
    })
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
          `it is not known how to ask ${this.name} for ${method}: netsplit join --rpc and --cookie say it`,
        ),
      })
  }

  /** The program goes on, without the peers that it was told of. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#ports.close()
    await this.#forget(this.#relays)
    this.#rpc?.close()
  }

  get #port(): number {
    return this.#options.config.joined.p2pPort
  }

  #isAway(): void {
    if (this.#away || this.#stopped) return
    this.#away = true
    this.#options.say('warn', `${this.name} does not listen at ${this.address}; it is dialled until it does`)
  }

  /** Started anew, it knows nobody. */
  #isThere(): void {
    if (!this.#away) return
    this.#away = false
    this.#options.say('info', `${this.name} listens at ${this.address} again`)
    void this.#introduce()
  }

  async #introduce(): Promise<void> {
    for (const relay of this.#relays) {
      try {
        await this.#rpc?.ask('addnode', [relay, 'add'], undefined, ASK_TIMEOUT_MS)
      } catch (error) {
        if ((error as RpcError).code === ALREADY_ADDED) continue
        const { message } = error as Error
        this.#options.say('warn', `${this.name} was not told whom to dial: ${message}`)
        return
      }
    }
  }

  async #forget(relays: readonly Address[]): Promise<void> {
    const ask = (method: string, params: readonly unknown[]) =>
      this.#rpc?.ask(method, params, undefined, ASK_TIMEOUT_MS).catch(() => {})
    await Promise.all(
      relays.map(async relay => {
        await ask('addnode', [relay, 'remove'])
        await ask('disconnectnode', [relay])
      }),
    )
  }

  /** Those of the last life. */
  #keepRelays(): readonly Address[] {
    const { directory } = this.#options
    const file = join(directory, RELAYS_FILE)
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    let before: readonly Address[] = []
    try {
      before = JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      // this is its first life
    }
    writeFileSync(file, JSON.stringify(this.#relays), { mode: 0o600 })
    return before
  }
}

function rpcAt(name: string, { port, loginFile }: { readonly port: number; readonly loginFile: string }) {
  return new ProgramRpc({ name, port, path: '/', login: () => loginIn(loginFile) })
}

/** `user:password`; throws with the reason. */
function loginIn(file: string): string {
  const [line = ''] = readFileSync(file, 'utf8').split('\n')
  if (!line.includes(':')) throw new Error(`${file} does not hold user:password`)
  return line
}
