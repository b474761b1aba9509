// What all RPC of the wallet works with: the ledger's parts, and what the wallet remembers beside its coins.

import type { LedgerParts } from '../parts.ts'
import { WalletHistory } from './wallet-history.ts'
import { WalletNotes } from './wallet-notes.ts'

export interface Desk {
  readonly parts: LedgerParts
  readonly history: WalletHistory
  readonly notes: WalletNotes
}

/** Made with the first call; of ten thousand simulated wallets few are asked. */
export function deskOf(parts: () => LedgerParts): () => Desk {
  let desk: Desk | undefined
  return () => {
    const now = parts()
    if (desk?.parts !== now)
      desk = { parts: now, history: new WalletHistory(now), notes: new WalletNotes(now.env.net.store) }
    return desk
  }
}
