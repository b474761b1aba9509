// What of each system's state the page is sent, by the systems' names. It runs in the browser, too: nothing here may load
// what a browser has not.

import type { PagePart } from '../web/part.ts'
import { bittorrentPart } from './bittorrent/page/part.ts'
import { ledgerPart } from './ledger/page/part.ts'
import { lightPart } from './light/page/part.ts'
import { p2pPart } from './p2p/page/part.ts'
import { trackerPart } from './tracker/page/part.ts'

export const PAGE_PARTS: { readonly [system: string]: PagePart<unknown> } = {
  ledger: ledgerPart,
  light: lightPart,
  p2p: p2pPart,
  bittorrent: bittorrentPart,
  tracker: trackerPart,
}
