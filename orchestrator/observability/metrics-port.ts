// The observer's metrics, and nothing else, at an address that containers can reach. The controller's own API stays on loopback.

import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

export interface MetricsPort {
  readonly host: string
  readonly port: number
  close(): void
}

/** Listens on the first of `hosts` that this machine has. */
export async function openMetricsPort(
  hosts: readonly string[],
  token: string,
  metrics: () => Promise<string>,
): Promise<MetricsPort> {
  const wanted = digest(`Bearer ${token}`)
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') response.writeHead(404).end()
    else if (!timingSafeEqual(digest(request.headers.authorization ?? ''), wanted))
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    else
      metrics().then(
        text => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
        () => response.writeHead(500).end(),
      )
  })
  const host = await listenOnOne(server, hosts)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { host, port: address.port, close }
}

async function listenOnOne(server: Server, hosts: readonly string[]): Promise<string> {
  for (const host of hosts)
    try {
      server.listen({ host, port: 0 })
      await once(server, 'listening')
      return host
    } catch (error) {
      // An address of the engine's own virtual machine is not ours to listen on.
      if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error
    }
  throw new Error(`nothing can listen on ${hosts.join(' or ')}`)
}

/** Digests have one length, so comparing them takes one time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
