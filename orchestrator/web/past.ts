// A run at any time of its past, live or over: its events are read from the record and folded by the reducer that folds
// them live. On the way it keeps a few states, so that a later question starts near its answer. One reader at a time.

import { type FileHandle, open } from 'node:fs/promises'
import type { ObservedEvent } from '../observe/events.ts'
import type { Folded } from '../observe/folded.ts'
import { reduce } from '../observe/reducer.ts'
import { initial, snapshot } from '../observe/snapshot.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan } from '../spec/types.ts'

const CHUNK_BYTES = 256 << 10
/** Bytes of the record between two states that are kept; doubles when there are too many. */
const FIRST_STEP_BYTES = 2 << 20
/** States kept, for few nodes; a state of many nodes is large. */
const MOST_KEPT = 12
const MAX_KEPT_NODES = 2_000
/** By far the most lines, and no state knows of them. */
const SKIPPED = '"event":{"type":"tx-'
const NEWLINE = 10

/** The run up to a place in its record. */
interface Place {
  readonly offset: number
  readonly timeMs: number
  readonly folded: Folded
}

export interface PastOptions {
  readonly plan: Plan
  /** `events.ndjson` of the run. */
  readonly file: string
  /** Default: the time of the first event. */
  readonly startedMs?: number
}

export class Past {
  readonly #options: PastOptions
  readonly #most: number
  #start: Place | undefined
  /** By offset. */
  #kept: Place[] = []
  #stepBytes = FIRST_STEP_BYTES
  /** Where the last question ended: playing forwards reads each line once. */
  #last: Place | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: PastOptions) {
    this.#options = options
    this.#most = Math.max(2, Math.min(MOST_KEPT, Math.floor(MAX_KEPT_NODES / options.plan.nodes.length)))
  }

  /** The state after all events up to `timeMs`; the run's end when that is later. Rejects when there is no record. */
  at(timeMs: number): Promise<NetworkState> {
    const asked = this.#turn.then(() => this.#at(timeMs))
    this.#turn = asked.catch(() => {})
    return asked
  }

  async #at(timeMs: number): Promise<NetworkState> {
    const file = await open(this.#options.file)
    try {
      this.#start ??= await this.#begin(file)
      const from = this.#nearest(timeMs, this.#start)
      const place = await this.#read(file, from, timeMs)
      this.#last = place
      return snapshot(place.folded, place.over ? Math.min(timeMs, place.timeMs) : timeMs)
    } finally {
      await file.close()
    }
  }

  async #begin(file: FileHandle): Promise<Place> {
    const { plan, startedMs } = this.#options
    let timeMs = startedMs
    for await (const { text } of lines(file, 0)) {
      timeMs ??= (JSON.parse(text) as ObservedEvent).timeMs
      break
    }
    timeMs ??= plan.chain.genesisTime * 1000
    return { offset: 0, timeMs, folded: initial(plan, plan.runtime, timeMs) }
  }

  #nearest(timeMs: number, start: Place): Place {
    const before = [start, ...this.#kept, ...(this.#last ? [this.#last] : [])]
    return before.reduce((best, place) =>
      place.timeMs <= timeMs && place.offset > best.offset ? place : best,
    )
  }

  /** `over`: the record ended before that time. */
  async #read(file: FileHandle, from: Place, timeMs: number): Promise<Place & { readonly over: boolean }> {
    let place = from
    for await (const { text, end } of lines(file, from.offset)) {
      if (text.includes(SKIPPED)) {
        place = { ...place, offset: end }
        continue
      }
      const event = JSON.parse(text) as ObservedEvent
      if (event.timeMs > timeMs) return { ...place, over: false }
      // Never in place: earlier states are kept, and asked for again.
      const folded = reduce(place.folded, event)
      place = { offset: end, timeMs: Math.max(place.timeMs, event.timeMs), folded }
      this.#keep(place)
    }
    return { ...place, over: true }
  }

  #keep(place: Place): void {
    if (place.offset < (this.#kept.at(-1)?.offset ?? 0) + this.#stepBytes) return
    this.#kept.push(place)
    if (this.#kept.length <= this.#most) return
    this.#kept = this.#kept.filter((_, i) => i % 2 === 1)
    this.#stepBytes *= 2
  }
}

/** The complete lines from `offset` on, each with the offset of its end. */
async function* lines(file: FileHandle, offset: number): AsyncGenerator<{ text: string; end: number }> {
  let rest = Buffer.alloc(0)
  let restOffset = offset
  for (;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, restOffset + rest.length)
    if (bytesRead === 0) return
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    let from = 0
    for (;;) {
      const to = bytes.indexOf(NEWLINE, from)
      if (to < 0) break
      yield { text: bytes.toString('utf8', from, to), end: restOffset + to + 1 }
      from = to + 1
    }
    rest = bytes.subarray(from)
    restOffset += from
  }
}
