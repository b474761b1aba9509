// A running node over HTTP: JSON-RPC, health, link table and its stream of events, resumed so that none is lost or doubled.

import type { LinkTable, MachineConditions, MachineState, NodeEvent, NodeHealth } from '../../node/api.ts'
import { onAbort } from '../aborts.ts'
import { type Answer, HttpClient, linesOf, readAll } from '../machine/http.ts'
import { after } from '../timers.ts'
import { Pace } from './pace.ts'

const HEALTH_TIMEOUT_MS = 5_000
const RPC_TIMEOUT_MS = 60_000
const CONTROL_TIMEOUT_MS = 30_000
/** Of whoever speaks to one node alone. */
const UNHURRIED = new Pace(1, 1)
/** Waits between attempts to reopen a broken stream. */
const RETRY_MS = [20, 100, 250, 500, 1_000] as const

/** The node answered, and said no. `code` is Bitcoin Core's. */
export class NodeRpcError extends Error {
  override readonly name = 'NodeRpcError'
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export class NodeClient {
  readonly #http: HttpClient
  readonly #pace: Pace

  /** `pace`: of the network that it is one of. */
  constructor(url: string, token: string, pace = UNHURRIED) {
    this.#http = new HttpClient(url, token)
    this.#pace = pace
  }

  async rpc(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = await this.#http.ask({
      method: 'POST',
      path: '/rpc',
      body,
      timeoutMs: this.#pace.ms(RPC_TIMEOUT_MS),
      ...(signal && { signal }),
    })
    const outcome = parseRpc(answer.body)
    if (outcome === undefined) throw refusedBy('/rpc', answer)
    if (outcome.error) throw new NodeRpcError(outcome.error.code, outcome.error.message)
    return outcome.result
  }

  async health(signal?: AbortSignal, usualMs = HEALTH_TIMEOUT_MS): Promise<NodeHealth> {
    const answer = await this.#http.ask({
      method: 'GET',
      path: '/health',
      timeoutMs: this.#pace.ms(usualMs),
      ...(signal && { signal }),
    })
    // 503 carries the same document while the node starts or stops.
    if (answer.status !== 200 && answer.status !== 503) throw refusedBy('/health', answer)
    return JSON.parse(answer.body) as NodeHealth
  }

  /** Replaces the node's whole link table. */
  async setLinks(table: LinkTable): Promise<void> {
    await this.#control('PUT', '/links', table)
  }

  /** Has it send a load to whoever listens there, and right behind it a ping. */
  async pad(
    peer: string,
    { frames, bytes }: { readonly frames: number; readonly bytes: number },
  ): Promise<void> {
    await this.#control('POST', '/pad', { peer, frames, bytes })
  }

  /** Resets the connections to whoever listens on these addresses. */
  async reset(peers: readonly string[]): Promise<void> {
    await this.#control('POST', '/reset', { peers })
  }

  async setMachine(conditions: MachineConditions): Promise<void> {
    await this.#control('PUT', '/machine', conditions)
  }

  async machine(): Promise<MachineState> {
    return JSON.parse((await this.#control('GET', '/machine')).body)
  }

  /** Has it use so much processor time; gives how long that took, in ms. */
  async burn(cpuMs: number): Promise<number> {
    return JSON.parse((await this.#control('POST', '/burn', { cpuMs })).body).tookMs
  }

  /** Has it go down in order; it says why. */
  async stop(why: string): Promise<void> {
    await this.#control('POST', '/stop', { why })
  }

  /**
   * Every event of this life of the node from the oldest it still holds, across broken connections, until `signal` ends it
   * or a connection breaks that is not `worthResuming`. An open stream is also the node's sign that its controller lives.
   */
  async *events(
    boot: string,
    signal: AbortSignal,
    worthResuming: () => boolean = () => true,
  ): AsyncGenerator<NodeEvent> {
    let last = 0
    for (let failures = 0; !signal.aborted && (failures === 0 || worthResuming()); failures++) {
      if (failures > 0) await pause(RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] as number, signal)
      try {
        for await (const event of this.#openEvents(boot, last, signal)) {
          failures = 0
          // A resumed stream may begin with what the broken one had already brought.
          if (event.seq <= last && event.type !== 'events-lost') continue
          last = Math.max(last, event.seq)
          yield event
        }
      } catch (error) {
        if (error instanceof SyntaxError) throw error
      }
    }
  }

  close(): void {
    this.#http.close()
  }

  async #control(method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#http.ask({
      method,
      path,
      timeoutMs: this.#pace.ms(CONTROL_TIMEOUT_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (answer.status >= 300) throw refusedBy(path, answer)
    return answer
  }

  async *#openEvents(boot: string, after: number, signal: AbortSignal): AsyncGenerator<NodeEvent> {
    const stream = await this.#http.open({
      method: 'GET',
      path: `/events?after=${after}&boot=${encodeURIComponent(boot)}`,
      timeoutMs: this.#pace.ms(CONTROL_TIMEOUT_MS),
      signal,
    })
    try {
      if (stream.statusCode !== 200)
        throw refusedBy('/events', { status: stream.statusCode ?? 0, body: await readAll(stream) })
      for await (const line of linesOf(stream)) if (line !== '') yield JSON.parse(line) as NodeEvent
    } finally {
      stream.destroy()
    }
  }
}

function parseRpc(
  body: string,
): { result?: unknown; error?: { code: number; message: string } | null } | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !saysWhy(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Not the answer to what was asked, but why there is none: the node's own words, or those of the gateway before it. */
function refusedBy(path: string, { status, body }: Answer): Error {
  try {
    const value: unknown = JSON.parse(body)
    if (saysWhy(value)) return new Error(value.error)
  } catch {
    // It is no document.
  }
  return new Error(`${path} answered ${status} ${body.slice(0, 200)}`.trim())
}

function saysWhy(value: unknown): value is { readonly error: string } {
  return typeof (value as { error?: unknown } | null)?.error === 'string'
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = () => {
      cancel()
      unheard?.()
      resolve()
    }
    const cancel = after(ms, done)
    const unheard = signal && onAbort(signal, done)
  })
}
