// The inner connections of other people's program: plain sockets on this machine, with nothing between.

import { randomInt } from 'node:crypto'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../core/host.ts'
import type { InnerLine, InnerReader } from '../foreign/program.ts'
import { wordsFor } from './tcp-words.ts'

const OWN_PORTS = { from: 20_000, to: 32_000 }
const MOST_TRIES = 50
const HOST = '127.0.0.1'

/** A connection to whoever listens on this port. */
export function dialInner(port: number, reader: InnerReader): InnerLine {
  const socket = createConnection({ host: HOST, port, noDelay: true })
  socket.once('connect', () => reader.onOpen?.())
  return lineOver(socket, () => reader)
}

/** Ports at which the program finds its peers: one each, so that it is known whom it means. */
export class PeerPorts {
  readonly #servers: Server[] = []
  #take: ((peer: Address, line: InnerLine) => InnerReader) | undefined
  readonly #early: (() => void)[] = []

  /** `host:port` of each, in their order. */
  async open(peers: readonly Address[]): Promise<readonly Address[]> {
    return await Promise.all(peers.map(peer => this.#listen(peer)))
  }

  onDialled(take: (peer: Address, line: InnerLine) => InnerReader): void {
    this.#take = take
    for (const told of this.#early.splice(0)) told()
  }

  close(): void {
    for (const server of this.#servers) server.close()
  }

  async #listen(peer: Address): Promise<Address> {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, socket => this.#accept(peer, socket))
    this.#servers.push(server)
    return `${HOST}:${await listenAnywhere(server)}`
  }

  #accept(peer: Address, socket: Socket): void {
    const hand = () => {
      let reader: InnerReader | undefined
      const line = lineOver(socket, () => reader)
      reader = this.#take?.(peer, line)
    }
    if (this.#take) hand()
    else this.#early.push(hand)
  }
}

function lineOver(socket: Socket, reader: () => InnerReader | undefined): InnerLine {
  let why = 'closed by peer'
  socket.on('data', bytes => reader()?.onData(bytes))
  socket.on('error', error => {
    why = wordsFor(error)
  })
  socket.on('end', () => socket.destroy())
  socket.once('close', () => reader()?.onClosed(why))
  return {
    send: bytes => {
      if (!socket.destroyed) socket.write(bytes)
    },
    close: () => socket.destroySoon(),
    hold: on => {
      if (on) socket.pause()
      else socket.resume()
    },
    get backlogBytes() {
      return socket.writableLength
    },
    get here() {
      const { localAddress, localPort } = socket
      return localPort === undefined ? undefined : `${localAddress}:${localPort}`
    },
  }
}

/**
 * A port that was free a moment ago, and likely is a moment later: it is from below those that systems give to whoever connects or
 * asks for any (from 32768 on under Linux, 49152 elsewhere), which on a busy machine are taken again at once.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = randomInt(OWN_PORTS.from, OWN_PORTS.to)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, HOST, () => resolve(true))
    })
    await new Promise(resolve => server.close(resolve))
    if (isFree) return port
  }
  const server = createServer()
  const port = await listenAnywhere(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

/** The port that the system chose. */
function listenAnywhere(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, () => {
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address')
      resolve(bound.port)
    })
  })
}
