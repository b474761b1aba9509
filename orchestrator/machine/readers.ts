// Whether anybody still reads what this process prints. A pipe without readers is told of by poll(2) before a word is written,
// which may be long (`logs -f | head -1`); of all else, and where there is no /proc, the next write tells.

import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { createServer, Socket, type SocketConstructorOpts } from 'node:net'

export const STDOUT = 1
export const STDERR = 2

/** Calls `onGone` when the last reader of a pipe has gone; never for what is no pipe. Returns its end. Keeps no process alive. */
export function watchReader(descriptor: number, onGone: () => void): () => void {
  let socket: Socket | undefined
  let over = false
  if (isPipe(descriptor)) {
    const server = createServer()
    server.once('error', () => {}) // it is done without
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      socket = over ? undefined : polled(server, descriptor)
      socket?.once('error', onGone).unref().resume()
      server.close()
    })
    server.unref()
  }
  return () => {
    over = true
    socket?.destroy()
  }
}

function isPipe(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFIFO()
  } catch {
    return false // closed
  }
}

/** What a TCP handle of Node does with any descriptor. */
interface Handle {
  open(descriptor: number): number
}

/**
 * Its writing end, opened anew and waited on as if something were to be read from it: that wakes up, with an error, when the
 * readers have gone. Node polls no descriptor but through its own handles, and of these the TCP one alone takes an end that
 * is only for writing; a server's handle is where its class is to be had.
 */
function polled(server: object, descriptor: number): Socket | undefined {
  let copy: number | undefined
  try {
    const { _handle } = server as {
      readonly _handle?: { readonly constructor: new (kind: number) => Handle }
    }
    if (!_handle) return undefined
    const handle = new _handle.constructor(0)
    copy = openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK)
    if (handle.open(copy) !== 0) throw new Error('it is not taken')
    return new Socket({ handle, readable: true, writable: false } as SocketConstructorOpts)
  } catch {
    if (copy !== undefined) closeSync(copy)
    return undefined
  }
}
