// An engine that stops, is gone, is back: said once for all of its nodes.

import type { RuntimeOptions } from '../runtime.ts'

type Note = NonNullable<RuntimeOptions['onNote']>

export const LEFT =
  'the container engine does not answer, so what this network has there stays for now; netsplit gc removes it once the engine runs again'

export class EngineGoing {
  readonly #onNote: Note
  #stops = false

  constructor(onNote: Note) {
    this.#onNote = onNote
  }

  /** It ends its containers and takes no more calls. */
  say(): void {
    if (this.#stops) return
    this.#stops = true
    this.#onNote('error', 'the container engine is stopping, and takes the nodes with it')
  }

  /** Nothing more is heard of it. */
  lost(why: string): void {
    this.#onNote(
      'error',
      this.#stops
        ? 'the container engine has stopped; waiting for it to run again'
        : `the container engine does not answer any more (${why}); trying again`,
    )
  }

  back(): void {
    this.#stops = false
    this.#onNote('info', 'the container engine answers again')
  }
}
