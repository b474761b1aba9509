// What all RPC of a wallet works with: the ledger's parts with this wallet among them, and what it remembers beside its coins.

import { RPC, RpcError } from '../../core/service.ts'
import type { LedgerParts } from '../parts.ts'
import type { NamedWallet } from '../wallets/named-wallet.ts'
import type { LoadedWallet } from '../wallets/wallets.ts'
import { flag } from './arguments.ts'
import { WalletHistory } from './wallet-history.ts'
import { WalletNotes } from './wallet-notes.ts'

export interface Desk {
  readonly name: string
  /** Its `wallet` is this desk's. */
  readonly parts: LedgerParts
  /** Undefined: the wallet is the plan's. */
  readonly named: NamedWallet | undefined
  readonly history: WalletHistory
  readonly notes: WalletNotes
}

/** One for each wallet, made with the first call that asks it; of ten thousand simulated wallets few are asked. */
export class Desks {
  readonly #desks = new WeakMap<object, Desk>()

  of(all: LedgerParts, { name, wallet, named }: LoadedWallet): Desk {
    const known = this.#desks.get(wallet)
    if (known) return known
    const parts = { ...all, wallet }
    const notes = new WalletNotes(all.env.net.store, name)
    wallet.isBump = txid => notes.isBump(txid)
    const desk = { name, parts, named, history: new WalletHistory(parts), notes }
    this.#desks.set(wallet, desk)
    return desk
  }
}

/** Whether coins of scripts that were spent from are left alone: where it is not said, if the wallet does. */
export function avoidsReuse({ named }: Desk, said: unknown): boolean {
  const does = named?.flags.avoidReuse === true
  const wanted = flag([said], 0, does)
  if (wanted && !does)
    throw new RpcError(RPC.wallet, 'wallet does not have the "avoid reuse" feature enabled')
  return wanted
}

/** Throws where private keys are wanted that are under lock. */
export function wantKeys({ named }: Desk): void {
  named?.wantKeys()
}
