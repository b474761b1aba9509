// Connections that are being opened. A dial crosses its link like everything else: its first packet is late where the link is slow.

import { createConnection, type Socket } from 'node:net'
import type { Address, Cancel, Clock, Random } from '../core/host.ts'
import { Link, type LinkConditions } from '../core/link.ts'
import { isClear } from './shaper.ts'
import { splitAddress, wordsFor } from './tcp-words.ts'

/** A SYN on the link: headers and options. */
const SYN_BYTES = 60

export interface TcpDialsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly timeoutMs: number
  /** Of the link to this address, by now. */
  conditions(address: Address): LinkConditions
  connected(socket: Socket, address: Address): void
  failed(address: Address, why: string): void
}

interface Dial {
  readonly address: Address
  readonly cancelTimeout: Cancel
  cancelSyn: Cancel | undefined
  socket: Socket | undefined
}

export class TcpDials {
  readonly #options: TcpDialsOptions
  readonly #dials = new Set<Dial>()

  constructor(options: TcpDialsOptions) {
    this.#options = options
  }

  dial(address: Address): void {
    const { clock, timeoutMs } = this.#options
    const dial: Dial = {
      address,
      cancelTimeout: clock.after(timeoutMs, () => this.#fail(dial, 'timeout')),
      cancelSyn: undefined,
      socket: undefined,
    }
    this.#dials.add(dial)
    this.#sendSyn(dial)
  }

  /** What has not left yet leaves over the links as they are now. */
  linksChanged(): void {
    for (const dial of this.#dials) if (!dial.socket) this.#sendSyn(dial)
  }

  /** Ends all dials and tells nobody. */
  stop(): void {
    for (const dial of [...this.#dials]) this.#end(dial)
  }

  /** Over a blocked link it waits for the dial's timeout. */
  #sendSyn(dial: Dial): void {
    dial.cancelSyn?.()
    dial.cancelSyn = undefined
    const { clock, random } = this.#options
    const conditions = this.#options.conditions(dial.address)
    const nowMs = clock.now()
    const atMs = isClear(conditions) ? nowMs : new Link(conditions, random).arrival(nowMs, SYN_BYTES)
    if (atMs <= nowMs) this.#connect(dial)
    else if (atMs !== Number.POSITIVE_INFINITY)
      dial.cancelSyn = clock.after(atMs - nowMs, () => this.#connect(dial))
  }

  #connect(dial: Dial): void {
    const { host, port } = splitAddress(dial.address)
    if (port === 0 || port > 65_535) {
      queueMicrotask(() => this.#fail(dial, 'no such port'))
      return
    }
    const socket = createConnection({ host, port, noDelay: true })
    dial.socket = socket
    socket.once('error', error => this.#fail(dial, wordsFor(error)))
    socket.once('connect', () => {
      this.#end(dial, socket)
      socket.removeAllListeners('error')
      this.#options.connected(socket, dial.address)
    })
  }

  #fail(dial: Dial, why: string): void {
    this.#end(dial)
    this.#options.failed(dial.address, why)
  }

  #end(dial: Dial, keep?: Socket): void {
    this.#dials.delete(dial)
    dial.cancelTimeout()
    dial.cancelSyn?.()
    if (dial.socket === keep) return
    dial.socket?.on('error', () => {})
    dial.socket?.destroy()
  }
}
