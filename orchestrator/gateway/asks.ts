// The way back: what the gateway is asked for and does not have, it asks its controller over the one stream that the controller
// holds open. So nobody ever connects to the controller, and as long as that stream is open, it lives.

import type { ServerResponse } from 'node:http'
import type { GatewayAnswer } from './api.ts'

/** Answers that are waited for at a time. */
const MOST_WAITING = 256
const ANSWER_MS = 30_000

const ABSENT: GatewayAnswer = refusal(503, 'the controller of this network is not there')

export class Asks {
  readonly #waiting = new Map<number, (answer: GatewayAnswer) => void>()
  /** The controller has been there. */
  readonly opened: Promise<void>
  #onOpened: () => void = () => {}
  #stream: ServerResponse | undefined
  #next = 1

  constructor() {
    this.opened = new Promise(resolve => {
      this.#onOpened = resolve
    })
  }

  /** The controller is there. */
  get open(): boolean {
    return this.#stream !== undefined
  }

  /** From now on what is asked goes there; who came before has lost the way to us. */
  follow(stream: ServerResponse): void {
    this.#leave()
    stream.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    stream.flushHeaders()
    this.#stream = stream
    this.#onOpened()
    stream.once('close', () => {
      if (this.#stream === stream) this.#leave()
    })
  }

  ask(path: string): Promise<GatewayAnswer> {
    const stream = this.#stream
    if (!stream) return Promise.resolve(ABSENT)
    if (this.#waiting.size >= MOST_WAITING) return Promise.resolve(refusal(503, 'too much is asked at once'))
    const id = this.#next++
    return new Promise(resolve => {
      const late = setTimeout(() => this.answer(id, LATE), ANSWER_MS)
      this.#waiting.set(id, answer => {
        clearTimeout(late)
        resolve(answer)
      })
      stream.write(`${JSON.stringify({ id, path })}\n`)
    })
  }

  /** False: nobody waits for it. */
  answer(id: number, answer: GatewayAnswer): boolean {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.(answer)
    return waiting !== undefined
  }

  #leave(): void {
    this.#stream?.end()
    this.#stream = undefined
    for (const id of [...this.#waiting.keys()]) this.answer(id, ABSENT)
  }
}

const LATE = refusal(504, `the controller did not answer within ${ANSWER_MS / 1000} s`)

export function refusal(status: number, error: string): GatewayAnswer {
  return { status, type: 'application/json', body: `${JSON.stringify({ error })}\n` }
}
