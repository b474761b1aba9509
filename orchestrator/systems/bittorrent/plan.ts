// What is planned of BitTorrent: contents by their description, never by their bytes; who has them first and who wants them. Pure.

import type { TorrentVersion, WhenComplete } from '../../../node/api.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import type { BittorrentSpec, ContentSpec } from './spec.ts'

export interface PlannedFilePart {
  readonly path: readonly string[]
  readonly length: number
}

export interface PlannedContent {
  readonly name: string
  readonly version: TorrentVersion
  readonly bytes: number
  readonly pieceLength: number
  readonly files: readonly PlannedFilePart[]
  /** Where the bytes are on the machine of the nodes; absent: made of the plan's seed and the name. */
  readonly from?: string
  /** Nodes that have it first, and those that want it, by name. */
  readonly on: readonly string[]
  readonly for: readonly string[]
  /** Whoever joins one of these groups wants it, too. */
  readonly groups: readonly string[]
  /** So many of them are told a second, on average; absent: all together. */
  readonly arrivePerSecond?: number
  readonly whenComplete: WhenComplete
}

export interface PlannedBittorrent {
  readonly content: readonly PlannedContent[]
  readonly dht: boolean
  readonly pex: boolean
  readonly slots: number
}

const NOTHING: PlannedBittorrent = { content: [], dht: true, pex: true, slots: 4 }

export function plannedOf({ systems }: Pick<Plan, 'systems'>): PlannedBittorrent {
  return (systems?.bittorrent as PlannedBittorrent | undefined) ?? NOTHING
}

const MIN_PIECE_BYTES = 16_384
const USUAL_PIECES = 512
const USUAL_MOST_BYTES = 16 * 1024 ** 2
export const USUAL_BYTES = 16_000_000

/** The shortest that comes to no more than so many pieces. */
export function usualPieceLength(bytes: number): number {
  let length = MIN_PIECE_BYTES
  while (bytes / length > USUAL_PIECES && length < USUAL_MOST_BYTES) length *= 2
  return length
}

/** `nodes`: those that run it. */
export function planBittorrent(part: unknown, nodes: readonly PlannedNode[]): PlannedBittorrent {
  const { content, dht, pex, slots } = part as BittorrentSpec
  return { content: content.map(each => planContent(each, nodes)), dht, pex, slots }
}

function planContent(said: ContentSpec, nodes: readonly PlannedNode[]): PlannedContent {
  const { name, version, arrive, whenComplete } = said
  const files = filesOf(said)
  const bytes = bytesOf(said)
  const { on, wanting, groups } = partsOf(said, nodes)
  return {
    ...{ name, version, bytes, pieceLength: said.pieceLength ?? usualPieceLength(bytes), files },
    ...(said.path !== undefined && { from: said.path }),
    ...{ on, for: wanting, groups },
    ...(typeof arrive === 'number' && { arrivePerSecond: arrive }),
    whenComplete: typeof whenComplete === 'number' ? { ms: whenComplete } : whenComplete,
  }
}

export function bytesOf({ size, found }: ContentSpec): number {
  return found ? found.reduce((sum, { length }) => sum + length, 0) : (size ?? USUAL_BYTES)
}

/** As many as were asked for, of nearly the same length: most end within a piece. */
export function filesOf({ name, files, found, size = USUAL_BYTES }: ContentSpec): readonly PlannedFilePart[] {
  if (found) return found
  if (files === 1) return [{ path: [name], length: size }]
  const digits = String(files).length
  return Array.from({ length: files }, (_, i) => ({
    path: [`part-${String(i + 1).padStart(digits, '0')}`],
    length: Math.floor(size / files) + (i < size % files ? 1 : 0),
  }))
}

interface Placed {
  readonly name: string
  readonly group: string
}

/** Who has it, who wants it, and groups whose newcomers want it, of nodes that run the service. */
export function partsOf(
  { on, for: wanted }: Pick<ContentSpec, 'on' | 'for'>,
  nodes: readonly Placed[],
): {
  readonly on: readonly string[]
  readonly wanting: readonly string[]
  readonly groups: readonly string[]
} {
  const groups = new Set(nodes.map(({ group }) => group))
  const [first = ''] = groups
  const having = new Set(named(on ?? first, nodes))
  const asked = wanted === undefined ? nodes.map(({ name }) => name) : named(wanted, nodes)
  const words = wanted === undefined ? [...groups] : wordsOf(wanted)
  return {
    on: [...having],
    wanting: asked.filter(name => !having.has(name)),
    groups: words.filter(
      word => groups.has(word) && !nodes.every(n => n.group !== word || having.has(n.name)),
    ),
  }
}

/** The names in a text such as `seeds, peers-3`. */
export function wordsOf(text: string): string[] {
  return text.split(',').map(word => word.trim())
}

function named(text: string, nodes: readonly Placed[]): string[] {
  const words = new Set(wordsOf(text))
  return nodes.flatMap(({ name, group }) => (words.has(name) || words.has(group) ? [name] : []))
}
