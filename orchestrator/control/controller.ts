// The controller's API on loopback, for other terminals. Routes and documents: api.ts.

import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isAbsolute } from 'node:path'
import { NoFault, parseInjection } from '../chaos/parse.ts'
import type { JoinsFrom } from '../clients/joined.ts'
import { EXIT, UserError } from '../errors.ts'
import { readAll } from '../machine/http.ts'
import type { TestnetHandle } from '../network/handle.ts'
import { NodeRpcError } from '../network/node-client.ts'
import { inWords } from '../terminal/edge.ts'
import type { WebHandler } from '../web/server.ts'
import { type AddNode, TIME_VERBS, type TimeOrder } from './api.ts'

const MAX_BODY_BYTES = 4 << 20
const REQUEST_TIMEOUT_MS = 30_000
/** What open answers may still take when the controller ends. */
const CLOSE_MS = 500
const DEFAULT_LOG_LINES = 50

/** What the API serves, once there is something to serve. */
export interface Controlled {
  readonly testnet: TestnetHandle
  readonly metrics: () => Promise<string>
  /** The web page, which lets in whoever has its own key. */
  readonly web?: WebHandler
  /** Somebody asked the network to go down. */
  readonly onDown: (why: string) => void
  /** The same, but it keeps its chain. Throws UserError when it cannot. */
  readonly onStop: (why: string) => void
}

interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  /** Aborted when the asker has gone, or the controller ends. */
  readonly over: AbortSignal
}

/** `name`: the node or the fault in the path. */
type Route = (controlled: Controlled, asked: Asked, name: string) => Promise<void> | void

export class Controller {
  readonly #digest: Buffer
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #closing = new AbortController()
  #controlled: Controlled | undefined

  constructor(token: string) {
    this.#digest = digest(`Bearer ${token}`)
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS
  }

  /** Takes this port of loopback, or a free one when somebody has it, and gives `http://127.0.0.1:port`. */
  async listen(wanted = 0): Promise<string> {
    try {
      this.#server.listen({ host: '127.0.0.1', port: wanted })
      await once(this.#server, 'listening')
      return `http://127.0.0.1:${this.#port()}`
    } catch (error) {
      if (wanted === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      return await this.listen()
    }
  }

  serve(controlled: Controlled): void {
    this.#controlled = controlled
  }

  /** Ends what is being followed, answers what is open for a moment, then closes. */
  close(): Promise<void> {
    this.#controlled?.web?.close()
    this.#closing.abort()
    return new Promise(resolve => {
      const late = setTimeout(() => this.#server.closeAllConnections(), CLOSE_MS)
      this.#server.close(() => {
        clearTimeout(late)
        resolve()
      })
      this.#server.closeIdleConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      this.#checkHost(request)
      if (this.#controlled?.web?.handle(request, response)) return
      const everything = this.#checkKey(request)
      const url = new URL(request.url ?? '/', 'http://localhost')
      const { route, name, key } = findRoute(request.method ?? 'GET', url.pathname)
      if (!everything && !PAGE_MAY.has(key)) throw new HttpError(403, 'the page may not do that')
      if (!this.#controlled) throw new HttpError(503, 'the network is not there yet')
      const over = AbortSignal.any([gone.signal, this.#closing.signal])
      await route(this.#controlled, { request, response, query: url.searchParams, over }, name)
    } catch (error) {
      refuse(response, error)
    }
  }

  /** Never for a web site that had its own name point here. */
  #checkHost(request: IncomingMessage): void {
    const host = request.headers.host
    if (host !== `127.0.0.1:${this.#port()}` && host !== `localhost:${this.#port()}`)
      throw new HttpError(403, 'this address answers to 127.0.0.1 and localhost only')
  }

  /** Only for those who know the token (true), or for a page that may give orders. */
  #checkKey(request: IncomingMessage): boolean {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), this.#digest)) return true
    if (this.#controlled?.web?.mayCommand(request)) return false
    throw new HttpError(401, 'the token of controller.json is wanted')
  }

  #port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }
}

const ROUTES: { readonly [pattern: string]: Route } = {
  'GET /state': ({ testnet }, { response }) => sendJson(response, 200, testnet.state()),
  'GET /plan': ({ testnet }, { response }) => sendJson(response, 200, testnet.plan),
  'GET /metrics': async ({ metrics }, { response }) =>
    send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await metrics()),
  'GET /events': async ({ testnet }, { response, query, over }) => {
    const events = testnet.events(count(query, 'after', 0), over)
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
    for await (const event of events) await writeLine(response, JSON.stringify(event), over)
    response.end()
  },
  'GET /nodes/:name/logs': async ({ testnet }, { response, query, over }, node) => {
    const follow = query.get('follow') === '1' ? over : undefined
    const lines = testnet.logs(node, count(query, 'lines', DEFAULT_LOG_LINES), follow)
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).flushHeaders()
    for await (const line of lines) await writeLine(response, line, over)
    response.end()
  },
  'POST /nodes/:name/rpc': async ({ testnet }, { request, response }, node) => {
    const { id = null, method, params = [] } = await readObject(request)
    if (typeof method !== 'string' || !Array.isArray(params))
      throw new HttpError(400, 'a JSON-RPC request has a method and a list of params')
    const outcome = await testnet.rpc(node, method, params).then(result => ({ result }), rpcError)
    sendJson(response, 200, { jsonrpc: '2.0', id, ...outcome })
  },
  'GET /nodes/:name/door': async ({ testnet }, { response }, node) => {
    if (!testnet.door)
      throw new UserError(EXIT.usage, 'simulated nodes have no port', 'netsplit up --runtime process')
    sendJson(response, 200, await testnet.door(node))
  },
  'POST /nodes/:name/start': order((testnet, node) => testnet.start(node)),
  'POST /nodes/:name/stop': order((testnet, node) => testnet.stop(node)),
  'POST /nodes/:name/kill': order((testnet, node) => testnet.kill(node)),
  'POST /nodes/:name/pause': order((testnet, node) => testnet.pause(node)),
  'POST /nodes/:name/resume': order((testnet, node) => testnet.resume(node)),
  'POST /nodes': async ({ testnet }, { request, response }) => {
    const name = await testnet.add(readWish(await readObject(request)))
    sendJson(response, 201, { name })
  },
  'POST /systems/:name': async ({ testnet }, { request, response }, system) => {
    const { order, params = {} } = await readObject(request)
    if (typeof order !== 'string' || typeof params !== 'object' || params === null)
      throw new HttpError(400, 'a system is given an order, with params')
    sendJson(response, 200, await testnet.ask(system, order, params))
  },
  'POST /faults': async ({ testnet }, { request, response }) => {
    const { fault, options } = parseInjection(await readObject(request))
    sendJson(response, 201, await testnet.inject(fault, options))
  },
  'DELETE /faults': async ({ testnet }, { response }) => sendJson(response, 200, await testnet.heal()),
  'DELETE /faults/:name': async ({ testnet }, { response }, fault) =>
    sendJson(response, 200, await testnet.heal(fault)),
  'POST /time': async ({ testnet }, { request, response }) => {
    const asked = readTimeOrder(await readObject(request))
    if (!testnet.steer)
      throw new UserError(EXIT.usage, 'only simulated time can be stopped', 'netsplit up --runtime sim')
    await testnet.steer(asked)
    send(response, 204, undefined, undefined)
  },
  'POST /down': ({ onDown }, { response }) => {
    sendJson(response, 202, { stopping: true })
    onDown('asked by netsplit down')
  },
  'POST /stop': ({ onStop }, { response }) => {
    onStop('asked by netsplit stop')
    sendJson(response, 202, { stopping: true })
  },
}

/** What a page with the commanding key may ask for: to break and to mend, not to end the network or to spend. */
const PAGE_MAY: ReadonlySet<string> = new Set([
  ...['start', 'stop', 'kill', 'pause', 'resume'].map(order => `POST /nodes/:name/${order}`),
  ...['POST /nodes', 'POST /faults', 'DELETE /faults', 'DELETE /faults/:name', 'GET /nodes/:name/logs'],
])

function order(work: (testnet: TestnetHandle, node: string) => Promise<void>): Route {
  return async ({ testnet }, { response }, node) => {
    await work(testnet, node)
    send(response, 204, undefined, undefined)
  }
}

/** A request that cannot be answered as asked. */
class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const NAMED: ReadonlySet<string> = new Set(['nodes', 'systems', 'faults'])

function findRoute(method: string, path: string): { route: Route; name: string; key: string } {
  const [, first, name, ...rest] = path.split('/')
  const named = NAMED.has(first ?? '') && name !== undefined
  const pattern = named ? ['', first, ':name', ...rest].join('/') : path
  const key = `${method} ${pattern}`
  const route = ROUTES[key]
  if (route) return { route, name: decode(name ?? ''), key }
  const known = Object.keys(ROUTES).some(key => key.endsWith(` ${pattern}`))
  throw new HttpError(
    known ? 405 : 404,
    known ? `${method} is not for ${path}` : `there is nothing at ${path}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HttpError(400, 'the path is not valid')
  }
}

function count(query: URLSearchParams, key: string, absent: number): number {
  const text = query.get(key)
  if (text === null) return absent
  if (!/^\d{1,9}$/.test(text)) throw new HttpError(400, `${key} must be a whole number`)
  return Number(text)
}

async function readObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = await readAll(request, MAX_BODY_BYTES)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // said below
  }
  throw new HttpError(400, 'the body must be a JSON object')
}

function readWish({ name, group, newGroup, host, hashRateHps, from }: Record<string, unknown>): AddNode {
  const is = (value: unknown, type: string) => value === undefined || typeof value === type
  const texts = [name, group, host].every(each => is(each, 'string'))
  if (!texts || !is(newGroup, 'boolean') || !is(hashRateHps, 'number'))
    throw new HttpError(
      400,
      'a new node has a name, a group, newGroup, a host and a hashRateHps, all optional',
    )
  return {
    ...(typeof name === 'string' && { name }),
    ...(typeof group === 'string' && { group }),
    ...(newGroup === true && { newGroup }),
    ...(typeof host === 'string' && { host }),
    ...(typeof hashRateHps === 'number' && { hashRateHps }),
    ...(from !== undefined && { from: readFrom(from) }),
  }
}

function readFrom(value: unknown): JoinsFrom {
  const { p2pPort, rpc } = (value ?? {}) as {
    p2pPort?: unknown
    rpc?: { port?: unknown; loginFile?: unknown }
  }
  if (!isPort(p2pPort)) throw new HttpError(400, 'a program that joins has a p2pPort')
  if (rpc === undefined) return { p2pPort }
  const { port, loginFile } = rpc ?? {}
  if (!isPort(port) || typeof loginFile !== 'string' || !isAbsolute(loginFile))
    throw new HttpError(400, 'its rpc has a port and a loginFile, an absolute path')
  return { p2pPort, rpc: { port, loginFile } }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535
}

function readTimeOrder({ time, count = 1 }: Record<string, unknown>): TimeOrder {
  const known = TIME_VERBS.find(order => order === time)
  if (!known || !Number.isInteger(count) || (count as number) < 1)
    throw new HttpError(400, `an order to time is { "time": "${TIME_VERBS.join('" | "')}", "count": 1 }`)
  return { time: known, count: count as number }
}

/** The node's own refusals are the caller's answer; everything else is an error of the request. */
function rpcError(error: unknown): { error: { code: number; message: string } } {
  if (!(error instanceof NodeRpcError)) throw error
  return { error: { code: error.code, message: error.message } }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  const { message, hint, exitCode } = isOfTheRequest(error)
    ? { message: error.message, hint: undefined, exitCode: EXIT.failure }
    : inWords(error)
  sendJson(response, statusOf(error), { error: { message, hint, exitCode } })
}

function isOfTheRequest(error: unknown): error is Error {
  return error instanceof HttpError || error instanceof RangeError
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status
  if (error instanceof NoFault) return 400
  if (error instanceof RangeError) return 413
  return error instanceof UserError ? 409 : 500
}

async function writeLine(response: ServerResponse, line: string, over: AbortSignal): Promise<void> {
  if (response.destroyed || response.write(`${line}\n`)) return
  await once(response, 'drain', { signal: over }).catch(() => {})
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value))
}

function send(
  response: ServerResponse,
  status: number,
  type: string | undefined,
  body: string | undefined,
): void {
  if (type !== undefined) response.setHeader('content-type', type)
  response.writeHead(status, { 'cache-control': 'no-store' }).end(body)
}

/** Digests have one length, so comparing them takes one time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
