// How many requests are out with one peer.

import { Rate } from './rate.ts'

export class Pipeline {
  readonly #rate = new Rate()

  asked(_nowMs: number): void {}

  received(bytes: number, nowMs: number): void {
    this.#rate.add(bytes, nowMs)
  }

  depth(nowMs: number): number {
    return Math.min(250, Math.max(5, Math.ceil((this.#rate.read(nowMs) * 1.5) / 16_384)))
  }
}
