// Taking a port, for peers and for control alike.

import type { Server } from 'node:net'
import type { Address } from '../core/host.ts'
import type { ListenAt } from '../core/service.ts'
import { ConfigError } from '../errors.ts'
import { bare, joinAddress } from './tcp-words.ts'

/** Listens on a TCP or HTTP server; a port that cannot be had is the user's to change. `key` names it in the configuration. */
export function bind(server: Server, at: ListenAt, key: string): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, at, key)))
    const { host, port, fd } = at
    server.listen(fd === undefined ? { host: bare(host), port } : { fd }, () => {
      server.removeAllListeners('error')
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address')
      resolve(joinAddress(bound.address, bound.port))
    })
  })
}

function bindError(error: NodeJS.ErrnoException, at: ListenAt, key: string): ConfigError {
  const where = `${key}: ${at.host}:${at.port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        'port-in-use',
        `${where} is already in use; stop what listens there, choose another port, or 0 for a free one`,
      )
    case 'EACCES':
      return new ConfigError('bad-config', `${where} may not be taken by this user; choose a port above 1023`)
    default:
      return new ConfigError('bad-config', `${where} cannot be listened on: ${error.message}`)
  }
}
