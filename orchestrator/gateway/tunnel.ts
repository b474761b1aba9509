// The far end of a tunnel, for whoever reaches this container and not its port: one HTTP/2 session over a pair of pipes, whose
// streams are connections to the gateway (CONNECT, RFC 9113, 8.5). Each has its own window, so one that stands holds up no other.

import { type Http2Session, performServerHandshake, type ServerHttp2Stream } from 'node:http2'
import { connect as dial } from 'node:net'
import { Duplex } from 'node:stream'

/** What may be on its way to one who does not read, and to all of them. */
export const STREAM_WINDOW_BYTES = 512 << 10
export const TUNNEL_WINDOW_BYTES = 8 << 20
export const MOST_STREAMS = 8192

/** In and out as one. */
export function both(readable: NodeJS.ReadableStream, writable: NodeJS.WritableStream): Duplex {
  return Duplex.from({ readable, writable })
}

/**
 * Takes at once what is written to it. A session does not read while something that it writes is under way, so two that write much
 * to each other would wait for each other for ever; what is taken too early is no more than their windows.
 */
export function eager(way: Duplex): Duplex {
  const taken = new Duplex({
    write(part: Buffer, _, done) {
      way.write(part)
      done()
    },
    final(done) {
      way.end(done)
    },
    read() {
      way.resume()
    },
    destroy(error, done) {
      way.destroy()
      done(error)
    },
  })
  way.on('data', (part: Buffer) => {
    if (!taken.push(part)) way.pause()
  })
  way.once('end', () => taken.push(null))
  way.once('close', () => taken.destroy())
  way.on('error', () => {}) // its close says the same
  return taken
}

/** Until the other end goes away. */
export function serveTunnel(way: Duplex, to: { readonly host: string; readonly port: number }): Http2Session {
  const session = performServerHandshake(eager(way), {
    settings: {
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxConcurrentStreams: MOST_STREAMS,
      enableConnectProtocol: false,
    },
  })
  session.once('connect', () => session.setLocalWindowSize(TUNNEL_WINDOW_BYTES))
  session.on('error', () => {}) // its end is all that there is to know
  way.once('close', () => session.destroy())
  session.on('stream', (stream: ServerHttp2Stream) => {
    const socket = dial({ ...to, allowHalfOpen: true })
    socket.once('connect', () => {
      if (!stream.destroyed) stream.respond({ ':status': 200 })
    })
    join(stream, socket)
  })
  return session
}

/** What comes from one goes to the other, ends and all; broken off on one side, it is on the other. */
export function join(a: Duplex, b: Duplex): void {
  a.pipe(b)
  b.pipe(a)
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on('error', () => {}) // its close says the same
    // What has come to its end both ways leaves the other to write what it still has.
    one.once('close', () => {
      if (!one.readableEnded || !one.writableFinished) other.destroy()
    })
  }
}
