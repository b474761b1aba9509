// What the fold of BitTorrent keeps of a run beside what it keeps of each node.

import type { Series } from '../../observe/series.ts'
import type { Ban, Given, SwarmPoint, SwarmState } from './state.ts'

export interface KeptContent {
  readonly content: string
  name: string
  magnet: string
  bytes: number
  pieces: number
  pieceLength: number
  readonly sharedMs: number
  /** Those who want it are told one after the other. */
  apart: boolean
  seeds: readonly string[]
  /** By giver and taker. */
  readonly given: Map<string, Given>
}

export interface Kept {
  readonly contents: Map<string, KeptContent>
  /** Blocks of a node's earlier lives, by node and content. */
  readonly before: Map<
    string,
    { readonly downBytes: number; readonly wastedBytes: number; readonly upBytes: number }
  >
  bans: readonly Ban[]
  damagedPieces: number
  history: Series<SwarmPoint>
  /** When the network stood. */
  stoodMs: number
  /** When it was told to go down: what the end of a run reports. */
  last: SwarmState | undefined
}

export function keptContent(content: string, sharedMs: number): KeptContent {
  return {
    ...{
      content,
      name: '',
      magnet: '',
      bytes: 0,
      pieces: 0,
      pieceLength: 0,
      sharedMs,
      apart: false,
      seeds: [],
    },
    given: new Map(),
  }
}
