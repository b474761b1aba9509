// Lies to light clients: they are told of headers that never were, of filters that leave out what they look for, of blocks that are not
// what they asked for, or are left without an answer. To full nodes it is an honest peer, so nobody but its victims can tell.

import type { LightAnswer, LightQuestion, MakeStrategy, Stage, Strategy } from './api.ts'

export const liar: MakeStrategy = stage => new Liar(stage)

class Liar implements Strategy {
  readonly #stage: Stage
  readonly #lies: ReadonlySet<unknown>

  constructor(stage: Stage) {
    this.#stage = stage
    this.#lies = new Set(Array.isArray(stage.options.lies) ? stage.options.lies : ['filters'])
  }

  onLight({ about, height }: LightQuestion): LightAnswer {
    if (!this.#lies.has(about)) return 'truth'
    const silent = this.#lies.has('silence')
    this.#stage.tell(silent ? 'silent' : 'lied', { about, height })
    return silent ? 'silence' : 'forgery'
  }
}
