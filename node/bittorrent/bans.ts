// Who was proved to lie, and is not spoken to again: by the address where it listens; by its peer id where it cannot be dialled.

import type { Address } from '../core/host.ts'

export type BanReason = 'block' | 'hashes' | 'info' | 'protocol'

export interface Ban {
  readonly address: Address
  readonly why: BanReason
  readonly timeMs: number
}

/** The oldest are forgotten beyond so many. */
const MAX_BANS = 2_000

export class Bans {
  readonly #byAddress = new Map<Address, Ban>()
  /** Of those whose own address nobody knows: whoever names somebody else's bans itself alone. */
  readonly #byPeerId = new Map<string, Ban>()

  /** `peerId`: where it does not say where it listens. */
  add(ban: Ban, peerId?: string): void {
    this.#byAddress.set(ban.address, ban)
    if (peerId !== undefined) this.#byPeerId.set(peerId, ban)
    for (const bans of [this.#byAddress, this.#byPeerId])
      for (const key of bans.keys()) {
        if (bans.size <= MAX_BANS) break
        bans.delete(key)
      }
  }

  refuses(address: Address, peerId?: string): boolean {
    return this.#byAddress.has(address) || (peerId !== undefined && this.#byPeerId.has(peerId))
  }

  list(): readonly Ban[] {
    return [...this.#byAddress.values()]
  }
}
