// How far a launch has come, said now and then: nobody should have to guess whether a large network is still starting.

const EVERY_MS = 2_000

export class LaunchProgress {
  readonly #of: number
  readonly #say: (line: string) => void
  readonly #nowMs: () => number
  #up = 0
  #saidMs: number

  constructor(of: number, say: (line: string) => void, nowMs = () => performance.now()) {
    this.#of = of
    this.#say = say
    this.#nowMs = nowMs
    this.#saidMs = nowMs()
  }

  /** One more is up. A launch that is over before anybody wonders says nothing. */
  up(): void {
    this.#up++
    const nowMs = this.#nowMs()
    if (nowMs - this.#saidMs < EVERY_MS || this.#up === this.#of) return
    this.#saidMs = nowMs
    this.#say(`${this.#up} of ${this.#of} nodes up`)
  }
}
