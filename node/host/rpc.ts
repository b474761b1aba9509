// JSON-RPC as Bitcoin Core 28 speaks it: 1.x and 2.0, single and batch, positional and named parameters,
// with its status codes: 2.0 always answers 200, 1.x says errors by 400, 404 and 500.

import { LATER, type Respond, RPC, RpcError, type RpcMethod, type RpcTable } from '../core/service.ts'
import { ConsensusError, ProtocolError } from '../errors.ts'
import { answerText } from './answer-text.ts'

/** Calls in one batch. */
const MAX_BATCH = 1_000
const PARSE_ERROR = -32_700

/** What goes back over HTTP. No body with 204: the caller wanted no answer. */
export interface RpcReply {
  readonly status: 200 | 204 | 400 | 404 | 500
  readonly body: string | undefined
}

export interface RpcOptions {
  readonly methods: RpcTable
  /** Answers, later, to methods that are in no table; absent: nobody does. */
  readonly forward?: Forward | undefined
  /** Told how long every call took. */
  observe(method: string, seconds: number, ok: boolean): void
  /** A handler threw what no handler should: a bug, answered and then said here. */
  onBug(method: string, error: unknown): void
}

/** `params`: as they came, by position or by name. */
export type Forward = (method: string, params: unknown, respond: Respond, wallet: string | undefined) => void

interface Request {
  readonly id: unknown
  readonly version: 1 | 2
  readonly notification: boolean
  readonly method: string
  readonly params: readonly unknown[] | { readonly [name: string]: unknown }
}

type Outcome = { readonly result: unknown } | { readonly error: RpcError }

export class RpcServer {
  readonly #options: RpcOptions
  readonly #active = new Set<{ readonly method: string; readonly startedMs: number }>()

  constructor(options: RpcOptions) {
    this.#options = options
  }

  /** `wallet`: the one that the request was sent to. */
  async answer(body: string, wallet?: string): Promise<RpcReply> {
    let message: unknown
    try {
      message = JSON.parse(body)
    } catch {
      return single(undefined, { error: new RpcError(PARSE_ERROR, 'Parse error') })
    }
    if (Array.isArray(message)) return this.#batch(message, wallet)
    if (typeof message !== 'object' || message === null)
      return single(undefined, { error: new RpcError(PARSE_ERROR, 'Top-level object parse error') })
    const request = parseRequest(message as Record<string, unknown>)
    if (request instanceof RpcError) {
      const part = partOf(message)
      return part?.notification ? { status: 204, body: undefined } : single(part, { error: request })
    }
    const outcome = await this.#call(request, wallet)
    return request.notification ? { status: 204, body: undefined } : single(request, outcome)
  }

  /** One after the other, as their order may matter. Errors in a batch never change its status. */
  async #batch(messages: readonly unknown[], wallet: string | undefined): Promise<RpcReply> {
    if (messages.length > MAX_BATCH) {
      const error = new RpcError(RPC.invalidRequest, `more than ${MAX_BATCH} calls in a batch`)
      return single(undefined, { error })
    }
    const replies: object[] = []
    for (const message of messages) {
      const request = parseRequest(message)
      if (request instanceof RpcError) {
        const part = partOf(message)
        if (!part?.notification) replies.push(reply(part, { error: request }))
      } else {
        const outcome = await this.#call(request, wallet)
        if (!request.notification) replies.push(reply(request, outcome))
        // A long batch lets peers have their turn between calls.
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    if (replies.length === 0 && messages.length > 0) return { status: 204, body: undefined }
    return { status: 200, body: `${answerText(replies)}\n` }
  }

  /** One method from inside the node; its result, or an RpcError. */
  async call(method: string, ...params: unknown[]): Promise<unknown> {
    const outcome = await this.#call({ id: null, version: 2, notification: false, method, params }, undefined)
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }

  /** The calls in progress, in microseconds. */
  active(): { readonly method: string; readonly duration: number }[] {
    const nowMs = performance.now()
    return Array.from(this.#active, ({ method, startedMs }) => ({
      method,
      duration: Math.floor((nowMs - startedMs) * 1000),
    }))
  }

  async #call(request: Request, wallet: string | undefined): Promise<Outcome> {
    const startedMs = performance.now()
    const { methods, forward, observe } = this.#options
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
    if (!method && !forward) return { error: new RpcError(RPC.methodNotFound, 'Method not found') }
    if (method?.replaced !== undefined) return { error: new RpcError(RPC.methodNotFound, method.replaced) }
    const call = { method: request.method, startedMs }
    this.#active.add(call)
    const outcome = method
      ? await this.#handle(request, method, wallet)
      : await new Promise<Outcome>(resolve => forward?.(request.method, request.params, resolve, wallet))
    this.#active.delete(call)
    observe(request.method, (performance.now() - startedMs) / 1000, 'result' in outcome)
    return outcome
  }

  async #handle(request: Request, method: RpcMethod, wallet: string | undefined): Promise<Outcome> {
    try {
      const params = positional(request, method)
      // What the handler throws inside the executor becomes the promise's rejection.
      return await new Promise<Outcome>(resolve => {
        const result = method.handle(params, resolve, wallet)
        if (result !== LATER) resolve({ result })
      })
    } catch (error) {
      return { error: this.#toRpcError(request.method, error) }
    }
  }

  #toRpcError(method: string, error: unknown): RpcError {
    if (error instanceof RpcError) return error
    if (error instanceof ConsensusError) return new RpcError(RPC.verifyRejected, error.message)
    if (error instanceof ProtocolError) return new RpcError(RPC.deserialization, error.message)
    this.#options.onBug(method, error)
    return new RpcError(RPC.internal, 'internal error; the log says more')
  }
}

/** The answer of a node that is still starting. */
export async function warmingUp(): Promise<RpcReply> {
  return single(undefined, { error: new RpcError(RPC.inWarmup, 'the node is starting') })
}

function parseRequest(message: unknown): Request | RpcError {
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return new RpcError(RPC.invalidRequest, 'Invalid Request object')
  const { id, method, params, ...rest } = message as Record<string, unknown>
  // Core refuses a number; a client in use (rpc-bitcoin) says 1.0 by one.
  const jsonrpc = rest.jsonrpc === 1 ? '1.0' : rest.jsonrpc
  if (jsonrpc !== undefined && jsonrpc !== null && typeof jsonrpc !== 'string')
    return new RpcError(RPC.invalidRequest, 'jsonrpc field must be a string')
  if (typeof jsonrpc === 'string' && !['1.0', '1.1', '2.0'].includes(jsonrpc))
    return new RpcError(RPC.invalidRequest, 'JSON-RPC version not supported')
  if (method === undefined || method === null) return new RpcError(RPC.invalidRequest, 'Missing method')
  if (typeof method !== 'string') return new RpcError(RPC.invalidRequest, 'Method must be a string')
  if (params !== undefined && typeof params !== 'object')
    return new RpcError(RPC.invalidRequest, 'Params must be an array or object')
  const version = jsonrpc === '2.0' ? 2 : 1
  const notification = version === 2 && id === undefined
  return { id, version, notification, method, params: (params ?? []) as Request['params'] }
}

/** What is known of a request that is not one: enough to answer in its version and with its id. */
function partOf(message: unknown): Pick<Request, 'id' | 'version' | 'notification'> | undefined {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return undefined
  const { id, jsonrpc } = message as Record<string, unknown>
  const version = jsonrpc === '2.0' ? 2 : 1
  return { id, version, notification: version === 2 && id === undefined }
}

/** Parameters by position; null stands for one that is left out. Too many or too few are answered with the usage. */
function positional(request: Request, method: RpcMethod): readonly unknown[] {
  const given = Array.isArray(request.params) ? request.params : named(request, method)
  const params = given.map(value => value ?? undefined)
  // One that is null is there, and of a wrong type.
  const needed = method.params.findLastIndex(name => !name.endsWith('?')) + 1
  if (params.length > method.params.length || params.length < needed)
    throw new RpcError(RPC.misc, usage(request.method, method))
  return params
}

function named(request: Request, method: RpcMethod): readonly unknown[] {
  const { args, ...rest } = request.params as { readonly [name: string]: unknown }
  if (args !== undefined && !Array.isArray(args))
    throw new RpcError(RPC.invalidParameter, 'Parameter args must be an array')
  const names = method.params.map(name => name.replace('?', '').split('|'))
  const params: unknown[] = [...(args ?? [])]
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) {
    const index = names.findIndex(aliases => aliases.includes(name))
    if (index === -1 && method.options?.includes(name)) {
      options[name] = value
      continue
    }
    if (index === -1) throw new RpcError(RPC.invalidParameter, `Unknown named parameter ${name}`)
    if (params[index] !== undefined)
      throw new RpcError(
        RPC.invalidParameter,
        `Parameter ${name} specified twice both as positional and named argument`,
      )
    params[index] = value
  }
  if (Object.keys(options).length > 0) addOptions(params, options, method)
  return Array.from(params)
}

/** Options that were named beside the parameters go into the last of them. */
function addOptions(params: unknown[], options: Record<string, unknown>, { params: names }: RpcMethod): void {
  const place = names.findIndex(name => name.includes('options'))
  const given = params[place]
  const twice = Object.keys(options).find(name => typeof given === 'object' && given && name in given)
  if (twice !== undefined)
    throw new RpcError(RPC.invalidParameter, `Parameter options conflicts with parameter ${twice}`)
  params[place] = { ...(typeof given === 'object' ? given : {}), ...options }
}

/** `getblock "blockhash" ( verbosity )`, and what it does. */
export function usage(name: string, method: RpcMethod): string {
  const params = method.params.map(each => {
    const [first = ''] = each.replace('?', '').split('|')
    return each.endsWith('?') ? `( ${first} )` : first
  })
  return `${[name, ...(method.shown === undefined ? params : [method.shown])].join(' ')}\n\n${method.summary}`
}

function single(request: Pick<Request, 'id' | 'version'> | undefined, outcome: Outcome): RpcReply {
  const body = `${answerText(reply(request, outcome))}\n`
  if ('result' in outcome || request?.version === 2) return { status: 200, body }
  return { status: statusOf(outcome.error.code), body }
}

function statusOf(code: number): 400 | 404 | 500 {
  if (code === RPC.invalidRequest) return 400
  return code === RPC.methodNotFound ? 404 : 500
}

function reply(request: Pick<Request, 'id' | 'version'> | undefined, outcome: Outcome): object {
  // What had none is answered without; of what could not be read nobody knows.
  const id = request ? request.id : null
  const result = 'result' in outcome ? (outcome.result ?? null) : null
  const error = 'error' in outcome ? { code: outcome.error.code, message: outcome.error.message } : null
  if (request?.version !== 2) return { result, error, id }
  return error ? { jsonrpc: '2.0', error, id } : { jsonrpc: '2.0', result, id }
}
