// Whether the machine that runs the containers has an address on the nodes' network after all: an engine that does not know how to
// leave it away says nothing.

import { connect } from 'node:net'

/** Nobody is expected to listen there (RFC 863): an address that is somebody's refuses, one that is nobody's is silent. */
const DISCARD_PORT = 9
/** Longer than the kernel asks whose the address is. */
const SILENT_MS = 10_000

export function answersAt(host: string, port = DISCARD_PORT): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const done = (answers: boolean) => {
      clearTimeout(late)
      socket.destroy()
      resolve(answers)
    }
    const late = setTimeout(() => done(false), SILENT_MS)
    socket.once('connect', () => done(true))
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED'))
  })
}
