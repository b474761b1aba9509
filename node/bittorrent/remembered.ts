// Addresses that a peer finds again in its next life: those that somebody named, and some of those that it was connected with.

import type { Address } from '../core/host.ts'
import type { Peer } from './peer.ts'
import type { Resume } from './resume.ts'

const MOST = 50
const EVERY_MS = 30_000

export class Remembered {
  readonly #resume: Resume
  readonly #peers: ReadonlyMap<number, Peer>
  readonly #named = new Set<Address>()
  #written: readonly Address[] = []
  #writtenMs = 0

  constructor(resume: Resume, peers: ReadonlyMap<number, Peer>) {
    this.#resume = resume
    this.#peers = peers
  }

  name(addresses: readonly Address[]): void {
    for (const address of addresses) this.#named.add(address)
    this.#write()
  }

  tick(nowMs: number): void {
    if (nowMs - this.#writtenMs < EVERY_MS) return
    this.#writtenMs = nowMs
    this.#write()
  }

  #write(): void {
    const all = new Set(this.#named)
    for (const { listens } of this.#peers.values()) if (listens !== undefined) all.add(listens)
    const peers = [...all].slice(0, MOST)
    const { length } = this.#written
    if (peers.length === length && peers.every((each, at) => each === this.#written[at])) return
    this.#resume.writePeers(peers)
    this.#written = peers
  }
}
