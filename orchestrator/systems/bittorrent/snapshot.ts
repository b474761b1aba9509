// The state of BitTorrent, made of what is kept: how far each content has come, how many copies there are, and who got what.

import type { Folded } from '../../observe/folded.ts'
import type { NodeState } from '../../observe/state.ts'
import { boundSeconds } from './bound.ts'
import type { Kept, KeptContent } from './kept.ts'
import { availabilityOf, copiesOf, inCells } from './pieces.ts'
import {
  type Completion,
  type ContentState,
  type Given,
  type HeldContent,
  MAX_GIVEN,
  type SwarmPoint,
  type SwarmState,
} from './state.ts'

const MOST_CELLS = 512
/** They have pieces, and nobody has them of them. */
const GIVE_NOTHING: ReadonlySet<string | undefined> = new Set(['free-rider', 'polluter'])

interface Holder {
  readonly node: NodeState
  readonly held: HeldContent
}

export function swarmOf(kept: Kept, { nodes }: Pick<Folded, 'nodes'>): SwarmState {
  const peers = nodes.filter(({ systems }) => systems.bittorrent.peer)
  const contents = [...kept.contents.values()].map(each => contentState(each, kept, peers))
  const sum = (of: (content: ContentState) => number) => contents.reduce((all, each) => all + of(each), 0)
  const wantedBytes = sum(({ bytes, wanted }) => bytes * wanted)
  return {
    peers: peers.length,
    connections: Math.floor(peers.reduce((all, { systems }) => all + systems.bittorrent.connections, 0) / 2),
    contents,
    wanted: sum(({ wanted }) => wanted),
    complete: sum(({ complete }) => complete),
    progress: wantedBytes === 0 ? 0 : sum(each => each.progress * each.bytes * each.wanted) / wantedBytes,
    copies: contents.length === 0 ? 0 : Math.min(...contents.map(({ copies }) => copies)),
    verifiedBytes: sum(({ verifiedBytes }) => verifiedBytes),
    wastedBytes: sum(({ wastedBytes }) => wastedBytes),
    downBps: peers.reduce((all, { systems }) => all + systems.bittorrent.downBps, 0),
    upBps: peers.reduce((all, { systems }) => all + systems.bittorrent.upBps, 0),
    bans: kept.bans,
    damagedPieces: kept.damagedPieces,
    history: kept.history.points,
  }
}

/** The few numbers of a moment that are drawn over time. */
export function pointOf(kept: Kept, { nodes }: Pick<Folded, 'nodes'>, timeMs: number): SwarmPoint {
  const peers = nodes.filter(({ systems }) => systems.bittorrent.peer)
  const each = [...kept.contents.values()].map(({ content, bytes, pieces }) => {
    const holders = holdersOf(content, peers)
    const wanting = holders.filter(({ held }) => held.role === 'wants')
    return {
      copies: copies(pieces, holders).copies,
      complete: wanting.filter(({ held }) => held.completeMs !== undefined).length,
      verifiedBytes: wanting.reduce((all, { held }) => all + held.verifiedBytes, 0),
      wantedBytes: bytes * wanting.length,
    }
  })
  const sum = (of: (content: (typeof each)[number]) => number) => each.reduce((all, one) => all + of(one), 0)
  const wantedBytes = sum(of => of.wantedBytes)
  return {
    timeMs,
    complete: sum(({ complete }) => complete),
    progress: wantedBytes === 0 ? 0 : sum(({ verifiedBytes }) => verifiedBytes) / wantedBytes,
    copies: Math.min(...each.map(({ copies }) => copies)),
    verifiedBytes: sum(({ verifiedBytes }) => verifiedBytes),
  }
}

function holdersOf(content: string, peers: readonly NodeState[]): readonly Holder[] {
  return peers.flatMap(node => {
    const held = node.systems.bittorrent.contents[content]
    return held ? [{ node, held }] : []
  })
}

function contentState(of: KeptContent, kept: Kept, peers: readonly NodeState[]): ContentState {
  const holders = holdersOf(of.content, peers)
  const wanting = holders.filter(({ held }) => held.role === 'wants')
  const sum = (value: (held: HeldContent) => number) =>
    wanting.reduce((all, { held }) => all + value(held), 0)
  const completions = completionsOf(wanting, kept.stoodMs)
  const took = completions.map(({ tookMs }) => tookMs / 1000).sort((a, b) => a - b)
  const { content, name, magnet, bytes, pieces, pieceLength, seeds, sharedMs } = of
  const verifiedBytes = sum(held => held.verifiedBytes)
  return {
    ...{ content, name, magnet, bytes, pieces, pieceLength, seeds, sharedMs },
    wanted: wanting.length,
    complete: completions.length,
    progress: bytes === 0 || wanting.length === 0 ? 0 : verifiedBytes / (bytes * wanting.length),
    ...copies(pieces, holders),
    completions,
    seconds: { p50: quantile(took, 0.5), p90: quantile(took, 0.9), max: took.at(-1) ?? 0 },
    boundSeconds: boundSeconds(
      {
        bytes,
        seeds: givers(seeds, holders),
        wanting: wanting.map(({ node }) => node.name),
        apart: of.apart,
      },
      lineOf(holders),
    ),
    verifiedBytes,
    downBytes: sum(({ downBytes }) => downBytes),
    wastedBytes: sum(({ wastedBytes }) => wastedBytes),
    downBps: sum(({ downBps }) => downBps),
    ...givenOf(of),
  }
}

/** Lies and silence bring nobody any of it, however wide their lines. */
function givers(seeds: readonly string[], holders: readonly Holder[]): readonly string[] {
  const idle = holders
    .filter(({ node }) => GIVE_NOTHING.has(node.systems.bittorrent.strategy))
    .map(({ node }) => node.name)
  return seeds.filter(name => !idle.includes(name))
}

function lineOf(holders: readonly Holder[]) {
  const lines = new Map(holders.map(({ node }) => [node.name, node.plannedAccess]))
  return (name: string) => lines.get(name)
}

/** Of those who run and give what they have. */
function copies(
  pieces: number,
  holders: readonly Holder[],
): Pick<ContentState, 'copies' | 'copiesBySide' | 'availability' | 'piecesPerCell'> {
  const giving = holders.filter(
    ({ node, held }) =>
      node.phase === 'running' && !held.left && !GIVE_NOTHING.has(node.systems.bittorrent.strategy),
  )
  const counts = availabilityOf(pieces, havingsOf(giving))
  const sides = new Set(holders.map(({ node }) => node.side))
  sides.delete(undefined)
  const on = (side: number | undefined) => giving.filter(({ node }) => node.side === side)
  const copiesBySide = [...sides]
    .sort((a = 0, b = 0) => a - b)
    .map(side => copiesOf(availabilityOf(pieces, havingsOf(on(side)))))
  return {
    copies: copiesOf(counts),
    ...(copiesBySide.length > 0 && { copiesBySide }),
    ...inCells(counts, MOST_CELLS),
  }
}

const havingsOf = (holders: readonly Holder[]) => holders.map(({ held }) => held)

function completionsOf(wanting: readonly Holder[], stoodMs: number): readonly Completion[] {
  return wanting
    .flatMap(({ node, held: { completeMs, sinceMs } }) =>
      completeMs === undefined
        ? []
        : [{ node: node.name, atMs: completeMs - stoodMs, tookMs: Math.max(0, completeMs - sinceMs) }],
    )
    .sort((a, b) => a.atMs - b.atMs)
}

/** Of sorted numbers; 0 of none. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function givenOf({ given }: KeptContent): Pick<ContentState, 'given' | 'givenBeside'> {
  const all: Given[] = [...given.values()].sort((a, b) => b.bytes - a.bytes)
  const beside = all.slice(MAX_GIVEN).reduce((sum, { bytes }) => sum + bytes, 0)
  return { given: all.slice(0, MAX_GIVEN), givenBeside: beside }
}
