// Announcements of transactions, as most are: by wtxid, of a peer that we dialled, at the beginning of time.

import type { HashHex } from '../../node/bitcoin/wire/hex.ts'
import { INV } from '../../node/ledger/messages.ts'
import type { Terms, TxRequests } from '../../node/ledger/requests.ts'

export function announces(
  requests: TxRequests,
  peer: number,
  hash: HashHex,
  { type = INV.wtx, nowMs = 0, ...terms }: Partial<Terms> & { type?: number; nowMs?: number } = {},
): void {
  requests.announced(
    peer,
    { type, hash },
    { preferred: true, unlimited: false, vague: false, ...terms },
    nowMs,
  )
}
