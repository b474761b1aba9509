// The near end of a tunnel to a gateway whose port cannot be reached from here: it listens on loopback, and each connection there
// is a stream of the one HTTP/2 session that goes through the engine itself. Broken, it is opened anew by the next who connects.

import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { eager, join, MOST_STREAMS, STREAM_WINDOW_BYTES, TUNNEL_WINDOW_BYTES } from '../../gateway/tunnel.ts'
import { within } from '../../timers.ts'

/** A way that takes longer leads nowhere; who comes then tries anew. */
const OPEN_MS = 30_000

export class Tunnel {
  readonly #open: () => Promise<Duplex>
  readonly #openMs: number
  readonly #server = createServer({ allowHalfOpen: true }, socket => void this.#carry(socket))
  readonly #sockets = new Set<Socket>()
  #session: Promise<ClientHttp2Session> | undefined
  #closed = false

  /** `open`: a new way to the far end. */
  constructor(open: () => Promise<Duplex>, openMs = OPEN_MS) {
    this.#open = open
    this.#openMs = openMs
  }

  /** Resolves with the port on 127.0.0.1. */
  async listen(): Promise<number> {
    this.#server.listen({ host: '127.0.0.1', port: 0 })
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#closed = true
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.renew()
  }

  /** The far end is another: what goes to the one before is broken off, and the next who connects opens a way anew. */
  renew(): void {
    const before = this.#session
    this.#session = undefined
    void before?.then(
      session => session.destroy(),
      () => {}, // it never came to be
    )
  }

  async #carry(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    socket.on('error', () => {}) // whoever it was has gone
    socket.once('close', () => this.#sockets.delete(socket))
    try {
      const session = await this.#through()
      if (socket.destroyed) return
      const stream = session.request({ ':method': 'CONNECT', ':authority': 'gateway' })
      join(socket, stream)
    } catch {
      socket.destroy()
    }
  }

  #through(): Promise<ClientHttp2Session> {
    if (this.#session) return this.#session
    const begun = this.#begin(() => {
      if (this.#session === begun) this.#session = undefined
    })
    this.#session = begun
    return begun
  }

  async #begin(lost: () => void): Promise<ClientHttp2Session> {
    try {
      const way = await this.#opened()
      if (this.#closed) way.destroy()
      const session = connect('http://gateway', {
        createConnection: () => eager(way),
        settings: { initialWindowSize: STREAM_WINDOW_BYTES },
        peerMaxConcurrentStreams: MOST_STREAMS,
      })
      session.on('error', () => {}) // its end is all that there is to know
      session.once('close', lost)
      way.once('close', () => session.destroy())
      await once(session, 'connect')
      session.setLocalWindowSize(TUNNEL_WINDOW_BYTES)
      return session
    } catch (error) {
      lost()
      throw error
    }
  }

  async #opened(): Promise<Duplex> {
    const opening = this.#open()
    const way = await within(opening, this.#openMs)
    if (way) return way
    opening.then(late => late.destroy()).catch(() => {}) // nobody waits for it any more
    throw new Error(`there is no way to the gateway within ${this.#openMs / 1000} s`)
  }
}
