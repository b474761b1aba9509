// The page's live stream: server-sent events, a snapshot first, then changes, at most five a second. All readers get the
// same numbered changes; one that comes back says the last it had and gets what it missed, or a new snapshot.

import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { TestnetHandle } from '../network/handle.ts'
import type { Plan } from '../spec/types.ts'
import { difference, type Edge, type Page, pageOf } from './page.ts'
import { Readers } from './readers.ts'

const EVERY_MS = 200
/** Keeps proxies and the browser sure that somebody is there. */
const ALIVE_MS = 15_000
/** Without readers for so long, following ends. */
const IDLE_MS = 60_000
/** Changes kept for readers that come back: about a minute. */
const KEPT = 300

export interface Watched extends Pick<TestnetHandle, 'state' | 'subscribe'> {
  readonly plan: Pick<Plan, 'topology'>
}

export function edgesOf({ topology }: Watched['plan']): readonly Edge[] {
  return topology.edges.map(({ from, to }) => [from, to])
}

interface Sent {
  readonly number: number
  readonly text: string
}

export class PageStream {
  readonly #testnet: Watched
  readonly #edges: readonly Edge[]
  readonly #boot = randomBytes(6).toString('hex')
  readonly #readers = new Readers()
  #page: Page
  #number = 0
  #kept: Sent[] = []
  #unsubscribe: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #alive: NodeJS.Timeout | undefined
  #idleChecks = 0

  constructor(testnet: Watched) {
    this.#testnet = testnet
    this.#edges = edgesOf(testnet.plan)
    this.#page = pageOf(testnet.state(), this.#edges)
  }

  /** Answers with the stream; false when there are too many readers. The head of the answer is the caller's. */
  open(response: ServerResponse, lastEventId: string | undefined, isOwner = false): boolean {
    if (!this.#readers.admits(isOwner)) return false
    this.#start()
    const missed = this.#missedSince(lastEventId)
    if (!missed) this.#update()
    const news = missed?.map(({ text }) => text) ?? [this.#message('page', this.#page)]
    this.#readers.add(response, isOwner, ['retry: 1000\n\n', ...news])
    return true
  }

  /** Ends all streams. */
  close(): void {
    this.#stop()
    this.#readers.end()
  }

  /** From the first reader on, changes follow without a gap. */
  #start(): void {
    this.#unsubscribe ??= this.#testnet.subscribe(() => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#update()
      }, EVERY_MS)
    })
    this.#alive ??= setInterval(() => {
      this.#readers.tell(': alive\n\n')
      this.#idleChecks = this.#readers.size === 0 ? this.#idleChecks + 1 : 0
      if (this.#idleChecks * ALIVE_MS >= IDLE_MS) this.#stop()
    }, ALIVE_MS).unref()
  }

  /** Nobody looks any more; the next reader gets a snapshot. */
  #stop(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    clearInterval(this.#alive)
    this.#alive = undefined
    this.#kept = []
    this.#number += 1 // not told to anybody: numbers from before are known to have missed something
  }

  /** Takes in the newest state and tells everybody what changed. */
  #update(): void {
    const page = pageOf(this.#testnet.state(), this.#edges)
    const change = difference(this.#page, page)
    this.#page = page
    this.#number += 1
    const text = this.#message('change', change)
    this.#kept = [...this.#kept.slice(1 - KEPT), { number: this.#number, text }]
    this.#readers.tell(text)
  }

  #message(event: 'page' | 'change', value: object): string {
    return `id: ${this.#boot}-${this.#number}\nevent: ${event}\ndata: ${JSON.stringify(value)}\n\n`
  }

  /** What a reader that had `lastEventId` has missed; undefined when that is not known any more. */
  #missedSince(lastEventId: string | undefined): readonly Sent[] | undefined {
    const [, boot, text] = /^([0-9a-f]+)-(\d{1,12})$/.exec(lastEventId ?? '') ?? []
    const last = Number(text)
    if (boot !== this.#boot || last > this.#number) return undefined
    const oldest = this.#kept[0]?.number ?? this.#number + 1
    return last + 1 >= oldest ? this.#kept.filter(sent => sent.number > last) : undefined
  }
}
