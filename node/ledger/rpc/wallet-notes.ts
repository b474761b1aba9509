// What the wallet remembers beside its coins: labels of addresses, and what was noted down with a payment. Kept in the store.

import type { Store } from '../../core/host.ts'
import { jsonBytes, notesKey, readJson } from '../wallets/wallet-record.ts'

export interface PaymentNote {
  readonly comment?: string
  readonly to?: string
  /** Of a payment that was replaced by order, and of the one that replaced it. */
  readonly replacedBy?: string
  readonly replaces?: string
}

interface Stored {
  readonly labels: Record<string, string>
  readonly payments: Record<string, PaymentNote>
}

export class WalletNotes {
  readonly #store: Store
  readonly #key: string
  readonly #labels: Map<string, string>
  readonly #payments: Map<string, PaymentNote>

  constructor(store: Store, wallet = '') {
    this.#store = store
    this.#key = notesKey(wallet)
    const stored = readJson<Partial<Stored>>(store, this.#key) ?? {}
    this.#labels = new Map(Object.entries(stored.labels ?? {}))
    this.#payments = new Map(Object.entries(stored.payments ?? {}))
  }

  /** Addresses that were given out or labelled, and their labels. */
  get labels(): ReadonlyMap<string, string> {
    return this.#labels
  }

  label(address: string, label: string): void {
    this.#labels.set(address, label)
    this.#keep()
  }

  payment(txid: string): PaymentNote | undefined {
    return this.#payments.get(txid)
  }

  isBump(txid: string): boolean {
    const { replaces, replacedBy } = this.#payments.get(txid) ?? {}
    return replaces !== undefined || replacedBy !== undefined
  }

  note(txid: string, note: PaymentNote): void {
    const said = Object.entries(note).filter(([, text]) => text)
    if (said.length === 0) return
    this.#payments.set(txid, { ...this.#payments.get(txid), ...Object.fromEntries(said) })
    this.#keep()
  }

  #keep(): void {
    const stored: Stored = {
      labels: Object.fromEntries(this.#labels),
      payments: Object.fromEntries(this.#payments),
    }
    this.#store.commit([{ put: this.#key, value: jsonBytes(stored) }])
  }
}
