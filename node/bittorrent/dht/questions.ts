// Questions that are out to other nodes of the DHT: sent over datagrams, which may be lost, and settled by an answer from where they
// were sent, or by time.

import type { Cancel, Clock, Datagrams, Random } from '../../core/host.ts'
import { answerMs } from '../../core/patience.ts'
import { type Answer, encodeQuery, type Query } from './krpc.ts'

const WAIT_MS = 2_000

export interface Outcome {
  answered(id: Uint8Array, answer: Answer): void
  failed(): void
}

interface Out {
  readonly address: string
  readonly outcome: Outcome
  readonly cancel: Cancel
}

export interface QuestionsWorld {
  readonly clock: Clock
  readonly random: Random
  readonly datagrams: Pick<Datagrams, 'send'>
  readonly roundTripMs?: number | undefined
}

export class Questions {
  readonly #world: QuestionsWorld
  readonly #own: Uint8Array
  readonly #out = new Map<number, Out>()
  /** Since the start. */
  sent = 0
  unanswered = 0

  constructor(own: Uint8Array, world: QuestionsWorld) {
    this.#own = own
    this.#world = world
  }

  get out(): number {
    return this.#out.size
  }

  ask(address: string, query: Query, outcome: Outcome): void {
    const { clock, random, datagrams, roundTripMs } = this.#world
    // Drawn, so that nobody who does not see it can answer in another's name.
    const number = random.int(2 ** 32)
    // Another one of this number is out: that may happen once in a thousand million questions.
    if (this.#out.has(number)) {
      outcome.failed()
      return
    }
    const cancel = clock.after(answerMs(WAIT_MS, roundTripMs), () => {
      this.#out.delete(number)
      this.unanswered++
      outcome.failed()
    })
    this.#out.set(number, { address, outcome, cancel })
    this.sent++
    const t = new Uint8Array(4)
    new DataView(t.buffer).setUint32(0, number)
    datagrams.send(address, encodeQuery(t, this.#own, query))
  }

  /** `answer` undefined: it refuses. */
  settle(address: string, t: Uint8Array, id?: Uint8Array, answer?: Answer): void {
    if (t.length !== 4) return
    const number = new DataView(t.buffer, t.byteOffset).getUint32(0)
    const out = this.#out.get(number)
    if (out?.address !== address) return
    this.#out.delete(number)
    out.cancel()
    if (id && answer) out.outcome.answered(id, answer)
    else out.outcome.failed()
  }

  stop(): void {
    for (const { cancel } of this.#out.values()) cancel()
    this.#out.clear()
  }
}
