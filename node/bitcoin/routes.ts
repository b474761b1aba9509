// Which protocol understands which command: the tables of the base messages and of every protocol, merged once.

import { ProtocolError } from '../errors.ts'
import type { FrameStore } from './frames.ts'
import type { Protocol } from './protocol.ts'
import type { Route, RouteTable } from './route.ts'
import { type Codec, encode, Reader } from './wire/codec.ts'
import type { Frame } from './wire/frame.ts'
import { encodeFrame, MAX_PAYLOAD_BYTES } from './wire/framing.ts'
import { baseMessages } from './wire/messages.ts'
import type { MessageSpec } from './wire/table.ts'

/** Where messages are counted whose command no table has. */
export const OTHER = 0
const BASE_HANDSHAKE_COMMANDS = ['sendaddrv2']

class MergedTable implements RouteTable {
  readonly #routes = new Map<string, Route>()
  readonly commands: string[] = ['*other*']
  readonly handshakeCommands: readonly string[]

  constructor(protocols: readonly Protocol[]) {
    this.handshakeCommands = [
      ...protocols.flatMap(({ handshakeCommands }) => handshakeCommands),
      ...BASE_HANDSHAKE_COMMANDS,
    ]
    for (const [command, spec] of Object.entries(baseMessages)) this.#add(command, spec, undefined)
    for (const [number, { name, messages, handshakeCommands }] of protocols.entries()) {
      for (const [command, spec] of Object.entries(messages)) this.#add(command, spec, number)
      for (const command of handshakeCommands)
        if (this.#routes.get(command)?.protocol !== number)
          throw new Error(`${name}: handshake command ${command} is not in its table`)
    }
  }

  get(command: string): Route | undefined {
    return this.#routes.get(command)
  }

  #add(command: string, spec: MessageSpec<unknown>, protocol: number | undefined): void {
    if (!/^[!-~]{1,12}$/.test(command)) throw new Error(`${command}: not a command`)
    if (this.#routes.has(command)) throw new Error(`${command}: two tables have this command`)
    if (spec.maxBytes > MAX_PAYLOAD_BYTES)
      throw new Error(`${command}: limit above ${MAX_PAYLOAD_BYTES} bytes`)
    const handshake = this.handshakeCommands.includes(command)
    this.#routes.set(command, { command, spec, protocol, handshake, place: this.commands.length })
    this.commands.push(command)
  }
}

export class Routes {
  readonly #magic: Uint8Array
  readonly #shared: FrameStore | undefined
  readonly #table: RouteTable
  /** The last frame made: a message that goes to many peers is encoded and hashed once. Payloads are immutable. */
  #last: { route: Route; payload: unknown; frame: Uint8Array } | undefined

  /** `shared`: frames of all peers of this process. */
  constructor(magic: Uint8Array, protocols: readonly Protocol[], shared?: FrameStore) {
    this.#magic = magic
    this.#shared = shared
    const make = () => new MergedTable(protocols)
    this.#table = shared ? shared.routes(make) : make()
  }

  get commands(): readonly string[] {
    return this.#table.commands
  }

  get handshakeCommands(): readonly string[] {
    return this.#table.handshakeCommands
  }

  get(command: string): Route | undefined {
    return this.#table.get(command)
  }

  /** Throws where no table has the command. */
  of(command: string): Route {
    const route = this.#table.get(command)
    if (!route) throw new Error(`no table has the command ${command}`)
    return route
  }

  /**
   * The value in a frame, or why there is none. What follows the last known field is passed over, as Core does, so that messages
   * can grow.
   */
  read({ spec }: Route, frame: Frame): unknown {
    const known = this.#shared?.message(frame)
    if (known !== undefined) return known
    const { payload } = frame
    try {
      const bytes = payload.length > spec.maxBytes ? payload.subarray(0, spec.maxBytes) : payload
      const message = spec.codec.read(new Reader(bytes))
      this.#shared?.putMessage(frame, message)
      return message
    } catch (error) {
      if (error instanceof ProtocolError) return error
      throw error
    }
  }

  rawFrame(command: string, payload: Uint8Array): Uint8Array {
    return encodeFrame(this.#magic, command, payload)
  }

  frame(route: Route, payload: unknown): Uint8Array {
    const codec: Codec<unknown> = route.spec.codec
    if (this.#shared) return this.#shared.made(this.#magic, route.command, payload, codec)
    if (this.#last?.route === route && this.#last.payload === payload) return this.#last.frame
    const frame = encodeFrame(this.#magic, route.command, encode(codec, payload))
    this.#last = { route, payload, frame }
    return frame
  }
}
