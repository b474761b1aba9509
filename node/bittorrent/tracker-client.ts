// A tracker as a peer uses it: tells it of one content, and takes the peers that it knows. At the start, when all is there, at the
// end, and between them as often as the tracker wants it; what fails is tried again, later each time. Its connections are those of
// the service's own port, so the service hands on what it hears of them.

import type { Address, Cancel, Clock, Connections, PeerId, Random } from '../core/host.ts'
import { answerMs } from '../core/patience.ts'
import { type Failed, ResponseReader, type TrackerAnswer } from './tracker-response.ts'
import { type AnnounceEvent, parseTrackerUrl, requestFor, type TrackerUrl } from './tracker-url.ts'

/** From the question to the whole answer. */
const ANSWER_MS = 15_000
/** After a failure, doubled with each. */
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 300_000
/** Peers that were told the same interval at the same moment come apart by it. */
const SPREAD = 0.1
const WANTED = 50

export interface TrackerClientOptions {
  readonly url: string
  /** 20 bytes: of version 2, the first of its hash. */
  readonly infoHash: Uint8Array
  readonly peerId: Uint8Array
  /** Where the service listens. */
  readonly port: number
  readonly userAgent?: string | undefined
  readonly roundTripMs?: number | undefined
}

/** Of this life, in bytes; `left`: what is still to be had. */
export interface Amounts {
  readonly uploaded: number
  readonly downloaded: number
  readonly left: number
}

export interface TrackerClientWorld {
  readonly clock: Clock
  /** Its own. */
  readonly random: Random
  readonly connections: Pick<Connections, 'dial' | 'send' | 'close'>
  amounts(): Amounts
  onPeers(addresses: readonly Address[]): void
  /** In words, when it is another than before. */
  onProblem?(why: string): void
}

export interface TrackerStatus {
  readonly url: string
  readonly seeds?: number
  readonly leechers?: number
  /** When it answered last, and when it is asked next. */
  readonly lastMs?: number
  readonly nextMs?: number
  readonly problem?: string
}

interface Attempt {
  /** Known when there is a connection. */
  event: AnnounceEvent | undefined
  peer: PeerId | undefined
  cancel: Cancel | undefined
  readonly reader: ResponseReader
}

export class TrackerClient {
  readonly #options: TrackerClientOptions
  readonly #world: TrackerClientWorld
  readonly #at: TrackerUrl | undefined
  readonly #key: string
  /** Its connections that are not closed yet. */
  readonly #own = new Set<PeerId>()
  #attempt: Attempt | undefined
  #cancelNext: Cancel | undefined
  #runs = false
  /** The tracker counts this peer among the others. */
  #isKnown = false
  #isToldComplete = true
  #failures = 0
  #minIntervalMs = 0
  #answer: TrackerAnswer | undefined
  #lastMs: number | undefined
  #nextMs: number | undefined
  #problem: string | undefined

  constructor(options: TrackerClientOptions, world: TrackerClientWorld) {
    this.#options = options
    this.#world = world
    this.#at = parseTrackerUrl(options.url)
    this.#key = world.random
      .int(2 ** 32)
      .toString(16)
      .padStart(8, '0')
  }

  start(): void {
    if (this.#runs) return
    this.#runs = true
    if (this.#at) this.#ask()
    else this.#fails('only trackers at http://host:port/… are asked')
  }

  /** All is there, and was not at the start. */
  completed(): void {
    this.#isToldComplete = false
    if (this.#isKnown) this.#ask()
  }

  /** More peers are wanted: as soon as the tracker lets itself be asked again. */
  again(): void {
    if (!this.#runs || this.#attempt || this.#failures > 0 || this.#lastMs === undefined) return
    const inMs = Math.max(0, this.#lastMs + this.#minIntervalMs - this.#world.clock.now())
    if (this.#nextMs === undefined || this.#world.clock.now() + inMs < this.#nextMs) this.#askIn(inMs)
  }

  /** Takes leave, once; whether that arrives, nobody waits for. */
  stop(): void {
    if (!this.#runs) return
    this.#runs = false
    this.#wait()
    const attempt = this.#attempt
    // Whether the tracker heard a question that is out, nobody knows.
    if (attempt?.peer !== undefined) this.#isKnown = true
    if (attempt && attempt.peer === undefined) return // it takes leave, or nothing, once it is connected
    if (attempt) this.#give(attempt)
    if (this.#isKnown) this.#dial()
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return !this.#attempt && this.#own.size === 0
  }

  status(): TrackerStatus {
    const { seeds, leechers } = this.#answer ?? {}
    return {
      url: this.#options.url,
      ...(seeds !== undefined && { seeds }),
      ...(leechers !== undefined && { leechers }),
      ...(this.#lastMs !== undefined && { lastMs: this.#lastMs }),
      ...(this.#nextMs !== undefined && { nextMs: this.#nextMs }),
      ...(this.#problem !== undefined && { problem: this.#problem }),
    }
  }

  // What the service hears of its connections: true where it is the tracker's.

  onConnected(peer: PeerId, address: Address, inbound: boolean): boolean {
    const attempt = this.#attempt
    if (inbound || !this.#at || address !== this.#at.address || !attempt || attempt.peer !== undefined)
      return false
    this.#own.add(peer)
    attempt.peer = peer
    if (!this.#runs && !this.#isKnown) this.#give(attempt)
    else this.#send(this.#at, attempt, peer)
    return true
  }

  onDialFailed(address: Address, why: string): boolean {
    const attempt = this.#attempt
    if (address !== this.#at?.address || !attempt || attempt.peer !== undefined) return false
    this.#end(attempt, { why })
    return true
  }

  onData(peer: PeerId, bytes: Uint8Array): boolean {
    const attempt = this.#attempt
    const outcome = attempt?.peer === peer ? attempt.reader.push(bytes) : undefined
    if (attempt && outcome) this.#end(attempt, outcome)
    return this.#own.has(peer)
  }

  onClosed(peer: PeerId): boolean {
    const attempt = this.#attempt
    if (attempt?.peer === peer) this.#end(attempt, attempt.reader.end())
    return this.#own.delete(peer)
  }

  // One question

  #ask(): void {
    this.#wait()
    if (this.#runs && !this.#attempt) this.#dial()
  }

  #dial(): void {
    if (!this.#at) return
    this.#attempt = { event: undefined, peer: undefined, cancel: undefined, reader: new ResponseReader() }
    this.#world.connections.dial(this.#at.address)
  }

  #send(at: TrackerUrl, attempt: Attempt, peer: PeerId): void {
    const { clock, connections } = this.#world
    const { infoHash, peerId, port, roundTripMs, userAgent = 'netsplit' } = this.#options
    attempt.event = this.#event()
    const question = {
      ...{ infoHash, peerId, port, ...this.#world.amounts(), key: this.#key, event: attempt.event },
      wanted: this.#runs ? WANTED : 0,
      trackerId: this.#answer?.trackerId,
    }
    const waitMs = answerMs(ANSWER_MS, roundTripMs)
    attempt.cancel = clock.after(waitMs, () => this.#end(attempt, { why: `no answer in ${waitMs / 1000} s` }))
    connections.send(peer, requestFor(at, question, userAgent))
  }

  #event(): AnnounceEvent | undefined {
    if (!this.#runs) return 'stopped'
    if (!this.#isKnown) return 'started'
    return this.#isToldComplete ? undefined : 'completed'
  }

  #end(attempt: Attempt, outcome: TrackerAnswer | Failed): void {
    this.#give(attempt)
    if (!this.#runs) {
      this.#isKnown = false
      return
    }
    if ('why' in outcome) this.#fails(outcome.why)
    else this.#succeeds(attempt.event, outcome)
  }

  /** It is over; its connection ends. */
  #give(attempt: Attempt): void {
    this.#attempt = undefined
    attempt.cancel?.()
    if (attempt.peer !== undefined) this.#world.connections.close(attempt.peer)
  }

  #fails(why: string): void {
    const { random, onProblem } = this.#world
    const longestMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, LONGEST_RETRY_MS)
    const isNew = why !== this.#problem
    this.#problem = why
    if (this.#at) this.#askIn(longestMs * (0.5 + random.float() / 2))
    if (isNew) onProblem?.(why)
  }

  #succeeds(event: AnnounceEvent | undefined, answer: TrackerAnswer): void {
    const { clock, random, onPeers } = this.#world
    this.#failures = 0
    this.#problem = undefined
    this.#isKnown = true
    if (event === 'completed') this.#isToldComplete = true
    this.#minIntervalMs = answer.minIntervalMs
    this.#answer = { ...answer, trackerId: answer.trackerId ?? this.#answer?.trackerId }
    this.#lastMs = clock.now()
    if (this.#isToldComplete) this.#askIn(answer.intervalMs * (1 + SPREAD * random.float()))
    else this.#ask()
    if (answer.peers.length > 0) onPeers(answer.peers)
  }

  #askIn(ms: number): void {
    const { clock } = this.#world
    this.#wait()
    this.#nextMs = clock.now() + ms
    this.#cancelNext = clock.after(ms, () => this.#ask())
  }

  #wait(): void {
    this.#cancelNext?.()
    this.#cancelNext = undefined
    this.#nextMs = undefined
  }
}
