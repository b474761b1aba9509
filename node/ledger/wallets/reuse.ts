// Which of a wallet's scripts were spent from: what comes to them later tells everybody that it is the same owner's. A wallet that
// avoids reuse leaves such coins alone. It learns from the day on that it is told to, as Core's.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { Store } from '../../core/host.ts'
import { spentFromKey } from './wallet-record.ts'

export class ReuseWatch {
  readonly #name: string
  readonly #store: Store
  readonly #avoids: () => boolean
  /** In hex. */
  readonly #scripts: Set<string>

  /** `avoids`: whether the wallet does now. */
  constructor(name: string, store: Store, avoids: () => boolean) {
    this.#name = name
    this.#store = store
    this.#avoids = avoids
    const bytes = store.get(spentFromKey(name))
    this.#scripts = new Set(bytes ? new TextDecoder().decode(bytes).split(' ') : [])
  }

  /** While reuse is not avoided, none counts. */
  has(script: Uint8Array): boolean {
    return this.#avoids() && this.#scripts.has(toHex(script))
  }

  /** A coin of it was spent. */
  add(script: Uint8Array): void {
    const hex = toHex(script)
    if (!this.#avoids() || this.#scripts.has(hex)) return
    this.#scripts.add(hex)
    const value = new TextEncoder().encode([...this.#scripts].join(' '))
    this.#store.commit([{ put: spentFromKey(this.#name), value }])
  }
}
