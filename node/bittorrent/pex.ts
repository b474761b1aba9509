// Peers tell each other of peers (BEP 11): each is told once a minute at most who has come and gone since, fifty a message.

import type { Address } from '../core/host.ts'
import type { Company } from './company.ts'
import type { Peer } from './peer.ts'
import { decodePex, encodePex, type PexPeer } from './wire/ut-pex.ts'

export const UT_PEX = 'ut_pex'
const EVERY_MS = 60_000
/** Soon after the handshake: the rest of the swarm is to be known early. */
const FIRST_MS = 5_000
const AT_MOST = 50
/** One who tells more often is not listened to. */
const LEAST_BETWEEN_MS = 5_000

interface Told {
  readonly addresses: Set<Address>
  nextMs: number
  heardMs: number
}

export class Pex {
  readonly #company: Company
  readonly #onPeers: (addresses: readonly Address[]) => void
  readonly #told = new Map<Peer, Told>()

  constructor(company: Company, onPeers: (addresses: readonly Address[]) => void) {
    this.#company = company
    this.#onPeers = onPeers
  }

  onPeer(peer: Peer): void {
    const nextMs = this.#company.clock.now() + FIRST_MS
    this.#told.set(peer, { addresses: new Set(), nextMs, heardMs: Number.NEGATIVE_INFINITY })
  }

  onGone(peer: Peer): void {
    this.#told.delete(peer)
  }

  onMessage(peer: Peer, payload: Uint8Array): void {
    const told = this.#told.get(peer)
    const nowMs = this.#company.clock.now()
    if (!told || nowMs - told.heardMs < LEAST_BETWEEN_MS) return
    told.heardMs = nowMs
    const { added } = decodePex(payload)
    this.#onPeers(added.slice(0, 2 * AT_MOST).map(({ address }) => address))
  }

  tick(nowMs: number): void {
    for (const [peer, told] of this.#told)
      if (nowMs >= told.nextMs && peer.extension(UT_PEX) !== undefined) this.#tell(peer, told, nowMs)
  }

  #tell(peer: Peer, told: Told, nowMs: number): void {
    told.nextMs = nowMs + EVERY_MS
    const here = new Map<Address, Peer>()
    for (const other of this.#company.peers.values())
      if (other !== peer && other.listens !== undefined && !other.closing) here.set(other.listens, other)
    const added: PexPeer[] = []
    for (const [address, other] of here) {
      if (added.length >= AT_MOST) break
      if (told.addresses.has(address)) continue
      told.addresses.add(address)
      added.push({ address, seed: other.complete, reachable: !other.inbound })
    }
    const dropped: Address[] = []
    for (const address of told.addresses) {
      if (dropped.length >= AT_MOST) break
      if (!here.has(address)) dropped.push(address)
    }
    for (const address of dropped) told.addresses.delete(address)
    if (added.length + dropped.length > 0) this.#company.extend(peer, UT_PEX, encodePex({ added, dropped }))
  }
}
