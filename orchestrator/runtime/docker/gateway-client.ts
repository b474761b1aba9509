// What the controller says to its gateway: which nodes there are, and the answers to what it is asked in return.

import {
  type GatewayAnswer,
  type GatewayAsk,
  type GatewayTable,
  ID_HEADER,
  ROUTE,
} from '../../gateway/api.ts'
import { refusal } from '../../gateway/asks.ts'
import { HttpClient, linesOf } from '../../machine/http.ts'
import { pause } from '../../network/node-client.ts'

const TIMEOUT_MS = 30_000
const AGAIN_MS = 250
const LOOK_MS = 5_000

/** What is answered to a path that somebody has asked the gateway for. */
export type Answering = (path: string) => Promise<GatewayAnswer>

export class GatewayClient {
  readonly #http: HttpClient

  constructor(url: string, token: string) {
    this.#http = new HttpClient(url, token)
  }

  async setNodes(table: GatewayTable): Promise<void> {
    const body = JSON.stringify(table)
    const { status } = await this.#http.ask({ method: 'PUT', path: ROUTE.nodes, body, timeoutMs: TIMEOUT_MS })
    if (status !== 204) throw new Error(`the gateway answered ${status} to its table of nodes`)
  }

  /** Answers what is asked until `signal` aborts: as long as this goes on, the gateway knows that its controller lives. */
  async serve(answering: Answering, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#follow(answering, signal).catch(() => {}) // it has ended, and comes back on this port
      if (!signal.aborted) await pause(AGAIN_MS, signal)
    }
  }

  close(): void {
    this.#http.close()
  }

  async #follow(answering: Answering, signal: AbortSignal): Promise<void> {
    const ask = { method: 'GET', path: ROUTE.asks, timeoutMs: TIMEOUT_MS, signal } as const
    const stream = await this.#http.open(ask)
    try {
      if (stream.statusCode !== 200) throw new Error(`the gateway answered ${stream.statusCode}`)
      for await (const line of linesOf(stream))
        if (line !== '') void this.#answer(JSON.parse(line) as GatewayAsk, answering).catch(() => {})
    } finally {
      stream.destroy()
    }
  }

  async #answer({ id, path }: GatewayAsk, answering: Answering): Promise<void> {
    const answer = await answering(path).catch((error: unknown) => refusal(500, (error as Error).message))
    const body = JSON.stringify(answer)
    await this.#http.ask({ method: 'POST', path: `${ROUTE.answers}${id}`, body, timeoutMs: TIMEOUT_MS })
  }
}

/** Whether the gateway of this id is what answers there; it is told no secret. */
export async function isGateway(url: string, id: string): Promise<boolean> {
  const client = new HttpClient(url, '')
  try {
    const answer = await client.open({ method: 'GET', path: '/', timeoutMs: LOOK_MS })
    answer.destroy()
    return answer.headers[ID_HEADER] === id
  } catch {
    return false
  } finally {
    client.close()
  }
}
