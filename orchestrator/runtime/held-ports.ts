// The ports of one node on a machine that others use, too: a listening socket for each of its services, held open here
// while the node does not run.

import { type Dials, ListeningSocket } from './ports.ts'
import { type Addresses, RuntimeError } from './runtime.ts'

export class HeldPorts {
  readonly #host: string
  /** In the order of their descriptors. */
  readonly #ports = new Map<string, number>()
  /** They listen until a child takes over, and again when that has gone. */
  readonly #sockets = new Map<string, ListeningSocket>()
  #holding: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(host: string) {
    this.#host = host
  }

  get addresses(): Addresses {
    return Object.fromEntries(
      Array.from(this.#ports, ([service, port]) => [service, `${this.#host}:${port}`]),
    )
  }

  async reserve(services: readonly string[]): Promise<Addresses> {
    // One after the other: what is open when the next one fails is known here, and is closed with the rest.
    for (const service of services) {
      if (this.#ports.has(service)) continue
      const socket = await this.#listen(0, 'wait')
      this.#ports.set(service, socket.port)
      this.#sockets.set(service, socket)
    }
    return this.addresses
  }

  /** Where a service listens, by a descriptor of the child, whose first is `firstFd`. */
  listenOf(service: string, firstFd: number): { host: string; port: number; fd: number } {
    const port = this.#ports.get(service)
    if (port === undefined) throw new Error(`no port is reserved for ${service}`)
    return { host: this.#host, port, fd: firstFd + [...this.#ports.keys()].indexOf(service) }
  }

  /** A node that starts again listens where it did before: its peers and the link tables know it by that address. */
  async reopen(node: string): Promise<void> {
    await this.#holding
    const missing = [...this.#ports].filter(([service]) => !this.#sockets.has(service))
    await Promise.all(missing.map(([service, port]) => this.#reopen(node, service, port)))
  }

  /** For the child; then `handOver`. */
  get descriptors(): number[] {
    return [...this.#ports.keys()].map(service => (this.#sockets.get(service) as ListeningSocket).descriptor)
  }

  /** The child has them. */
  handOver(): void {
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  /** Nobody else gets the ports of a node that does not run. Where somebody was quicker, its next start says so. */
  hold(): void {
    if (this.#closed) return
    const held = [...this.#ports].map(async ([service, port]) => {
      this.#sockets.set(service, await this.#listen(port, 'turned away'))
    })
    this.#holding = Promise.allSettled(held)
  }

  close(): void {
    this.#closed = true
    this.handOver()
  }

  async #reopen(node: string, service: string, port: number): Promise<void> {
    try {
      this.#sockets.set(service, await this.#listen(port, 'wait'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      const message = `${node} cannot start: ${this.#host}:${port} is now used by another program`
      throw new RuntimeError('port-in-use', message)
    }
  }

  /** Whoever still waits for a socket when everything ends gets none: an open one would keep this process alive. */
  async #listen(port: number, dials: Dials): Promise<ListeningSocket> {
    const socket = await ListeningSocket.open(this.#host, port, dials)
    if (!this.#closed) return socket
    socket.close()
    throw new Error('the network is going down')
  }
}
