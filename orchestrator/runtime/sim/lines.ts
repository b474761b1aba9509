// Lines that connections share, as a fluid: each flow has a rate at every moment, and the rates are max–min fair over all lines
// (Bertsekas and Gallager, Data Networks, 6.5.2): no flow could have more without taking it from one that has no more than it.
// A flow is on its sender's line and on its receiver's at once, as a stream of packets is.
//
// A single packet does not wait for a share: fair queues let sparse flows go first (RFC 8290). It goes ahead at the line's full
// rate, and the flows that the line holds back are that much later.

import { Task, type VirtualClock } from './clock.ts'

/** Payload of a segment: what goes as one packet. */
const PACKET_BYTES = 1_448
/** So many packets may go ahead of the flows at once: more of them are flows themselves. */
const PACKETS_AHEAD = 8
/** Moments are told apart to about 0.0003 ms (a double of the time since the epoch). */
const GRAIN_MS = 0.001
/** Shares whose ratio differs by less from 1 are the same. */
const SAME = 1e-9
/** Lines that are looked at for one change; shares settle after a few. */
const MOST_LOOKS = 100_000

/** One direction of a line. */
export class Line {
  #rateBps: number
  /** Time that all packets so far take, or took, from the flows. */
  #aheadMs = 0
  readonly flows = new Set<Flow>()
  /** What each flow may have of it; Infinity while it holds none of them back. */
  shareBps = Number.POSITIVE_INFINITY
  /** When the last packet that went ahead has left. */
  #packetsLeftMs = 0
  /** Is about to be looked at. */
  queued = false

  constructor(rateBps: number) {
    this.#rateBps = rateBps
  }

  get rateBps(): number {
    return this.#rateBps
  }

  /** Holds at once, for what is on it as well. */
  set(rateBps: number): void {
    if (rateBps === this.#rateBps) return
    this.#rateBps = rateBps
    share([this])
  }

  /** A packet goes ahead. Returns when it has left. */
  packet(nowMs: number, bytes: number): number {
    const tookMs = (bytes * 8000) / this.#rateBps
    this.#aheadMs += tookMs
    this.#packetsLeftMs = Math.max(nowMs, this.#packetsLeftMs) + tookMs
    return this.#packetsLeftMs
  }

  get aheadMs(): number {
    return this.#aheadMs
  }

  /** Of that, what they had taken by now. */
  takenMs(nowMs: number): number {
    return this.#aheadMs - Math.max(0, this.#packetsLeftMs - nowMs)
  }

  /** So much of what goes ahead waits already that another packet must take its turn. */
  crowded(nowMs: number): boolean {
    return this.waitingBytes(nowMs) > PACKETS_AHEAD * PACKET_BYTES
  }

  /** Of packets that went ahead. */
  waitingBytes(nowMs: number): number {
    return (Math.max(0, this.#packetsLeftMs - nowMs) * this.#rateBps) / 8000
  }
}

/** The end of a flow's wait, as far as it is known. */
class Look extends Task {
  readonly #flow: Flow
  constructor(flow: Flow) {
    super()
    this.#flow = flow
  }
  run(): void {
    this.#flow.look()
  }
}

/** What goes over some lines from one end, in order. */
export class Flow {
  readonly lines: readonly Line[]
  readonly #clock: VirtualClock
  readonly #onLeft: () => void
  #rateBps = 0
  #leftBits = 0
  /** As of this moment. */
  #sinceMs = 0
  /** What holds it back, and how much packets had taken of that. */
  #bottleneck: Line | undefined
  #aheadMs = 0
  #look = new Look(this)
  /** Never later than it can be through. */
  #lookMs = 0
  #active = false

  /** `onLeft`: the last bit has left; it then begins anew or ends. */
  constructor(clock: VirtualClock, lines: readonly Line[], onLeft: () => void) {
    this.#clock = clock
    this.lines = lines
    this.#onLeft = onLeft
  }

  get rateBps(): number {
    return this.#rateBps
  }

  /** May this go ahead as a packet? */
  lets(bytes: number): boolean {
    if (this.#active || bytes > PACKET_BYTES) return false
    const nowMs = this.#clock.now()
    for (const line of this.lines) if (line.crowded(nowMs)) return false
    return true
  }

  /** It goes ahead. Returns when it has left. */
  packet(bytes: number): number {
    const nowMs = this.#clock.now()
    let leftMs = nowMs
    for (const line of this.lines) leftMs = Math.max(leftMs, line.packet(nowMs, bytes))
    return leftMs
  }

  begin(bytes: number): void {
    this.#leftBits = bytes * 8
    this.#sinceMs = this.#clock.now()
    if (this.#active) {
      this.#plan()
      return
    }
    this.#active = true
    for (const line of this.lines) line.flows.add(this)
    share(this.lines)
  }

  /** Gives its lines back, whatever is left of it. */
  end(): void {
    if (!this.#active) return
    this.#active = false
    this.#leftBits = 0
    this.#rateBps = 0
    this.#bottleneck = undefined
    this.#unplan()
    for (const line of this.lines) line.flows.delete(this)
    share(this.lines)
  }

  /** Takes what its lines let it have now. */
  adopt(): void {
    let bottleneck: Line | undefined
    for (const line of this.lines)
      if (line.shareBps < (bottleneck?.shareBps ?? Number.POSITIVE_INFINITY)) bottleneck = line
    const rateBps = bottleneck?.shareBps ?? Number.POSITIVE_INFINITY
    if (bottleneck === this.#bottleneck && rateBps === this.#rateBps) return
    this.#count()
    this.#rateBps = rateBps
    if (bottleneck !== this.#bottleneck) {
      this.#bottleneck = bottleneck
      this.#aheadMs = bottleneck?.takenMs(this.#sinceMs) ?? 0
    }
    this.#plan()
  }

  /** Is it through? */
  look(): void {
    this.#count()
    if (this.#restMs() > GRAIN_MS) this.#plan()
    else this.#onLeft()
  }

  /** Takes off what has left since this was last done. */
  #count(): void {
    const nowMs = this.#clock.now()
    const pastMs = nowMs - this.#sinceMs
    const takenMs = Math.min(pastMs, (this.#bottleneck?.aheadMs ?? 0) - this.#aheadMs)
    this.#aheadMs += takenMs
    this.#sinceMs = nowMs
    const leftBits = this.#leftBits - ((pastMs - takenMs) * this.#rateBps) / 1000
    this.#leftBits = leftBits > 0 ? leftBits : 0 // NaN, too: nothing at an infinite rate
  }

  #restMs(): number {
    return (this.#leftBits * 1000) / this.#rateBps
  }

  /** Looks when it should be through; whether packets went ahead meanwhile is found out then. */
  #plan(): void {
    const atMs = this.#sinceMs + this.#restMs()
    if (this.#look.due && this.#lookMs <= atMs) return
    this.#unplan()
    this.#lookMs = atMs
    this.#clock.plan(atMs - this.#clock.now(), this.#look)
  }

  #unplan(): void {
    if (!this.#look.due) return
    this.#clock.drop(this.#look)
    this.#look = new Look(this)
  }
}

/**
 * Works out the shares of these lines anew, and of all that depend on them. A line that is looked at asks of each flow what the
 * other lines let it have; where its own share changes, they are looked at in turn (Charny, Clark and Jain, 1995).
 */
function share(first: readonly Line[]): void {
  const waiting = [...first]
  for (const line of waiting) line.queued = true
  const concerned = new Set<Flow>()
  for (let looked = 0; looked < waiting.length && looked < MOST_LOOKS; looked++) {
    const line = waiting[looked] as Line
    line.queued = false
    const before = line.shareBps
    line.shareBps = shareOf(line)
    if (looked < first.length) for (const flow of line.flows) concerned.add(flow)
    if (same(before, line.shareBps)) continue
    for (const flow of line.flows) {
      concerned.add(flow)
      for (const other of flow.lines)
        if (other !== line && !other.queued) {
          other.queued = true
          waiting.push(other)
        }
    }
  }
  for (const line of waiting) line.queued = false
  for (const flow of concerned) flow.adopt()
}

/** What a line has for each flow once those that others hold back to less have had theirs. */
function shareOf(line: Line): number {
  const elsewhere: number[] = []
  for (const { lines } of line.flows) {
    let mostBps = Number.POSITIVE_INFINITY
    for (const other of lines) if (other !== line && other.shareBps < mostBps) mostBps = other.shareBps
    elsewhere.push(mostBps)
  }
  elsewhere.sort((a, b) => a - b)
  let restBps = line.rateBps
  let left = elsewhere.length
  for (const bps of elsewhere) {
    if (bps * left > restBps * (1 - SAME)) return restBps / left
    restBps -= bps
    left--
  }
  return Number.POSITIVE_INFINITY
}

function same(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= SAME * Math.min(a, b)
}
