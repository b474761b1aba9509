// How the systems are shown on the page, in the order of the systems.

import type { PageFace } from '../web/client/face.ts'
import { bittorrentPageFace } from './bittorrent/page/face.ts'
import { ledgerPageFace } from './ledger/page/face.ts'
import { lightPageFace } from './light/page/face.ts'
import { p2pPageFace } from './p2p/page/face.ts'
import { trackerPageFace } from './tracker/page/face.ts'

export const PAGE_FACES: readonly PageFace[] = [
  ledgerPageFace,
  lightPageFace,
  p2pPageFace,
  bittorrentPageFace,
  trackerPageFace,
]
