// The outbound slots of a `discovered` node: the address manager fills them, each from a network group of its own,
// and feelers find out which of the other addresses still answer.

import type { Address, Cancel, Clock, Random } from '../core/host.ts'
import type { AddressEntry } from './address-entry.ts'
import type { AddressManager } from './addrman.ts'
import type { Dials } from './dials.ts'
import { netgroup } from './netgroup.ts'
import type { Peers } from './peers.ts'
import { NODE_P2P_V2 } from './wire/v2/transport.ts'

/** Looks at a slot's candidates before it waits for better ones. */
const TRIES = 100
/** After a change (a peer gone, an address learned) the slots are looked at this soon; changes come in swarms. */
const SOON_MS = 200
/** While slots are free they are looked at again after this long. */
const AGAIN_MS = 5_000
/** An address that does not answer rests for this long, doubling with every dial in vain. */
const FIRST_REST_MS = 2_000
const MAX_REST_MS = 10 * 60_000
/** Addresses that are resting, as far as remembered. */
const MAX_RESTS = 1000
const FEELER_MEAN_MS = 2 * 60_000

export interface OutboundDeps {
  readonly clock: Clock
  readonly random: Random
  readonly peers: Peers
  readonly addresses: AddressManager
  readonly dials: Dials
  readonly slots: number
  readonly self: Address | undefined
  /** A slot is free and nobody is left to try: somebody should be asked for more. */
  askForMore(): void
}

export class OutboundSlots {
  readonly #deps: OutboundDeps
  readonly #rests = new Map<Address, { readonly ms: number; readonly untilMs: number }>()
  #running = false
  #cancelFill: Cancel | undefined
  #fillAtMs = Number.POSITIVE_INFINITY
  #cancelFeeler: Cancel = () => {}

  constructor(deps: OutboundDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#running = true
    this.#plan(0)
    this.#planFeeler()
  }

  stop(): void {
    this.#running = false
    this.#cancelFill?.()
    this.#cancelFeeler()
  }

  /** Something changed that may free a slot or fill one. */
  kick(): void {
    if (this.#running) this.#plan(SOON_MS * (0.5 + this.#deps.random.float()))
  }

  /** It is well: the next dial may come at once. */
  answered(address: Address): void {
    this.#rests.delete(address)
  }

  /** At the earliest of the moments asked for. */
  #plan(delayMs: number): void {
    const atMs = this.#deps.clock.now() + delayMs
    if (atMs >= this.#fillAtMs) return
    this.#cancelFill?.()
    this.#fillAtMs = atMs
    this.#cancelFill = this.#deps.clock.after(delayMs, () => this.#fill())
  }

  #fill(): void {
    this.#fillAtMs = Number.POSITIVE_INFINITY
    for (let free = this.#freeSlots(); free > 0; free--) {
      const candidate = this.#choose()
      if (candidate) this.#dial(candidate, 'outbound')
      else {
        this.#deps.askForMore()
        break
      }
    }
    if (this.#freeSlots() > 0) this.#plan(AGAIN_MS * (0.75 + this.#deps.random.float() / 2))
  }

  #freeSlots(): number {
    const { peers, dials, slots } = this.#deps
    return slots - peers.staying().filter(peer => peer.kind === 'outbound').length - dials.forSlots().length
  }

  #choose(): Readonly<AddressEntry> | undefined {
    const { peers, dials, addresses } = this.#deps
    // Connections that the operator or the plan asked for do not bind the choice, as in Core.
    const outbound = peers.staying().filter(peer => peer.kind === 'outbound')
    const groups = new Set([...outbound.map(peer => peer.address), ...dials.forSlots()].map(netgroup))
    for (let i = 0; i < TRIES; i++) {
      const entry = addresses.select()
      if (!entry) return undefined
      if (!groups.has(entry.group) && this.#mayDial(entry)) return entry
    }
    return undefined
  }

  #mayDial({ address }: Readonly<AddressEntry>): boolean {
    const { clock, dials, self } = this.#deps
    if (address === self || dials.busy(address) || dials.refused(address)) return false
    return clock.now() >= (this.#rests.get(address)?.untilMs ?? 0)
  }

  #dial({ address, services }: Readonly<AddressEntry>, kind: 'outbound' | 'feeler'): void {
    const { clock, random, addresses, dials } = this.#deps
    const ms = Math.min(MAX_REST_MS, (this.#rests.get(address)?.ms ?? FIRST_REST_MS / 2) * 2)
    this.#rests.delete(address)
    this.#rests.set(address, { ms, untilMs: clock.now() + ms * (0.75 + random.float() / 2) })
    const [oldest] = this.#rests.keys()
    if (this.#rests.size > MAX_RESTS && oldest !== undefined) this.#rests.delete(oldest)
    addresses.attempt(address)
    dials.dial(address, kind, dials.v2 && (services & NODE_P2P_V2) !== 0n)
  }

  #planFeeler(): void {
    const delayMs = -Math.log(1 - this.#deps.random.float()) * FEELER_MEAN_MS
    this.#cancelFeeler = this.#deps.clock.after(delayMs, () => this.#feel())
  }

  /** Only when all slots are full; before that every dial is a test anyway. */
  #feel(): void {
    this.#planFeeler()
    const { addresses } = this.#deps
    addresses.resolveCollisions()
    if (this.#freeSlots() > 0) return
    const entry = addresses.contested() ?? addresses.select(true)
    if (entry && this.#mayDial(entry)) this.#dial(entry, 'feeler')
  }
}
