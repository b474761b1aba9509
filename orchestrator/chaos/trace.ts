// A trace: how hash rates, nodes and links changed over time, played back as one fault. What it holds, and whom it is for. Pure.

import { plural } from '../format.ts'
import { type Cut, parseNodes, parsePairs, type Roster } from './partition.ts'

/** What a trace says of links: as they are from then on, better or worse than planned. */
export interface TracedLink {
  readonly latencyMs?: number
  readonly jitterMs?: number
  readonly bandwidthBps?: number
  readonly loss?: number
}

/** One change, so long after the trace began. `nodes` and `links`: as in any fault's text. */
export type TracePoint = { readonly atMs: number } & (
  | { readonly nodes: string; readonly hashRateHps: number }
  | { readonly nodes: string; readonly up: boolean }
  | { readonly links: string; readonly set: TracedLink }
)

/** Changes of one moment. */
export interface TraceMoment {
  readonly atMs: number
  readonly points: readonly TracePoint[]
}

export interface TraceEffect {
  readonly on: 'trace'
  readonly target: string
  /** Whom it takes down at some time. */
  readonly nodes: readonly string[]
  readonly moments: readonly TraceMoment[]
  /** Whom its words mean. */
  readonly who: Addressed
}

/** Whom the words of a trace mean: each is read once. */
export class Addressed {
  readonly #roster: Roster
  readonly #nodes = new Map<string, readonly string[]>()
  readonly #links = new Map<string, readonly Cut[]>()

  constructor(roster: Roster) {
    this.#roster = roster
  }

  nodes(text: string): readonly string[] {
    return kept(this.#nodes, text, () => parseNodes(text, this.#roster))
  }

  links(text: string): readonly Cut[] {
    return kept(this.#links, text, () => parsePairs(text, this.#roster))
  }
}

/** Changes of links that a trace may come to, over all its points. */
export const MOST_LINK_CHANGES = 2_000_000

/** Throws UserError for nodes and links that there are not. */
export function compileTrace(file: string, points: readonly TracePoint[], roster: Roster): TraceEffect {
  const who = new Addressed(roster)
  const down = new Set<string>()
  for (const point of points) {
    if ('links' in point) who.links(point.links)
    else {
      const nodes = who.nodes(point.nodes)
      if ('up' in point && !point.up) for (const node of nodes) down.add(node)
    }
  }
  return { on: 'trace', target: file, nodes: [...down], moments: momentsOf(points), who }
}

/** Points are in the order of their times. */
function momentsOf(points: readonly TracePoint[]): TraceMoment[] {
  const moments: { atMs: number; points: TracePoint[] }[] = []
  for (const point of points) {
    const last = moments.at(-1)
    if (last?.atMs === point.atMs) last.points.push(point)
    else moments.push({ atMs: point.atMs, points: [point] })
  }
  return moments
}

/** `1200 changes of hash rate, of nodes up and down, over 30 s`. */
export function describeTrace(points: readonly TracePoint[]): string {
  const kinds = [
    ['hash rate', points.some(point => 'hashRateHps' in point)],
    ['nodes up and down', points.some(point => 'up' in point)],
    ['links', points.some(point => 'links' in point)],
  ] as const
  const named = kinds.flatMap(([name, there]) => (there ? [name] : []))
  return `${plural(points.length, 'change')} of ${named.join(', ')} over ${(points.at(-1)?.atMs ?? 0) / 1000}s`
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
