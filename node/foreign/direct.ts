// Connections of the program's that do not go through its node: over them it reaches others past all links and cuts, so whoever
// measures a cut is to know of them. The program itself is asked (getpeerinfo).

import type { CoreEvent } from '../bitcoin/events.ts'
import type { Address, Cancel, Clock, PeerId } from '../core/host.ts'
import type { LinkReading } from '../core/service.ts'
import type { Program } from './program.ts'

/** Between an answer and the next question. */
const LOOK_MS = 2_000
const MAX_SHOWN = 1_000
/** The program's numbers of its peers and the node's own of its connections are kept apart. */
const FIRST_ID: PeerId = -2

interface Direct {
  readonly id: PeerId
  readonly address: Address
  readonly inbound: boolean
  readonly userAgent: string
}

export interface DirectOptions {
  readonly program: Program
  readonly clock: Clock
  /** This is an end of one of the node's connections with the program. */
  readonly isOwn: (address: Address) => boolean
  readonly tell: (event: CoreEvent) => void
}

export class DirectConnections {
  readonly #options: DirectOptions
  /** Of the last answer, by number and address. */
  #seen: ReadonlyMap<string, Direct> = new Map()
  #standing: ReadonlyMap<string, Direct> = new Map()
  #next: Cancel | undefined
  #stopped = false

  constructor(options: DirectOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#options.program.answers) this.#look()
  }

  stop(): void {
    this.#stopped = true
    this.#next?.()
  }

  read(): readonly LinkReading[] {
    const unasked = { roundTripMs: undefined, waitMs: undefined, pings: { sent: 0, answered: 0 } }
    return [...this.#standing.values()].map(({ id, address }) => ({ id, address, ...unasked, direct: true }))
  }

  #look(): void {
    const { program, clock } = this.#options
    program.call('getpeerinfo', [], outcome => {
      if (this.#stopped) return
      this.#take('result' in outcome ? outcome.result : [])
      this.#next = clock.after(LOOK_MS, () => this.#look())
    })
  }

  /** What comes and goes while it is asked is not taken for a way round: it has to be there twice. */
  #take(peers: unknown): void {
    const others = Array.isArray(peers) ? peers.flatMap(peer => this.#other(peer)).slice(0, MAX_SHOWN) : []
    const seen = new Map(others.map(each => [`${each.id} ${each.address}`, each]))
    const before = this.#standing
    this.#standing = new Map([...seen].filter(([key]) => this.#seen.has(key)))
    this.#seen = seen
    for (const [key, { id: peer, ...said }] of this.#standing)
      if (!before.has(key)) this.#options.tell({ type: 'peer-up', peer, ...said })
    for (const [key, { id: peer, address, inbound }] of before)
      if (!this.#standing.has(key))
        this.#options.tell({ type: 'peer-down', peer, address, inbound, why: 'closed by the program' })
  }

  #other(peer: Said | null): Direct[] {
    const { id, addr: address, inbound, subver } = peer ?? {}
    if (typeof id !== 'number' || typeof address !== 'string' || this.#options.isOwn(address)) return []
    const userAgent = typeof subver === 'string' ? subver : ''
    return [{ id: FIRST_ID - id, address, inbound: inbound === true, userAgent }]
  }
}

/** Of what Core says of a peer. */
interface Said {
  readonly id?: unknown
  readonly addr?: unknown
  readonly inbound?: unknown
  readonly subver?: unknown
}
