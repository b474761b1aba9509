// The gateway's HTTP: `/<node>/<path>` goes to that node, `/-/…` is its own, and from programs that know host and port only, the
// user of Basic authentication names the node. Bounded in everything; what is said lies in forward.ts and asks.ts.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Admission, bearer } from './admission.ts'
import { type GatewayAnswer, type GatewayConfig, type GatewayTable, ID_HEADER, ROUTE } from './api.ts'
import { Asks, refusal } from './asks.ts'
import { Forwarder } from './forward.ts'

/** As a node's. */
const MAX_HEADER_BYTES = 8 * 1024
/** The table of a network of thousands. */
const MAX_BODY_BYTES = 8 * 1024 * 1024
/** A stream and a few calls a node, for thousands. */
const MAX_CONNECTIONS = 8192
/** A client that has not sent its request by then is cut off. */
const REQUEST_TIMEOUT_MS = 30_000
const KEEP_ALIVE_MS = 60_000
const PROBE_MS = 10_000

export class Gateway {
  readonly #config: GatewayConfig
  readonly #admission: Admission
  readonly #forwarder = new Forwarder()
  readonly #asks = new Asks()
  #nodes: GatewayTable = {}
  readonly #server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 3 },
    (request, response) => void this.#answer(request, response),
  )

  constructor(config: GatewayConfig) {
    this.#config = config
    this.#admission = new Admission(config)
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('connection', (socket: Socket) => socket.setKeepAlive(true, PROBE_MS))
    this.#server.on('clientError', (_, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    })
  }

  /** Resolves with the port that it has taken. */
  async listen(): Promise<number> {
    const { host, port } = this.#config
    this.#server.listen({ host, port })
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has an address')
    return address.port
  }

  /** The controller holds its stream open. */
  get isHeld(): boolean {
    return this.#asks.open
  }

  /** Says something to the controller, as soon as it is there. */
  async tell(path: string): Promise<void> {
    await this.#asks.opened
    await this.#asks.ask(path)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const asker = this.#admission.of(request.headers.authorization ?? '', this.#nodes)
      if (asker.who === 'nobody') this.#shut(response, asker.why)
      else if (asker.who === 'program')
        this.#forward(request, response, asker.node, request.url ?? '/', asker.authorization)
      else await this.#route(request, response, asker.who)
    } catch (error) {
      // Its client has gone, or has sent what nobody can read, or not to the end.
      if (response.headersSent || response.destroyed) return void response.destroy()
      response.setHeader('connection', 'close')
      send(response, refusal(error instanceof RangeError ? 413 : 400, (error as Error).message))
    }
  }

  async #route(
    request: IncomingMessage,
    response: ServerResponse,
    who: 'controller' | 'metrics',
  ): Promise<void> {
    const url = request.url ?? '/'
    const [, node = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(url) ?? []
    const path = rest.startsWith('/') ? rest : `/${rest}`
    const isMetrics = request.method === 'GET' && path === '/metrics'
    if (who === 'metrics' && !isMetrics)
      return send(response, refusal(403, 'this token reads metrics, and nothing else'))
    if (node === '-' && who === 'controller' && !isMetrics) return await this.#own(request, response, url)
    const found = this.#find(node)
    if (found) return this.#forward(request, response, node, path, bearer(found.token))
    // The network's as a whole, and those of nodes that are reached from elsewhere.
    if (isMetrics) return send(response, await this.#asks.ask(url))
    send(response, refusal(404, `no node is named ${node}`))
  }

  async #own(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const asked = `${request.method} ${url}`
    if (asked === `PUT ${ROUTE.nodes}`) {
      this.#nodes = JSON.parse(await readBody(request)) as GatewayTable
      response.writeHead(204).end()
    } else if (asked === `GET ${ROUTE.health}`) {
      const health = { nodes: Object.keys(this.#nodes).length, open: this.#forwarder.open }
      send(response, { status: 200, type: 'application/json', body: `${JSON.stringify(health)}\n` })
    } else if (asked === `GET ${ROUTE.asks}`) this.#asks.follow(response)
    else if (asked.startsWith(`POST ${ROUTE.answers}`)) {
      const id = Number(url.slice(ROUTE.answers.length))
      const waited = this.#asks.answer(id, JSON.parse(await readBody(request)) as GatewayAnswer)
      response.writeHead(waited ? 204 : 404).end()
    } else send(response, refusal(404, `no such path: ${asked}`))
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    node: string,
    path: string,
    authorization: string,
  ): void {
    const found = this.#find(node)
    if (!found) {
      send(response, refusal(404, `no node is named ${node}`))
      return
    }
    const { host, port } = found
    this.#forwarder.forward(request, response, { host, port, path, authorization }, (status, why) => {
      // What is still coming of its body nobody reads.
      response.setHeader('connection', 'close')
      send(response, refusal(status, `${node} ${why}`))
    })
  }

  #find(node: string) {
    return Object.hasOwn(this.#nodes, node) ? this.#nodes[node] : undefined
  }

  #shut(response: ServerResponse, why: string): void {
    response.setHeader('www-authenticate', ['Bearer', 'Basic realm="jsonrpc"'])
    response.setHeader(ID_HEADER, this.#config.id)
    response.setHeader('connection', 'close')
    send(response, refusal(401, why))
  }
}

function send(response: ServerResponse, { status, type, body }: GatewayAnswer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}

/** As events, not as an iterator: that would end the connection where the reading ends, and with it the answer. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    request.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes <= MAX_BODY_BYTES) parts.push(part)
      else {
        request.pause()
        reject(new RangeError(`a body may have ${MAX_BODY_BYTES} bytes`))
      }
    })
    request.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
    request.on('error', reject)
  })
}
