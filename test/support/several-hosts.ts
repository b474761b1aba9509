// Networks over several hosts, in this process: a host for each engine, and whatever the test changes of that.

import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { socketPath } from '../../orchestrator/runtime/docker/discover.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { type DockerNetwork, dockerNetwork } from './docker-network.ts'
import { temporaryDirectory } from './node-config.ts'

/** What of an engine a host is made of. */
export interface HostEngine {
  readonly name: string
  readonly address: string
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string }
}

/** Not launched yet; gone after the test. */
export function hostedNetwork(yaml: string, engines: readonly HostEngine[]): DockerNetwork {
  const hosts = engines.map(
    ({ name, address, tls }) =>
      `  - { name: ${name}, engine: '${address}'${tls ? `, tls: ${JSON.stringify(tls)}` : ''} }`,
  )
  const plan = makePlan(
    parseSpec(`${yaml}\nhosts:\n${hosts.join('\n')}\n`, 'the test', { runtime: 'docker' }),
  )
  // Of its own: a gateway is known by it, and those of other tests may have the same ports on other machines.
  return dockerNetwork(plan, { token: randomBytes(16).toString('hex'), heartbeatTimeoutMs: 5_000 })
}

/** An address that leads to this engine, each request when `onAsked` lets it pass. Connections that are open go on as they are. */
export async function engineBehind(
  { address }: Pick<HostEngine, 'address'>,
  onAsked: (pass: () => void, request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const path = join(temporaryDirectory(), 'engine.sock')
  const far = socketPath(address)
  const server = createServer((asked, response) =>
    onAsked(() => forward(far, asked, response), asked, response),
  )
  server.on('upgrade', (asked, socket: Socket, head) => {
    // Attached to a container, or inside one: bytes both ways.
    const line = `${asked.method} ${asked.url} HTTP/1.1\r\n`
    const headers = asked.rawHeaders.map((each, i) => (i % 2 === 0 ? `${each}: ` : `${each}\r\n`)).join('')
    const up = connect(far, () => {
      up.write(`${line}${headers}\r\n`)
      up.write(head)
      up.pipe(socket).pipe(up)
    })
    up.on('error', () => socket.destroy())
    socket.on('error', () => up.destroy()).on('close', () => up.destroy())
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `unix://${path}`
}

function forward(socketPath: string, asked: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = asked
  const passed = request({ socketPath, method, path: url, headers }, answer => {
    response.writeHead(answer.statusCode ?? 500, answer.headers)
    response.flushHeaders()
    answer.on('error', () => response.destroy()).pipe(response)
  })
  response.on('close', () => passed.destroy())
  asked.pipe(passed.on('error', () => response.destroy()))
}
