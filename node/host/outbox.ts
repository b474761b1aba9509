// What a connection sends where its end or the other has an access line: frames are cut into pieces, which go over the shared
// line in turns and then over the pair's own link. So a large frame is on both at once, as a stream of packets is, and on the
// receiver's line as well. Without such lines a frame goes straight to the link.

import type { Cancel, Clock } from '../core/host.ts'
import type { LinkConditions } from '../core/link.ts'
import { type FairLine, type Piece, type Strand, turnBytes } from './fair-line.ts'
import type { Lane } from './shaper.ts'

/** Of a lane what an outbox uses. */
export type Link = Pick<Lane, 'send' | 'end' | 'set' | 'drop' | 'heldBytes' | 'aheadMs' | 'blocked'>

interface Waiting {
  /** Undefined: the end of the stream. */
  readonly frame: Uint8Array | undefined
  /** What links are to carry for it. */
  readonly bytes: number
}

export interface OutboxOptions {
  readonly clock: Clock
  readonly link: Link
  bytesOf(frame: Uint8Array): number
}

export class Outbox implements Strand {
  readonly #options: OutboxOptions
  #line: FairLine | undefined
  /** What the other end's line receives at most; 0: unlimited. */
  #farBps = 0
  /** No piece is larger: a large one would be on the link alone, and then on the other end's line. */
  #mostBytes = Number.POSITIVE_INFINITY
  #waiting: Waiting[] = []
  /** Of the first: so much has been taken already. */
  #takenBytes = 0
  #waitingBytes = 0
  #cancelWait: Cancel | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Bytes sent that have not crossed the link yet. */
  get heldBytes(): number {
    return this.#waitingBytes + this.#options.link.heldBytes
  }

  send(frame: Uint8Array): void {
    const { link, bytesOf } = this.#options
    if (!this.#line && this.#farBps === 0) link.send(frame)
    else this.#add({ frame, bytes: bytesOf(frame) })
  }

  end(): void {
    if (this.#waiting.length === 0) this.#options.link.end()
    else this.#add({ frame: undefined, bytes: 0 })
  }

  set(conditions: LinkConditions, line: FairLine | undefined, farBps: number): void {
    const narrow = [conditions.bandwidthBps, farBps].filter(bps => bps > 0)
    const linkBps = narrow.length > 0 ? Math.min(...narrow) : 0
    this.#options.link.set({ ...conditions, bandwidthBps: linkBps })
    this.#mostBytes = linkBps > 0 ? turnBytes(linkBps) : Number.POSITIVE_INFINITY
    if (line !== this.#line) this.#line?.forget(this)
    this.#line = line
    this.#farBps = farBps
    this.#flow()
  }

  /** Forgets everything. */
  drop(): void {
    this.#line?.forget(this)
    this.#cancelWait?.()
    this.#waiting = []
    this.#waitingBytes = 0
    this.#options.link.drop()
  }

  /** For the shared line: what goes next. */
  take(most: number): Piece | undefined {
    const { link } = this.#options
    const bytes = this.#holdsBack(most) ? 0 : Math.min(most, this.#mostBytes, this.#waitingBytes)
    // The end takes no time, and goes with what is before it.
    if (bytes === 0 && this.#waiting[0]?.frame !== undefined) return undefined
    const parts = this.#cut(bytes)
    if (parts.length === 0) return undefined
    return {
      bytes,
      passed: () => {
        for (const { frame, bytes } of parts) frame ? link.send(frame, bytes) : link.end()
      },
    }
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.bytes
    this.#flow()
  }

  /** Hands on what may go. */
  #flow(): void {
    if (this.#waiting.length === 0) return
    if (this.#line) {
      this.#line.wake(this)
      return
    }
    while (this.#waiting.length > 0)
      for (const { frame, bytes } of this.#cut(Math.min(this.#mostBytes, this.#waitingBytes)))
        frame ? this.#options.link.send(frame, bytes) : this.#options.link.end()
  }

  /** What the link cannot carry yet takes no turn from others; neither does what a cut one holds. */
  #holdsBack(most: number): boolean {
    const { clock, link } = this.#options
    if (link.blocked) return link.heldBytes > 0
    const aheadMs = link.aheadMs
    if (aheadMs <= 0) return false
    const turnMs = (most * 8000) / (this.#line as FairLine).rateBps
    if (aheadMs <= 2 * turnMs) return false
    this.#cancelWait?.()
    this.#cancelWait = clock.after(aheadMs - turnMs, () => this.#flow())
    return true
  }

  /** Cuts so many bytes off; of a frame that links count as more than it is, as many of its own as its share. */
  #cut(bytes: number): Waiting[] {
    const parts: Waiting[] = []
    let left = bytes
    for (let first = this.#waiting[0]; first && (left > 0 || first.bytes === 0); first = this.#waiting[0]) {
      const from = this.#takenBytes
      const to = Math.min(first.bytes, from + left)
      left -= to - from
      this.#waitingBytes -= to - from
      this.#takenBytes = to
      if (first.frame) parts.push({ frame: shareOf(first.frame, from, to, first.bytes), bytes: to - from })
      else parts.push(first)
      if (to < first.bytes) break
      this.#waiting.shift()
      this.#takenBytes = 0
    }
    return parts
  }
}

/** The part of a frame that its counted bytes `from` … `to` of `all` stand for. */
function shareOf(frame: Uint8Array, from: number, to: number, all: number): Uint8Array {
  if (all === 0) return frame
  const at = (counted: number) => Math.floor((frame.length * counted) / all)
  return frame.subarray(at(from), at(to))
}
