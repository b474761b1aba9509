// Which protocol understands which command: the tables of the base messages and of every protocol, merged once.

import { type Codec, encode, Reader } from '../wire/codec.ts'
import { encodeFrame, MAX_PAYLOAD_BYTES } from '../wire/framing.ts'
import { baseMessages } from '../wire/messages.ts'
import type { MessageSpec } from '../wire/table.ts'
import type { FrameStore } from './host.ts'
import type { Protocol } from './protocol.ts'

export interface Route {
  readonly spec: MessageSpec<unknown>
  /** Undefined for base messages, which the core handles itself. */
  readonly protocol: Protocol | undefined
}

export class Routes {
  readonly #magic: Uint8Array
  readonly #shared: FrameStore | undefined
  readonly #routes = new Map<string, Route>()
  /** The last frame made: a message that goes to many peers is encoded and hashed once. Payloads are immutable. */
  #last: { command: string; payload: unknown; frame: Uint8Array } | undefined

  /** `shared`: frames of all peers of this process. */
  constructor(magic: Uint8Array, protocols: readonly Protocol[], shared?: FrameStore) {
    this.#magic = magic
    this.#shared = shared
    for (const [command, spec] of Object.entries(baseMessages)) this.#add(command, spec, undefined)
    for (const protocol of protocols) {
      for (const [command, spec] of Object.entries(protocol.messages)) this.#add(command, spec, protocol)
      for (const command of protocol.handshakeCommands)
        if (this.#routes.get(command)?.protocol !== protocol)
          throw new Error(`${protocol.name}: handshake command ${command} is not in its table`)
    }
  }

  get(command: string): Route | undefined {
    return this.#routes.get(command)
  }

  /** Greatest payload in bytes; unknown commands may be as large as any. */
  limitOf(command: string): number {
    return this.#routes.get(command)?.spec.maxBytes ?? MAX_PAYLOAD_BYTES
  }

  /**
   * The value in `payload`; throws ProtocolError. What follows the last known field is passed over,
   * as Core does, so that messages can grow.
   */
  decode(route: Route, payload: Uint8Array): unknown {
    return route.spec.codec.read(new Reader(payload))
  }

  frame(command: string, payload: unknown): Uint8Array {
    if (this.#last?.command === command && this.#last.payload === payload) return this.#last.frame
    const codec: Codec<unknown> | undefined = this.#routes.get(command)?.spec.codec
    if (!codec) throw new Error(`no table has the command ${command}`)
    const write = () => encode(codec, payload)
    const wrap = (bytes: Uint8Array) => encodeFrame(this.#magic, command, bytes)
    const frame = this.#shared ? this.#shared.made(command, payload, write, wrap) : wrap(write())
    this.#last = { command, payload, frame }
    return frame
  }

  #add(command: string, spec: MessageSpec<unknown>, protocol: Protocol | undefined): void {
    if (!/^[!-~]{1,12}$/.test(command)) throw new Error(`${command}: not a command`)
    if (this.#routes.has(command)) throw new Error(`${command}: two tables have this command`)
    if (spec.maxBytes > MAX_PAYLOAD_BYTES)
      throw new Error(`${command}: limit above ${MAX_PAYLOAD_BYTES} bytes`)
    this.#routes.set(command, { spec, protocol })
  }
}
