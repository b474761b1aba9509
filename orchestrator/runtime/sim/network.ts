// The virtual network: connections between the nodes of one process, in virtual time, over the link model.
// Opening, data and closing travel in order over the same lanes, so a blocked link holds all three.

import { hostOf } from '../../../node/bitcoin/wire/address.ts'
import type { AccessLine } from '../../../node/core/access.ts'
import type {
  Address,
  Cancel,
  ConnectionSink,
  Connections,
  Line,
  PeerId,
  Random,
  Reader,
} from '../../../node/core/host.ts'
import type { LinkConditions } from '../../../node/core/link.ts'
import { dialTimeoutMs } from '../../../node/core/patience.ts'
import { AccessLines } from './access.ts'
import type { VirtualClock } from './clock.ts'
import { VirtualDatagrams } from './datagrams.ts'
import { Lane, type LaneEnds } from './lane.ts'
import type { Line as SharedLine } from './lines.ts'

/** Size of a segment that carries no data, for the link model. */
const BARE_SEGMENT_BYTES = 60
const FIRST_EPHEMERAL_PORT = 49_152
const EPHEMERAL_PORTS = 16_384

/** Whom the network tells: a service of a node. */
export interface NetworkSink extends ConnectionSink {
  /** Does a task of the node's as soon as the node can. Default: now. */
  soon?(task: () => void): void
  /** What a link is to carry for a frame that it sends. Default: its length. */
  readonly bytesOf?: ((frame: Uint8Array) => number) | undefined
}

export interface NetworkOptions {
  readonly clock: VirtualClock
  readonly random: Random
  /** The slowest round trip, where links are slower than usual. */
  readonly roundTripMs?: number | undefined
  /** Conditions of what the node at `from` sends to the node at `to`; asked again at `refresh`. */
  conditionsOf(from: Address, to: Address): LinkConditions
  /** The line of the node that listens there; undefined: it limits nothing. Asked again at `refresh`. */
  accessOf?(address: Address): AccessLine | undefined
}

/** What ends and places ask of the network that they are in. */
interface Exchange {
  dial(place: Place, to: Address): void
  close(end: End, why: string, whyThere: string): void
  vouches(end: End | undefined, doubt: () => void): boolean
  giveUp(end: End): void
}

/** A service's place in the network. */
class Place implements Connections {
  readonly address: Address
  readonly sink: NetworkSink
  readonly ends = new Map<PeerId, End>()
  readonly #exchange: Exchange
  lastId = 0
  /** Its node reads what comes. */
  awake = true

  constructor(address: Address, sink: NetworkSink, exchange: Exchange) {
    this.address = address
    this.sink = sink
    this.#exchange = exchange
  }

  dial(to: Address): void {
    this.#exchange.dial(this, to)
  }

  send(peer: PeerId, frame: Uint8Array): void {
    this.ends.get(peer)?.send(frame)
  }

  pad(to: Address, frameFor: (peer: PeerId) => Uint8Array | undefined, times: number): void {
    for (const [peer, end] of this.ends)
      if (end.other?.place.address === to)
        for (let sent = 0; sent < times; sent++) {
          const frame = frameFor(peer)
          if (frame) end.send(frame)
        }
  }

  close(peer: PeerId): void {
    const end = this.ends.get(peer)
    if (end) this.#exchange.close(end, 'closed here', 'closed by peer')
  }

  vouches(peer: PeerId, doubt: () => void): boolean {
    return this.#exchange.vouches(this.ends.get(peer), doubt)
  }

  /** Both ends are known here from the first byte. */
  identify(): void {}

  backlogBytes(peer: PeerId): number {
    return this.ends.get(peer)?.backlogBytes ?? 0
  }

  line(peer: PeerId): Line | undefined {
    return this.ends.get(peer)
  }
}

interface EndOptions {
  readonly clock: VirtualClock
  readonly random: Random
  readonly conditions: LinkConditions
  readonly lines: readonly SharedLine[]
}

/** One end of a connection. */
class End implements LaneEnds, Line {
  readonly place: Place
  /** Where the node at the other end listens. */
  readonly to: Address
  /** Address that its own node is told for the other end. */
  readonly seenAddress: Address
  readonly inbound: boolean
  /** What this end sends. */
  readonly lane: Lane
  readonly #exchange: Exchange
  readonly #sink: NetworkSink
  other: End | undefined
  /** Undefined until its node was told of it. */
  id: PeerId | undefined
  closed = false
  /** Whom to tell when the network does not answer for this connection any more. */
  doubt: (() => void) | undefined
  /** Hears what comes while its node is awake. */
  reader: Reader | undefined

  constructor(
    place: Place,
    to: Address,
    seenAddress: Address,
    inbound: boolean,
    exchange: Exchange,
    { clock, random, conditions, lines }: EndOptions,
  ) {
    this.place = place
    this.to = to
    this.seenAddress = seenAddress
    this.inbound = inbound
    this.lane = new Lane(clock, random, conditions, this, lines)
    this.#exchange = exchange
    this.#sink = place.sink
  }

  send(frame: Uint8Array): void {
    if (this.closed) return
    const { bytesOf } = this.#sink
    this.lane.send(bytesOf ? bytesOf(frame) : frame.length, frame)
  }

  /** What it sent has arrived. */
  onFrame(frame: Uint8Array): void {
    this.other?.receive(frame)
  }

  receive(frame: Uint8Array): void {
    if (this.closed || this.id === undefined) return
    if (this.reader && this.place.awake) this.reader.onData(frame)
    else this.#sink.onData(this.id, frame)
  }

  get backlogBytes(): number {
    return this.closed ? 0 : this.lane.backlogBytes
  }

  onGiveUp(): void {
    this.#exchange.giveUp(this)
  }
}

export class VirtualNetwork {
  readonly #options: NetworkOptions
  readonly #exchange: Exchange
  readonly #places = new Map<Address, Place>()
  /** Ends whose lanes are in use, to be told of changed conditions. */
  readonly #ends = new Set<End>()
  /** A dial that nobody answers fails after this long, as in the node's TCP host. */
  readonly #dialTimeoutMs: number
  readonly #access: AccessLines
  readonly datagrams: VirtualDatagrams
  #connections = 0

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#dialTimeoutMs = dialTimeoutMs(options.roundTripMs)
    this.#access = new AccessLines(address => options.accessOf?.(address))
    const { clock, random, conditionsOf } = options
    const unconnected = random.fork('datagrams')
    this.datagrams = new VirtualDatagrams({ clock, random: unconnected, access: this.#access, conditionsOf })
    this.#exchange = {
      dial: (place, to) => this.#dial(place, to),
      close: (end, why, whyThere) => this.#close(end, why, whyThere),
      vouches: (end, doubt) => this.#vouches(end, doubt),
      giveUp: end => this.#giveUp(end),
    }
  }

  /** The node listens at `address` from now on and may dial. */
  attach(address: Address, sink: NetworkSink): Required<Omit<Connections, 'bound' | 'fill' | 'hold'>> {
    if (this.#places.has(address)) throw new Error(`${address} is taken`)
    const place = new Place(address, sink, this.#exchange)
    this.#places.set(address, place)
    return place
  }

  /** The node is gone, without a word to itself; the others learn it over their links. */
  detach(address: Address): void {
    this.datagrams.detach(address)
    const place = this.#places.get(address)
    if (!place || !this.#places.delete(address)) return
    for (const end of place.ends.values()) {
      end.closed = true
      this.#tellOther(end, 'connection reset')
    }
    place.ends.clear()
  }

  /** The node closes its connections to whoever listens there, without a goodbye. */
  reset(address: Address, peers: readonly Address[]): void {
    for (const end of [...(this.#places.get(address)?.ends.values() ?? [])])
      if (end.other && peers.includes(end.other.place.address))
        this.#close(end, 'reset here', 'reset by peer')
  }

  /** Asks `accessOf` again for every node, and `conditionsOf` for every open lane. */
  refresh(): void {
    this.#access.refresh()
    for (const end of this.#ends) {
      const { place, to, lane } = end
      lane.set(this.#options.conditionsOf(place.address, to), this.#access.between(place.address, to))
      if (end.lane.blocked) this.#doubt(end, end.other)
    }
  }

  /** The node at `address` is frozen, or goes on: its connections stand, and nobody reads what comes over them. */
  wake(address: Address, awake: boolean): void {
    const place = this.#places.get(address)
    if (!place) return
    place.awake = awake
    if (!awake) for (const end of place.ends.values()) this.#doubt(end.other)
  }

  #vouches(end: End | undefined, doubt: () => void): boolean {
    const other = end?.other
    if (!end || !other || end.closed || other.closed || !other.place.awake) return false
    if (!this.#isAttached(other.place) || end.lane.blocked || other.lane.blocked) return false
    end.doubt = doubt
    return true
  }

  /** They look for themselves from now on. */
  #doubt(...ends: readonly (End | undefined)[]): void {
    for (const end of ends) {
      const doubt = end?.doubt
      if (!end || !doubt) continue
      end.doubt = undefined
      const { sink } = end.place
      this.#options.clock.after(0, () => (sink.soon ? sink.soon(doubt) : doubt()))
    }
  }

  /** Pairs of listening addresses with an open connection, one for each direction. */
  connected(): readonly (readonly [from: Address, to: Address])[] {
    return Array.from(this.#ends, ({ place, to }) => [place.address, to] as const)
  }

  /** SYN there, SYN-ACK back, and with the ACK the other node learns of it: as TCP's accept. */
  #dial(place: Place, to: Address): void {
    const number = this.#connections++
    const port = FIRST_EPHEMERAL_PORT + (number % EPHEMERAL_PORTS)
    const near = this.#makeEnd(place, to, to, false, `${number}>`)
    let cancelTimeout: Cancel = () => {}
    const fail = (why: string) => {
      cancelTimeout()
      this.#discard(near)
      if (this.#isAttached(place)) place.sink.onDialFailed(to, why)
    }
    cancelTimeout = this.#options.clock.after(this.#dialTimeoutMs, () => fail('timeout'))
    near.lane.send(BARE_SEGMENT_BYTES, () => {
      const target = this.#places.get(to)
      const back = target ?? new Place(to, place.sink, this.#exchange)
      const far = this.#makeEnd(back, place.address, `${hostOf(place.address)}:${port}`, true, `${number}<`)
      far.lane.send(BARE_SEGMENT_BYTES, () => {
        if (!target) {
          this.#discard(far)
          fail('connection refused')
        } else if (!near.closed && this.#isAttached(place)) {
          cancelTimeout()
          this.#open(near, far)
        } else this.#discard(far)
      })
    })
  }

  #open(near: End, far: End): void {
    near.other = far
    far.other = near
    near.lane.send(BARE_SEGMENT_BYTES, () => this.#announce(far))
    this.#announce(near)
  }

  #announce(end: End): void {
    if (end.closed) return
    if (!this.#isAttached(end.place)) {
      end.closed = true
      this.#tellOther(end, 'connection reset')
      return
    }
    end.id = ++end.place.lastId
    end.place.ends.set(end.id, end)
    end.place.sink.onConnected(end.id, end.seenAddress, end.inbound)
  }

  /** Tells this end now and the other one when the news has crossed the link. */
  #close(end: End, why: string, whyThere: string): void {
    if (end.closed) return
    end.closed = true
    this.#tellOther(end, whyThere)
    if (end.id === undefined || !end.place.ends.delete(end.id)) return
    end.place.sink.onClosed(end.id, why)
  }

  #tellOther(end: End, why: string): void {
    const { other, lane } = end
    lane.send(BARE_SEGMENT_BYTES, () => {
      this.#discard(end)
      if (other && !other.closed) this.#close(other, why, 'closed by peer')
    })
  }

  #makeEnd(place: Place, to: Address, seenAddress: Address, inbound: boolean, label: string): End {
    const { clock, random, conditionsOf } = this.#options
    const end = new End(place, to, seenAddress, inbound, this.#exchange, {
      clock,
      random: random.fork(label),
      conditions: conditionsOf(place.address, to),
      lines: this.#access.between(place.address, to),
    })
    this.#ends.add(end)
    return end
  }

  #giveUp(end: End): void {
    const { other } = end
    this.#discard(end)
    this.#lose(end)
    if (other) this.#lose(other)
  }

  /** TCP gave up: this end learns it without a word over the link. */
  #lose(end: End): void {
    this.#discard(end)
    if (end.id === undefined || !end.place.ends.delete(end.id)) return
    if (this.#isAttached(end.place)) end.place.sink.onClosed(end.id, 'connection timed out')
  }

  #discard(end: End): void {
    end.closed = true
    end.lane.close()
    end.doubt = undefined
    this.#ends.delete(end)
  }

  #isAttached(place: Place): boolean {
    return this.#places.get(place.address) === place
  }
}
