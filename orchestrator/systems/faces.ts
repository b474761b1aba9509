// How the systems are shown in a terminal, in the order of the systems.

import type { Face } from '../tui/face.ts'
import { bittorrentFace } from './bittorrent/face.ts'
import { ledgerFace } from './ledger/face.ts'
import { lightFace } from './light/face.ts'
import { p2pFace } from './p2p/face.ts'
import { trackerFace } from './tracker/face.ts'

export const FACES: readonly Face[] = [ledgerFace, lightFace, p2pFace, bittorrentFace, trackerFace]
