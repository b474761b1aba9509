// What of each system's state the page is sent, in the order of the systems. It runs in the browser, too: nothing here may
// load what a browser has not.

import type { PagePart } from '../web/part.ts'
import { ledgerPart } from './ledger/page/part.ts'
import { p2pPart } from './p2p/page/part.ts'
import type { SystemPages } from './states.ts'

export const PAGE_PARTS: { readonly [system in keyof SystemPages]?: PagePart<SystemPages[system]> } = {
  ledger: ledgerPart,
  p2p: p2pPart,
}
