// Hands one request on to a node and its answer back, in pieces as they come: whoever reads slowly slows who writes, and an end
// that goes away takes the other with it. Nothing is kept but what is on its way.

import {
  Agent,
  request as ask,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { pipeline } from 'node:stream'

/** To a node that is there this takes no time; one that is gone answers nothing at all. */
const CONNECT_MS = 10_000
/** A node closes an idle connection after a minute; ours go before, so that nothing is asked over one that is being closed. */
const IDLE_MS = 20_000
/** A node that vanished without a word is found by TCP's probes. */
const PROBE_MS = 10_000
/** Of one connection each (RFC 9110, 7.6.1), or answered here (`expect`). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te'],
  ...['trailer', 'transfer-encoding', 'upgrade', 'expect'],
])
/** Where the node is, and what is said to it. */
export interface Forwarded {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly authorization: string
}

/** Why there is no answer: `status` fits it. */
export type Refuse = (status: 502 | 504, why: string) => void

export class Forwarder {
  readonly #agent = new Agent({ keepAlive: true, keepAliveMsecs: PROBE_MS, maxFreeSockets: 2 })
  #open = 0

  constructor() {
    this.#agent.on('free', socket => socket.setTimeout(IDLE_MS))
  }

  /** Requests that are on their way. */
  get open(): number {
    return this.#open
  }

  forward(request: IncomingMessage, response: ServerResponse, to: Forwarded, refuse: Refuse): void {
    this.#open++
    let asking: ClientRequest | undefined
    response.once('close', () => {
      this.#open--
      if (!response.writableFinished) asking?.destroy()
    })
    const begin = (again: boolean) => {
      asking = this.#ask(request, response, to, again)
      asking.on('error', (error: NodeJS.ErrnoException) => {
        // A node may close an idle connection while this was on its way over it; what has no body is asked anew.
        if (asking?.reusedSocket && !response.headersSent && !again && CUT.has(error.code)) return begin(true)
        if (response.headersSent || response.destroyed) return void response.destroy()
        refuse(error instanceof NoConnection ? 504 : 502, `does not answer (${error.code ?? error.message})`)
      })
    }
    begin(false)
  }

  #ask(request: IncomingMessage, response: ServerResponse, to: Forwarded, again: boolean): ClientRequest {
    const { host, port, path, authorization } = to
    const hasBody = isBodied(request)
    const asking = ask({
      ...{ host, port, path, method: request.method },
      headers: headersFor(request, { host: `${host}:${port}`, authorization }),
      // What cannot be sent twice goes over a connection of its own.
      agent: hasBody || again ? false : this.#agent,
    })
    connectWithin(asking, CONNECT_MS)
    asking.once('response', answer => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...headersOf(answer)].flat())
      // The head of a stream that says nothing for long must not wait for its first word.
      response.flushHeaders()
      // Broken off on one side, it is on the other.
      pipeline(answer, response, () => {})
    })
    if (hasBody) request.pipe(asking)
    else asking.end()
    return asking
  }
}

const CUT: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE'])

class NoConnection extends Error {
  readonly code = 'ETIMEDOUT'
}

/** Only the connection has a time: how long an answer may take is known to who waits for it. */
function connectWithin(asking: ClientRequest, timeoutMs: number): void {
  asking.once('socket', socket => {
    if (!socket.connecting) return
    const late = setTimeout(() => asking.destroy(new NoConnection('no connection')), timeoutMs)
    const settled = () => clearTimeout(late)
    socket.once('connect', settled).once('close', settled)
    socket.setKeepAlive(true, PROBE_MS)
  })
}

function isBodied({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function headersFor(
  request: IncomingMessage,
  ours: { readonly host: string; readonly authorization: string },
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of headersOf(request)) {
    const before = headers[name]
    headers[name] = before === undefined ? value : [before, value].flat()
  }
  // A body without a length comes in pieces, and goes on so.
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  return { ...headers, ...ours }
}

/** As they came, but for those that are of one connection only. */
function* headersOf({ rawHeaders, headers }: IncomingMessage): Generator<[name: string, value: string]> {
  const named = new Set((headers.connection ?? '').split(',').map(name => name.trim().toLowerCase()))
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i]?.toLowerCase() ?? '', rawHeaders[i + 1] ?? '']
    if (!HOP_BY_HOP.has(name) && !named.has(name)) yield [name, value]
  }
}
