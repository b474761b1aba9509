// A network that runs under another process, over its controller's API; to its callers a testnet like the local one.

import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { FaultReport, InjectOptions } from '../chaos/chaos.ts'
import type { Fault } from '../chaos/faults.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { type Answer, type Ask, HttpClient, linesOf, readAll } from '../machine/http.ts'
import { findNetwork, knownNetworks } from '../machine/networks.ts'
import type { NodeDoor, TestnetHandle } from '../network/handle.ts'
import { NodeRpcError, pause } from '../network/node-client.ts'
import { Pace } from '../network/pace.ts'
import type { ObservedEvent } from '../observe/events.ts'
import type { NetworkState } from '../observe/state.ts'
import { REPORT_DATA, type Report } from '../report/model.ts'
import type { Plan } from '../spec/types.ts'
import type { AddNode, ControllerFile, RunSummary, TimeOrder } from './api.ts'

const QUICK_MS = 5_000
/** A controller that ends closes its door before it gives the network's name back. */
const ENDING_MS = 5_000
/** A node may take this long to start, stop or answer. */
const ORDER_MS = 90_000
/** A fault is measured, and waits for connections to come back; a rolling restart takes its time. */
const FAULT_MS = 600_000
/** A whole network may take this long to go down. */
const DOWN_MS = 60_000
const STATE_EVERY_MS = 250
const GONE_EVERY_MS = 25

export class RemoteTestnet implements TestnetHandle {
  readonly plan: Plan
  readonly controller: ControllerFile
  readonly #http: HttpClient
  #state: NetworkState

  /** Finds the live network of this name (the only one when absent) and asks it for its plan and state. */
  static async connect(name: string | undefined): Promise<RemoteTestnet> {
    const deadlineMs = Date.now() + ENDING_MS
    for (;;) {
      const controller = findNetwork(name)
      const http = new HttpClient(controller.url, controller.token)
      try {
        const [plan, state] = await Promise.all([getJson(http, '/plan'), getJson(http, '/state')])
        return new RemoteTestnet(controller, http, plan as Plan, state as NetworkState)
      } catch (error) {
        http.close()
        if (!isNetworkError(error)) throw error
        if (Date.now() > deadlineMs) throw unreachable(controller, error)
        await pause(GONE_EVERY_MS)
      }
    }
  }

  private constructor(controller: ControllerFile, http: HttpClient, plan: Plan, state: NetworkState) {
    this.controller = controller
    this.plan = plan
    this.#http = http
    this.#state = state
  }

  /** As last heard: at `connect`, or since while somebody subscribes. */
  state(): NetworkState {
    return this.#state
  }

  subscribe(listener: (state: NetworkState) => void): () => void {
    const end = new AbortController()
    void this.#poll(listener, end.signal)
    return () => end.abort()
  }

  async *events(after: number, signal: AbortSignal): AsyncGenerator<ObservedEvent> {
    for await (const line of this.#lines(`/events?after=${after}`, signal)) yield JSON.parse(line)
  }

  async rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = JSON.parse((await this.#post(`${nodePath(node)}/rpc`, body)).body) as {
      result?: unknown
      error?: { code: number; message: string }
    }
    if (answer.error) throw new NodeRpcError(answer.error.code, answer.error.message)
    return answer.result
  }

  async door(node: string): Promise<NodeDoor> {
    return (await getJson(this.#http, `${nodePath(node)}/door`)) as NodeDoor
  }

  async add(wish: AddNode): Promise<string> {
    const { body } = await this.#post('/nodes', JSON.stringify(wish))
    return (JSON.parse(body) as { name: string }).name
  }

  async ask(system: string, order: string, params: object): Promise<object> {
    const body = JSON.stringify({ order, params })
    const path = `/systems/${encodeURIComponent(system)}`
    return JSON.parse((await this.#ask({ method: 'POST', path, body, timeoutMs: FAULT_MS })).body)
  }

  async start(node: string): Promise<void> {
    await this.#post(`${nodePath(node)}/start`)
  }

  async stop(node: string): Promise<void> {
    await this.#post(`${nodePath(node)}/stop`)
  }

  async kill(node: string): Promise<void> {
    await this.#post(`${nodePath(node)}/kill`)
  }

  async pause(node: string): Promise<void> {
    await this.#post(`${nodePath(node)}/pause`)
  }

  async resume(node: string): Promise<void> {
    await this.#post(`${nodePath(node)}/resume`)
  }

  async steer(order: TimeOrder): Promise<void> {
    await this.#post('/time', JSON.stringify(order))
    this.#state = (await getJson(this.#http, '/state')) as NetworkState
  }

  async inject(fault: Fault, { id, forMs }: InjectOptions = {}): Promise<FaultReport> {
    const body = JSON.stringify({ fault, id, forMs })
    const answer = await this.#ask({ method: 'POST', path: '/faults', body, timeoutMs: FAULT_MS })
    return JSON.parse(answer.body)
  }

  async heal(fault?: string): Promise<readonly FaultReport[]> {
    const path = fault === undefined ? '/faults' : `/faults/${encodeURIComponent(fault)}`
    return JSON.parse((await this.#ask({ method: 'DELETE', path, timeoutMs: FAULT_MS })).body)
  }

  logs(node: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string> {
    return this.#lines(`${nodePath(node)}/logs?lines=${lines}${follow ? '&follow=1' : ''}`, follow)
  }

  /** Asks, waits until the controller has released the network's name, and reads the summary it left. */
  down(_why: string): Promise<RunSummary> {
    return this.#end('/down')
  }

  /** As `down`, but it keeps its chain and can be started again. */
  halt(): Promise<RunSummary> {
    return this.#end('/stop')
  }

  async #end(path: '/down' | '/stop'): Promise<RunSummary> {
    await ask(this.#http, { method: 'POST', path, timeoutMs: this.#patient(ORDER_MS) }).catch(error => {
      // It may be going down already, and its API with it.
      if (!isNetworkError(error)) throw error
    })
    const patienceMs = this.#patient(DOWN_MS)
    const deadlineMs = Date.now() + patienceMs
    while (this.#stillThere()) {
      if (Date.now() > deadlineMs)
        throw new UserError(
          EXIT.failure,
          `${this.controller.network} is still going down after ${patienceMs / 1000} s`,
        )
      await pause(GONE_EVERY_MS)
    }
    return await this.#summary()
  }

  /** As the controller left it in the record. */
  async #summary(): Promise<RunSummary> {
    const { network, runDirectory } = this.controller
    try {
      const { report: _, ...summary } = JSON.parse(
        await readFile(join(runDirectory, REPORT_DATA), 'utf8'),
      ) as Report
      return summary
    } catch (error) {
      throw new UserError(
        EXIT.failure,
        `${network} has gone down, but the record of its run is not whole: no ${REPORT_DATA} in ${runDirectory} (${(error as Error).message})`,
        'is that disk full? netsplit report makes it of what there is',
      )
    }
  }

  close(): void {
    this.#http.close()
  }

  /** Longer for a network of many nodes. */
  #patient(usualMs: number): number {
    return new Pace(this.#state.nodes.length, availableParallelism()).ms(usualMs)
  }

  #stillThere(): boolean {
    const { network, token } = this.controller
    return knownNetworks().some(
      known => known.network === network && known.alive && known.controller?.token === token,
    )
  }

  async #poll(listener: (state: NetworkState) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#state = (await getJson(this.#http, '/state')) as NetworkState
      } catch {
        // The controller has gone: the last thing to be shown is that the network has, too.
        if (!this.#stillThere()) this.#state = { ...this.#state, phase: 'stopped', nowMs: Date.now() }
      }
      if (!signal.aborted) listener(this.#state)
      if (this.#state.phase === 'stopped') return
      await pause(STATE_EVERY_MS, signal)
    }
  }

  #post(path: string, body?: string): Promise<Answer> {
    return this.#ask({
      method: 'POST',
      path,
      timeoutMs: this.#patient(ORDER_MS),
      ...(body !== undefined && { body }),
    })
  }

  async #ask(what: Ask): Promise<Answer> {
    try {
      return await ask(this.#http, what)
    } catch (error) {
      throw isNetworkError(error) ? brokenOff(this.controller, what, error as Error) : error
    }
  }

  async *#lines(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
    try {
      const stream = await this.#http.open({
        method: 'GET',
        path,
        timeoutMs: QUICK_MS,
        ...(signal && { signal }),
      })
      if (stream.statusCode !== 200) throw remoteError(stream.statusCode ?? 0, await readAll(stream))
      yield* linesOf(stream)
    } catch (error) {
      if (signal?.aborted) return
      const what: Ask = { method: 'GET', path, timeoutMs: QUICK_MS }
      throw isNetworkError(error) ? brokenOff(this.controller, what, error as Error) : error
    }
  }
}

function nodePath(node: string): string {
  return `/nodes/${encodeURIComponent(node)}`
}

async function getJson(http: HttpClient, path: string): Promise<unknown> {
  return JSON.parse((await ask(http, { method: 'GET', path, timeoutMs: QUICK_MS })).body)
}

async function ask(http: HttpClient, what: Ask): Promise<Answer> {
  const answer = await http.ask(what)
  if (answer.status >= 400) throw remoteError(answer.status, answer.body)
  return answer
}

/** The controller's refusal, as if it had been said here. */
function remoteError(status: number, body: string): UserError {
  try {
    const { error } = JSON.parse(body) as { error: { message: string; hint?: string; exitCode?: ExitCode } }
    return new UserError(error.exitCode ?? EXIT.failure, error.message, error.hint)
  } catch {
    return new UserError(EXIT.failure, `the controller answered ${status}`)
  }
}

function isNetworkError(error: unknown): boolean {
  return error instanceof Error && !(error instanceof UserError) && !(error instanceof SyntaxError)
}

function unreachable({ network, pid }: ControllerFile, error: unknown): UserError {
  const message = `the controller of ${network} (process ${pid}) does not answer: ${(error as Error).message}`
  return new UserError(EXIT.failure, message, 'it may be suspended, or just starting or ending')
}

/** In the middle of an order; what it asked for may come about. */
function brokenOff(
  { network, pid }: ControllerFile,
  { method, path, timeoutMs }: Ask,
  error: Error,
): UserError {
  const late = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT'
  const how = late ? `has not answered for ${timeoutMs / 1000} s` : `broke off: ${error.message}`
  return new UserError(
    EXIT.failure,
    `the controller of ${network} (process ${pid}) ${how} (${method} ${path})`,
    `what was asked for may still come about: netsplit status ${network} and netsplit faults tell`,
  )
}
