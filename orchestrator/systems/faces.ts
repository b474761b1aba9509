// How the systems are shown in a terminal, in the order of the systems.

import type { Face } from '../tui/face.ts'
import { ledgerFace } from './ledger/face.ts'
import { lightFace } from './light/face.ts'
import { p2pFace } from './p2p/face.ts'

export const FACES: readonly Face[] = [ledgerFace, lightFace, p2pFace]
