// Listening sockets that are opened here for a child. Before its first life a dial waits until the child takes over; between
// two lives it is turned away at once, as where nobody listens, and no other program gets the port.

import { createServer, type Server, type Socket } from 'node:net'

const BACKLOG = 511

/** What becomes of who dials while no child has the socket. */
export type Dials = 'wait' | 'turned away'

export class ListeningSocket {
  readonly #server: Server
  readonly #waiting = new Set<Socket>()

  /** Port 0: a free one. */
  static open(host: string, port: number, dials: Dials): Promise<ListeningSocket> {
    return new Promise((resolve, reject) => {
      const socket = new ListeningSocket(dials)
      const server = socket.#server
      server.once('error', reject)
      server.listen({ host, port, backlog: BACKLOG }, () => resolve(socket))
    })
  }

  private constructor(dials: Dials) {
    this.#server = createServer({ pauseOnConnect: true }, connection => {
      connection.on('error', () => {})
      if (dials === 'turned away') connection.resetAndDestroy()
      else this.#waiting.add(connection.once('close', () => this.#waiting.delete(connection)))
    })
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
    return address.port
  }

  /** Node has no public name for a server's file descriptor; the handle has had this one since its first versions. */
  get descriptor(): number {
    const { _handle: handle } = this.#server as unknown as { _handle?: { fd?: number } }
    if (typeof handle?.fd !== 'number' || handle.fd < 0)
      throw new Error('the listening socket has no descriptor')
    return handle.fd
  }

  /** A child has it, or nobody: who waits here dials again. */
  close(): void {
    this.#server.close()
    for (const connection of this.#waiting) connection.resetAndDestroy()
  }
}
