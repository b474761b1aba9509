// A small HTTP client for loopback and container networks: bearer token (or Basic), deadlines, bodies of bounded size, NDJSON lines.
// node:http and not fetch: it starts faster, costs less memory, and its streams end when the peer's process does.

import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { onAbort } from '../aborts.ts'

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: string
  /** The whole exchange; for streams, until the headers are there. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly body: string
}

const MAX_ANSWER_BYTES = 64 << 20
const MAX_LINE_CHARS = 8 << 20

/** Talks to one HTTP server. Errors are Node's own (ECONNREFUSED, ECONNRESET …) or ETIMEDOUT. */
export class HttpClient {
  readonly url: string
  readonly #authorization: string
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 2 })
  #closed = false

  /** Of scheme Basic the token is `user:password` in base 64 (RFC 7617). */
  constructor(url: string, token: string, scheme: 'Bearer' | 'Basic' = 'Bearer') {
    this.url = url
    this.#authorization = `${scheme} ${token}`
  }

  async ask(ask: Ask): Promise<Answer> {
    const answer = await this.#send(ask)
    const timer = setTimeout(() => answer.destroy(timedOut(ask)), ask.timeoutMs)
    try {
      return { status: answer.statusCode ?? 0, body: await readAll(answer) }
    } finally {
      clearTimeout(timer)
    }
  }

  /** An answer whose body goes on; its reader destroys it. */
  open(ask: Ask): Promise<IncomingMessage> {
    return this.#send(ask)
  }

  /** Closes idle and busy connections. */
  close(): void {
    this.#closed = true
    this.#agent.destroy()
  }

  /**
   * A server may close an idle connection while a request is on its way over it (RFC 9112, 9.3.1), and a machine that is busy
   * makes that likely. Ours never break off what they have begun to answer, so whatever it was is asked anew, over a new one.
   */
  async #send(ask: Ask): Promise<IncomingMessage> {
    try {
      return await this.#sendOver(this.#agent, ask)
    } catch (error) {
      if (!(error instanceof StaleConnection) || this.#closed) throw error
      return this.#sendOver(false, ask)
    }
  }

  /** `false`: over a connection of its own. */
  #sendOver(agent: Agent | false, ask: Ask): Promise<IncomingMessage> {
    const headers: Record<string, string> = { authorization: this.#authorization }
    if (ask.body !== undefined) headers['content-type'] = 'application/json'
    const options: RequestOptions = { method: ask.method, agent, headers }
    return new Promise((resolve, reject) => {
      const sent = request(this.url + ask.path, options)
      let answered: IncomingMessage | undefined
      // Not by the request's own `signal`: on an answer that has just ended it makes the idle socket emit an error that
      // nobody can listen for.
      const abort = () => void (answered ?? sent).destroy()
      const timer = setTimeout(() => sent.destroy(timedOut(ask)), ask.timeoutMs)
      sent.once('close', () => {
        clearTimeout(timer)
        unheard?.()
      })
      sent.once('response', answer => {
        clearTimeout(timer)
        answered = answer
        resolve(answer)
      })
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(sent.reusedSocket && CUT.has(error.code) ? new StaleConnection(error.message) : error),
      )
      const unheard = ask.signal && onAbort(ask.signal, abort)
      if (ask.signal?.aborted) abort()
      else sent.end(ask.body)
    })
  }
}

/** The other end closed a connection that had served before. */
class StaleConnection extends Error {
  readonly code = 'ECONNRESET'
}

const CUT: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE'])

/** Nothing came in time; `afterMs`: how long that was. */
export class TimedOut extends Error {
  readonly code = 'ETIMEDOUT'
  readonly afterMs: number
  constructor(message: string, afterMs: number) {
    super(message)
    this.afterMs = afterMs
  }
}

function timedOut(ask: Ask): Error {
  return new TimedOut(`${ask.method} ${ask.path} timed out after ${ask.timeoutMs} ms`, ask.timeoutMs)
}

/** The whole body as text; rejects when it exceeds the limit or breaks off. */
export async function readAll(message: IncomingMessage, maxBytes = MAX_ANSWER_BYTES): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of message as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBytes) {
      message.destroy()
      throw new RangeError(`body above the limit of ${maxBytes} bytes`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The complete lines of a stream, without their ends. A last line without an end was cut off and is not given. */
export async function* linesOf(stream: AsyncIterable<string | Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of stream) {
    rest += typeof part === 'string' ? part : decoder.decode(part, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_CHARS) throw new RangeError('a line without end')
    yield* lines
  }
}
