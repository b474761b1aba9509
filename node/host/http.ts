// HTTP on the control address: who may ask, how much, and which route answers. What is answered stands elsewhere.

import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type {
  LinkPadding,
  LinkTable,
  MachineConditions,
  MachineState,
  NodeConfig,
  NodeHealth,
} from '../api.ts'
import { parseBurn, parseLinkTable, parseMachine, parsePadding, parsePeers, parseStop } from '../config.ts'
import { ConfigError } from '../errors.ts'
import { COOKIE_USER } from './cookie.ts'
import type { EventLog } from './events.ts'
import { bind } from './listen.ts'
import { burn } from './machine.ts'
import type { RestReply } from './rest.ts'
import type { RpcReply } from './rpc.ts'

const MAX_BODY_BYTES = 4 * 1024 * 1024
/** As Core's: the largest block is eight million characters in hex. */
const MAX_RPC_BYTES = 32 * 1024 * 1024
/** As Core's, of all headers and the first line together. */
const MAX_HEADER_BYTES = 8 * 1024
/** A client that has not sent its request by then is cut off. */
const REQUEST_TIMEOUT_MS = 30_000
const KEEP_ALIVE_MS = 60_000
/** A stream whose reader vanished without a word is found by TCP's probes. */
const PROBE_MS = 10_000
/** What open answers may still take when the node stops. */
const CLOSE_MS = 500

/** The node behind the routes. */
export interface ControlledNode {
  health(): NodeHealth
  /** `wallet`: the one that the path names. */
  rpc(body: string, wallet?: string): Promise<RpcReply>
  /** What Core's REST interface answers to a path behind `/rest/`. */
  rest(path: string, query: URLSearchParams, body: Buffer): Promise<RestReply>
  readonly events: EventLog
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
  readonly links: LinkTable
  setLinks(links: LinkTable): void
  /** Sends what peers pass over. */
  pad(load: LinkPadding): void
  /** Closes the connections to whoever listens there, without a goodbye. */
  reset(peers: readonly string[]): void
  machine(): MachineState
  setMachine(conditions: MachineConditions): void
  stop(why: string): void
}

/** A request that cannot be answered as asked. */
class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void

export interface ControlOptions {
  readonly token: string
  /** Who may beside those who know the token, by their `authorization`. Default: nobody. */
  admits?(authorization: string): boolean
  /** Whether who says this `authorization` may call what the body calls. Default: everything. */
  mayCall?(authorization: string, body: string): boolean
  /** Calls that may be in work at a time. Default: any number. */
  readonly maxCalls?: number | undefined
  /** A connection over which nothing is asked is closed after so long (Core's -rpcservertimeout). Default: a minute. */
  readonly idleMs?: number | undefined
  /** REST is for everybody, as Core's is. Default: for who may. */
  readonly openRest?: boolean
  onBug(what: string, error: unknown): void
}

export class ControlServer {
  /** Of the two ways to say the token: as a bearer's, and as the password of Core's cookie. */
  readonly #admitted: readonly Buffer[]
  readonly #node: ControlledNode
  readonly #options: ControlOptions
  readonly #server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => void this.#answer(request, response),
  )
  #asked = true
  /** Who alone may ask; undefined: whoever knows the token. */
  #from: string | undefined
  /** In work. */
  #calls = 0

  constructor(node: ControlledNode, options: ControlOptions) {
    const { token } = options
    this.#admitted = [`Bearer ${token}`, basic(COOKIE_USER, token)].map(digest)
    this.#node = node
    this.#options = options
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS
    this.#server.keepAliveTimeout = options.idleMs ?? KEEP_ALIVE_MS
    // What is no request that can be read: Core says the same to all of it.
    this.#server.on('clientError', (_, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    })
    this.#server.on('connection', socket => {
      if (this.#hears(socket)) socket.setKeepAlive(true, PROBE_MS)
      else socket.destroy()
    })
  }

  /** Takes the port and gives `http://host:port`. */
  async listen(at: NodeConfig['control']): Promise<string> {
    this.#from = at.from
    const address = await bind(this.#server, at, 'control')
    this.#server.on('error', error => this.#options.onBug('accepting control connections', error))
    return `http://${address}`
  }

  /** From elsewhere nothing is heard. What looks from the node's own machine whether it lives gets an answer, if not a good one. */
  #hears({ remoteAddress, localAddress }: Socket): boolean {
    return this.#from === undefined || remoteAddress === this.#from || remoteAddress === localAddress
  }

  /** Whether anyone who may has asked something since the last call, or follows the events. */
  takeAsked(): boolean {
    const asked = this.#asked || this.#node.events.readers > 0
    this.#asked = false
    return asked
  }

  /** Answers what is open, for a moment, then closes. */
  close(): Promise<void> {
    return new Promise(resolve => {
      const late = setTimeout(() => this.#server.closeAllConnections(), CLOSE_MS)
      this.#server.close(() => {
        clearTimeout(late)
        resolve()
      })
      this.#server.closeIdleConnections()
      // A stream that ends now must not wait for a next request.
      this.#server.keepAliveTimeout = 1
    })
  }

  readonly #routes: { readonly [path: string]: { readonly [method: string]: Handler } } = {
    '/': { POST: (request, response) => this.#rpc(request, response) },
    // The controller's: it means the wallet without a name, whatever else is loaded.
    '/rpc': { POST: (request, response) => this.#rpc(request, response, '') },
    '/metrics': {
      GET: async (_, response) => {
        const { contentType, text } = await this.#node.metrics()
        send(response, 200, contentType, text)
      },
    },
    '/events': { GET: (_, response, url) => this.#follow(response, url) },
    '/health': {
      GET: (_, response) => {
        const health = this.#node.health()
        sendJson(response, health.status === 'running' ? 200 : 503, health)
      },
    },
    '/links': {
      GET: (_, response) => sendJson(response, 200, this.#node.links),
      PUT: async (request, response) => {
        this.#node.setLinks(parseLinkTable(parseJson(await readBody(request))))
        send(response, 204, undefined, undefined)
      },
    },
    '/pad': {
      POST: async (request, response) => {
        this.#node.pad(parsePadding(parseJson(await readBody(request))))
        send(response, 204, undefined, undefined)
      },
    },
    '/reset': {
      POST: async (request, response) => {
        this.#node.reset(parsePeers(parseJson(await readBody(request))))
        send(response, 204, undefined, undefined)
      },
    },
    '/machine': {
      GET: (_, response) => sendJson(response, 200, this.#node.machine()),
      PUT: async (request, response) => {
        this.#node.setMachine(parseMachine(parseJson(await readBody(request))))
        send(response, 204, undefined, undefined)
      },
    },
    '/burn': {
      POST: async (request, response) =>
        sendJson(response, 200, { tookMs: await burn(parseBurn(parseJson(await readBody(request)))) }),
    },
    '/stop': {
      POST: async (request, response) => {
        const body = await readBody(request)
        const why = body === '' ? 'asked over HTTP' : parseStop(parseJson(body))
        sendJson(response, 202, { stopping: true })
        this.#node.stop(why)
      },
    },
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!(this.#options.openRest && request.url?.startsWith('/rest/'))) this.#admit(request, response)
      const url = urlOf(request)
      const methods = this.#methodsOf(url)
      if (!methods) throw new HttpError(404, `no such path: ${url.pathname}`)
      const handler = Object.hasOwn(methods, request.method ?? '') ? methods[request.method ?? ''] : undefined
      if (!handler) {
        response.setHeader('allow', Object.keys(methods).join(', '))
        throw new HttpError(405, `${url.pathname} takes ${Object.keys(methods).join(' or ')}`)
      }
      await handler(request, response, url)
    } catch (error) {
      this.#refuse(response, error)
    }
  }

  /** Paths that are there as they stand, and Core's two with something behind them. */
  #methodsOf({ pathname }: URL): { readonly [method: string]: Handler } | undefined {
    if (Object.hasOwn(this.#routes, pathname)) return this.#routes[pathname]
    const wallet = /^\/wallet\/([^/]*)$/.exec(pathname)?.[1]
    if (wallet !== undefined)
      return { POST: (request, response) => this.#rpc(request, response, unescaped(wallet)) }
    if (pathname.startsWith('/rest/')) {
      const rest: Handler = (request, response, url) => this.#rest(request, response, url)
      return pathname.startsWith('/rest/getutxos') ? { GET: rest, POST: rest } : { GET: rest }
    }
    return undefined
  }

  async #rpc(request: IncomingMessage, response: ServerResponse, wallet?: string): Promise<void> {
    const { mayCall, maxCalls = Number.POSITIVE_INFINITY } = this.#options
    const asked = await readBody(request, MAX_RPC_BYTES)
    if (mayCall?.(request.headers.authorization ?? '', asked) === false)
      throw new HttpError(403, 'this user may not call that')
    if (this.#calls >= maxCalls) {
      send(response, 503, 'text/plain', 'Work queue depth exceeded')
      return
    }
    this.#calls++
    try {
      const { status, body } = await this.#node.rpc(asked, wallet)
      send(response, status, 'application/json', body)
    } finally {
      this.#calls--
    }
  }

  async #rest(
    request: IncomingMessage,
    response: ServerResponse,
    { pathname, searchParams }: URL,
  ): Promise<void> {
    if (/%(?![0-9a-f]{2})/i.test(request.url ?? '')) {
      send(
        response,
        400,
        'text/plain',
        'URI parsing failed, it likely contained RFC 3986 invalid characters\r\n',
      )
      return
    }
    const asked = await readBytes(request, MAX_BODY_BYTES)
    const { status, type, body } = await this.#node.rest(pathname.slice('/rest/'.length), searchParams, asked)
    send(response, status, type, body)
  }

  /** Only who knows the token gets beyond this. */
  #admit(request: IncomingMessage, response: ServerResponse): void {
    if (this.#from !== undefined && request.socket.remoteAddress !== this.#from)
      throw new HttpError(403, 'only the gateway of its network may ask this node')
    const { authorization = '' } = request.headers
    const given = digest(authorization)
    // Each of them, so that the time taken tells nothing.
    const matches = this.#admitted.filter(one => timingSafeEqual(given, one))
    if (matches.length === 0 && !this.#options.admits?.(authorization)) {
      response.setHeader('www-authenticate', ['Bearer', 'Basic realm="jsonrpc"'])
      throw new HttpError(401, 'this node wants its bearer token, or user and password of its cookie file')
    }
    // Who reads metrics is no sign of a controller.
    if (request.url !== '/metrics') this.#asked = true
  }

  #refuse(response: ServerResponse, error: unknown): void {
    // Its client went away meanwhile.
    if (response.headersSent || response.destroyed) return void response.destroy()
    if (error instanceof HttpError) {
      // What is still coming of a refused body is not worth reading.
      response.setHeader('connection', 'close')
      sendJson(response, error.status, { error: error.message })
    } else if (error instanceof ConfigError) sendJson(response, 400, { error: error.message })
    else {
      this.#options.onBug('answering a control request', error)
      sendJson(response, 500, { error: 'internal error; the log says more' })
    }
  }

  #follow(response: ServerResponse, url: URL): void {
    const after = url.searchParams.get('after')
    if (after !== null && !/^\d{1,15}$/.test(after))
      throw new HttpError(400, 'after must be a sequence number')
    const { events } = this.#node
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      'netsplit-boot': events.boot,
    })
    response.flushHeaders()
    const boot = url.searchParams.get('boot') ?? undefined
    events.follow(response, after === null ? undefined : Number(after), boot)
  }
}

/** As a client that has only user and password says them (RFC 7617). */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HttpError(400, 'the name of the wallet is not in URL encoding')
  }
}

/** Equal lengths, so that comparing them tells nothing about the token. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function urlOf(request: IncomingMessage): URL {
  const host = request.headers.host ?? ''
  if (!/^([0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host))
    throw new HttpError(400, 'the Host header is not a host')
  try {
    return new URL(request.url ?? '/', 'http://node')
  } catch {
    throw new HttpError(400, 'the request target is not a path')
  }
}

async function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<string> {
  return (await readBytes(request, maxBytes)).toString('utf8')
}

async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = new HttpError(413, `a body may have ${maxBytes} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge
      chunks.push(chunk)
    }
  } catch (error) {
    throw error === tooLarge ? tooLarge : new HttpError(400, 'the request ended before its body did')
  }
  return Buffer.concat(chunks)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, `the body is not JSON: ${(error as Error).message}`)
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`)
}

function send(
  response: ServerResponse,
  status: number,
  type: string | undefined,
  body: string | Uint8Array | undefined,
): void {
  if (type !== undefined) response.setHeader('content-type', type)
  response.setHeader('cache-control', 'no-store')
  if (body !== undefined) response.setHeader('content-length', Buffer.byteLength(body))
  response.writeHead(status).end(body)
}
