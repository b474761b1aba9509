// Datagrams over UDP, on the port whose number a service's connections have. Links and lines do to them what they do in the simulator.

import { createSocket, type Socket } from 'node:dgram'
import type { LinkTable } from '../api.ts'
import { DatagramLinks, MAX_DATAGRAM_BYTES, QUEUE_BYTES, wireBytesOf } from '../core/datagrams.ts'
import type { Address, Clock, Datagrams, Random } from '../core/host.ts'
import type { NodeLines } from './access.ts'
import type { FairLine, Piece, Strand } from './fair-line.ts'
import { conditionsFor } from './shaper.ts'
import { joinAddress, splitAddress } from './tcp-words.ts'

export interface UdpOptions {
  readonly clock: Clock
  readonly random: Random
  readonly links: LinkTable
  readonly lines: Pick<NodeLines, 'up' | 'down'>
  /** Where the service's connections listen. */
  address(): Address
  /** The port cannot be had, or was lost. */
  failed(message: string): void
}

interface Waiting {
  readonly bytes: number
  pass(): void
}

/** What waits for its turn on a line; what is too much for it is dropped. */
class Queue implements Strand {
  #waiting: Waiting[] = []
  #bytes = 0

  add(line: FairLine | undefined, bytes: number, pass: () => void): void {
    if (!line) pass()
    else if (this.#bytes + bytes <= QUEUE_BYTES) {
      this.#waiting.push({ bytes, pass })
      this.#bytes += bytes
      line.wake(this)
    }
  }

  /** Whole ones only: a turn may be shorter than a datagram, and then it is one. */
  take(most: number): Piece | undefined {
    const taken: Waiting[] = []
    let bytes = 0
    for (
      let next = this.#waiting[0];
      next && (taken.length === 0 || bytes + next.bytes <= most);
      next = this.#waiting[0]
    ) {
      taken.push(next)
      bytes += next.bytes
      this.#waiting.shift()
    }
    this.#bytes -= bytes
    if (taken.length === 0) return undefined
    return {
      bytes,
      passed: () => {
        for (const { pass } of taken) pass()
      },
    }
  }

  /** The line is another one, or none any more. */
  moved(line: FairLine | undefined): void {
    if (this.#waiting.length === 0) return
    if (line) line.wake(this)
    else this.take(Number.POSITIVE_INFINITY)?.passed()
  }

  drop(): void {
    this.#waiting = []
    this.#bytes = 0
  }
}

export class UdpDatagrams implements Datagrams {
  readonly #options: UdpOptions
  readonly #shaping: DatagramLinks
  readonly #sent = new Queue()
  readonly #received = new Queue()
  readonly #timers = new Set<() => void>()
  #links: LinkTable
  #socket: Socket | undefined
  /** What was sent before the port was there. */
  #early: (() => void)[] | undefined = []

  constructor(options: UdpOptions) {
    this.#options = options
    this.#links = options.links
    this.#shaping = new DatagramLinks(options.random)
  }

  bind(onDatagram: (from: Address, bytes: Uint8Array) => void): void {
    if (this.#socket) throw new Error('datagrams are bound already')
    const at = this.#options.address()
    const { host, port } = splitAddress(at)
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    this.#socket = socket
    socket.on('error', ({ message }) => this.#options.failed(`datagrams on ${at}: ${message}`))
    socket.on('message', (data, { address, port: from }) => {
      const bytes = new Uint8Array(data)
      const deliver = () => this.#socket === socket && onDatagram(joinAddress(address, from), bytes)
      this.#received.add(this.#options.lines.down, wireBytesOf(bytes), deliver)
    })
    socket.bind({ address: host, port, exclusive: true }, () => {
      const early = this.#early ?? []
      this.#early = undefined
      for (const send of early) send()
    })
  }

  send(to: Address, bytes: Uint8Array): void {
    if (bytes.length > MAX_DATAGRAM_BYTES)
      throw new Error(`a datagram has at most ${MAX_DATAGRAM_BYTES} bytes`)
    if (!this.#socket) throw new Error('datagrams are sent from a port that is bound')
    const size = wireBytesOf(bytes)
    this.#sent.add(this.#options.lines.up, size, () => {
      const { clock } = this.#options
      for (const ms of this.#shaping.delays(to, clock.now(), size, conditionsFor(this.#links, to)))
        if (ms > 0) this.#later(ms, () => this.#hand(to, bytes))
        else this.#hand(to, bytes)
    })
  }

  setLinks(links: LinkTable): void {
    this.#links = links
    const { up, down } = this.#options.lines
    this.#sent.moved(up)
    this.#received.moved(down)
  }

  /** Nothing arrives any more, and what is under way is lost. */
  stop(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#sent.drop()
    this.#received.drop()
    this.#socket?.close()
    this.#socket = undefined
    this.#early = []
  }

  #later(ms: number, task: () => void): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(cancel)
      task()
    })
    this.#timers.add(cancel)
  }

  /** A port where nobody listens is nobody's trouble, as with any datagram. */
  #hand(to: Address, bytes: Uint8Array): void {
    const { host, port } = splitAddress(to)
    if (this.#early) this.#early.push(() => this.#hand(to, bytes))
    else this.#socket?.send(bytes, port, host, () => {})
  }
}
