// The program as our own peer sees it: a peer with a ledger and one connection, to the program. What it learns it has from there,
// and it has nobody to tell; its events are the node's, but for those of its one connection.

import type { CoreEvent } from '../bitcoin/events.ts'
import { BitcoinService } from '../bitcoin/service.ts'
import type { Address, AnyEvent, ConnectionSink, Connections, PeerId, ServiceHost } from '../core/host.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { InnerLine, Program } from './program.ts'

const LOOK_MS = 50
/** A program that nobody comes to is looked at all the same. */
const ALONE_MS = 3_000
/** Of its connections, which are none of the network's. */
const UNTOLD: ReadonlySet<string> = new Set(['peer-up', 'peer-down', 'dial-failed'])

type PeerUp = Extract<CoreEvent, { type: 'peer-up' }>

export interface SpyOptions {
  readonly magic: Uint8Array
  readonly userAgent: string
  readonly program: Program
  readonly ledger: Ledger
}

export class Spy {
  readonly #service: BitcoinService
  readonly #connections: SpyConnections
  readonly #program: Program
  #userAgent: string | undefined

  constructor({ magic, userAgent, program, ledger }: SpyOptions) {
    const peers = { connect: [program.address], mode: 'fixed', maxOutbound: 1, maxConnections: 1 } as const
    this.#program = program
    this.#connections = new SpyConnections(program)
    this.#service = new BitcoinService({ magic, userAgent, listenAddress: undefined, ...peers }, [ledger], {})
  }

  get bodies(): readonly string[] {
    return this.#service.bodies
  }

  /** What the program said of itself, once it has. */
  get userAgent(): string | undefined {
    return this.#userAgent
  }

  /** `hasPeers`: the program has others. */
  start({ clock, random, store, emit }: ServiceHost, hasPeers: () => boolean): void {
    const connections = this.#connections
    const untilMs = clock.now() + ALONE_MS
    const isEarly = () => this.#program.spyLater === true && !hasPeers() && clock.now() < untilMs
    connections.inTime = dial => {
      const look = () => {
        if (isEarly()) clock.after(LOOK_MS, look)
        else dial()
      }
      look()
    }
    connections.sink = this.#service.start({
      clock,
      random: random.fork('spy'),
      store,
      connections,
      emit: (event: AnyEvent) => {
        if (event.type === 'peer-up') this.#userAgent = (event as PeerUp).userAgent
        if (!UNTOLD.has(event.type)) emit(event)
      },
    })
  }

  stop(): void {
    this.#service.stop()
  }

  /** This is the program's name for the spy's connection. */
  owns(address: Address): boolean {
    return this.#connections.owns(address)
  }
}

/** The inner side of the program as a host's connections. */
class SpyConnections implements Connections {
  sink: ConnectionSink | undefined
  /** Dials when the time has come. */
  inTime: (dial: () => void) => void = dial => dial()
  readonly #program: Program
  readonly #lines = new Map<PeerId, InnerLine>()
  #lastId = 0

  constructor(program: Program) {
    this.#program = program
  }

  owns(address: Address): boolean {
    return [...this.#lines.values()].some(({ here }) => here === address)
  }

  dial(address: Address): void {
    this.inTime(() => this.#dial(address))
  }

  #dial(address: Address): void {
    const id = ++this.#lastId
    let open = false
    const line = this.#program.dial({
      onOpen: () => {
        open = true
        this.#lines.set(id, line)
        this.sink?.onConnected(id, address, false)
      },
      onData: bytes => {
        if (this.#lines.has(id)) this.sink?.onData(id, bytes)
      },
      onClosed: why => {
        if (!open) this.sink?.onDialFailed(address, why)
        else if (this.#lines.delete(id)) this.sink?.onClosed(id, why)
      },
    })
  }

  send(peer: PeerId, frame: Uint8Array): void {
    this.#lines.get(peer)?.send(frame)
  }

  close(peer: PeerId): void {
    const line = this.#lines.get(peer)
    if (!line) return
    this.#lines.delete(peer)
    line.close()
    this.sink?.onClosed(peer, 'closed here')
  }

  hold(peer: PeerId, on: boolean): void {
    this.#lines.get(peer)?.hold(on)
  }

  backlogBytes(peer: PeerId): number {
    return this.#lines.get(peer)?.backlogBytes ?? 0
  }

  /** It has no links. */
  identify(): void {}
  pad(): void {}
}
