// Asks other people's program over its JSON-RPC, as Core's is: HTTP, Basic authorization, one call a request.

import { Agent, request } from 'node:http'
import { type Respond, RPC, RpcError } from '../core/service.ts'

const TIMEOUT_MS = 60_000
const MAX_ANSWER_BYTES = 64 << 20

interface Refusal {
  readonly code?: number
  readonly message?: string
}

export interface ProgramRpcOptions {
  readonly name: string
  readonly port: number
  readonly path: string
  /** What it answers to a method that it does not have, where that has no code of its own. */
  readonly unknown?: readonly string[] | undefined
  /** `user:password`; asked for each question. Throws where there is none. */
  readonly login: () => string
}

export class ProgramRpc {
  readonly #options: ProgramRpcOptions
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 4 })
  #lastId = 0

  constructor(options: ProgramRpcOptions) {
    this.#options = options
  }

  /** `wallet`: asked at `/wallet/<name>`; without a name at the path that every program has. */
  call(method: string, params: unknown, respond: Respond, wallet?: string): void {
    this.ask(method, params, wallet).then(
      result => respond({ result }),
      error => respond({ error }),
    )
  }

  /** Rejects with RpcError. */
  async ask(method: string, params: unknown, wallet?: string, timeoutMs = TIMEOUT_MS): Promise<unknown> {
    const { name } = this.#options
    const body = JSON.stringify({ jsonrpc: '1.0', id: ++this.#lastId, method, params })
    let text: string
    try {
      text = await this.#post(
        wallet ? `${this.#path}wallet/${encodeURIComponent(wallet)}` : this.#path,
        body,
        timeoutMs,
      )
    } catch (error) {
      throw new RpcError(RPC.misc, `${name} does not answer ${method}: ${(error as Error).message}`)
    }
    const { result, error } = parsed(text) ?? {
      error: { code: RPC.internal, message: `${name} answered ${method} with ${text.slice(0, 200)}` },
    }
    if (error) throw this.#refusal(method, error)
    return result
  }

  #refusal(method: string, { code = RPC.misc, message }: Refusal): RpcError {
    const { name, unknown = [] } = this.#options
    const isUnknown = message !== undefined && unknown.some(words => message.startsWith(words))
    return new RpcError(isUnknown ? RPC.methodNotFound : code, message ?? `${name} refused ${method}`)
  }

  close(): void {
    this.#agent.destroy()
  }

  get #path(): string {
    const { path } = this.#options
    return path.endsWith('/') ? path : `${path}/`
  }

  #post(path: string, body: string, timeoutMs: number): Promise<string> {
    const { port, login } = this.#options
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          ...{
            host: '127.0.0.1',
            port,
            path,
            method: 'POST',
            agent: this.#agent,
            auth: login(),
          },
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
          timeout: timeoutMs,
        },
        answer => {
          const pieces: Buffer[] = []
          let bytes = 0
          answer.on('data', (piece: Buffer) => {
            bytes += piece.length
            if (bytes > MAX_ANSWER_BYTES) asked.destroy(new Error(`more than ${MAX_ANSWER_BYTES} bytes`))
            else pieces.push(piece)
          })
          answer.once('error', reject)
          answer.once('end', () => {
            if (answer.statusCode === 401) reject(new Error('it does not take the password'))
            else resolve(Buffer.concat(pieces).toString('utf8'))
          })
        },
      )
      asked.once('timeout', () => asked.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)))
      asked.once('error', reject)
      asked.end(body)
    })
  }
}

function parsed(text: string): { readonly result?: unknown; readonly error?: Refusal | null } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
