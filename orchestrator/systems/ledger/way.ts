// What a plan's links make of its blocks: how far they are apart on the way to the farthest node, and whether the thinnest line
// carries what the network makes. Where it does not, no node can do anything about it. Pure.

import type { LinkConditions } from '../../../node/api.ts'
import { leastOf, mostOf } from '../../extremes.ts'
import type { Carriage } from '../../network/carriage.ts'
import { PlannedLinks } from '../../network/planned-links.ts'
import { isLight } from '../../spec/light.ts'
import type { Plan } from '../../spec/types.ts'

/** Any network is apart by so many blocks now and then. */
const LEAST_DEPTH = 6
/** And by so many times the blocks that are found while one travels. */
const WAYS = 10
/** A block without payments, as a compact block in its frame. */
const BLOCK_BYTES = 292

/** A header in a `headers` message (BIP130), and what asks for a block: `getdata` with one entry, in its frame. */
const HEADER_BYTES = 81
const REQUEST_BYTES = 61
/** A frame's own header and a compact block's nonce and counts. */
const FRAME_BYTES = 36

export interface Freight {
  /** Found on all sides, stale ones too: each must reach every node. */
  readonly blocksPerSecond: number
  readonly blockBytes: number
  /** That the losing side of a partition must fetch. */
  readonly missingBlocks: number
  /** To the farthest node: each on the way must have them all before it hands them on. */
  readonly hops: number
  readonly withinMs: number
}

/** What `freight` asks of a line with this bandwidth (0: unlimited). */
export function carriageOf(
  { blocksPerSecond, blockBytes, missingBlocks, hops, withinMs }: Freight,
  bandwidthBps: number,
): Carriage {
  const lively = blocksPerSecond * (blockBytes + FRAME_BYTES + REQUEST_BYTES)
  const overdue = (missingBlocks * hops * (blockBytes + FRAME_BYTES + HEADER_BYTES) * 1000) / withinMs
  return {
    askedBps: (lively + overdue) * 8,
    carriedBps: bandwidthBps === 0 ? Number.POSITIVE_INFINITY : bandwidthBps,
  }
}

/** The least bandwidth of any link or line; 0 when none is limited. */
export function thinnestBps({ nodes, topology, defaultLink }: Plan): number {
  const links =
    topology.edges.length > 0
      ? topology.edges.flatMap(({ link, reverse = link }) => [link, reverse])
      : [defaultLink]
  const lines = nodes.flatMap(({ access }) => (access ? [access.upBps, access.downBps] : []))
  return least([...links.map(({ bandwidthBps }) => bandwidthBps), ...lines])
}

/** Of those that limit anything; 0: none does. */
function least(widthsBps: readonly number[]): number {
  const limited = widthsBps.filter(bps => bps > 0)
  return limited.length === 0 ? 0 : leastOf(limited)
}

/** 6 + 10 Δ/T: Δ is a block's way to the farthest node, T the interval. */
export function allowedDepth(plan: Plan): number {
  return LEAST_DEPTH + Math.ceil((WAYS * wayMs(plan)) / plan.chain.blockIntervalMs)
}

/** How often a link is crossed until a block is over it: announced, asked for and sent, or sent at once. */
const CROSSINGS: { readonly [mode in Plan['relay']]: number } = {
  inv: 3,
  headers: 3,
  unsolicited: 1,
  compact: 1,
}

/** How long a block travels to the node that is farthest from its miner, over the slowest links. */
export function wayMs(plan: Plan): number {
  const bytes = Math.max(BLOCK_BYTES, plan.blockBytes)
  const crossings = CROSSINGS[plan.relay]
  const checkedMs = ((plan.validationMsPerKb ?? 0) * bytes) / 1000
  const hopMs = linksOf(plan).map(
    ({ latencyMs, jitterMs, bandwidthBps }) =>
      crossings * (latencyMs + 3 * jitterMs) + (bandwidthBps > 0 ? (bytes * 8000) / bandwidthBps : 0),
  )
  return farthest(plan) * (mostOf(hopMs, 0) + checkedMs)
}

/**
 * The conditions of every connection that is planned, both ways; of those that are not, the usual ones. Of the lines of its ends
 * each has what it gets when a node sends to all its peers at once.
 */
function linksOf(plan: Plan): readonly LinkConditions[] {
  const { nodes, topology, defaultLink } = plan
  const links = new PlannedLinks(plan)
  const peers = new Map<string, number>()
  for (const { from, to } of topology.edges)
    for (const end of [from, to]) peers.set(end, (peers.get(end) ?? 0) + 1)
  const link = (from: string, to: string) => {
    const between = links.between(from, to)
    const upBps = links.access(from).upBps / Math.max(1, peers.get(from) ?? 0)
    return { ...between, bandwidthBps: least([between.bandwidthBps, upBps, links.access(to).downBps]) }
  }
  if (topology.edges.length > 0)
    return topology.edges.flatMap(({ from, to }) => [link(from, to), link(to, from)])
  const lines = nodes.flatMap(({ access }) => (access ? [access.upBps, access.downBps] : []))
  return [{ ...defaultLink, bandwidthBps: least([defaultLink.bandwidthBps, ...lines]) }]
}

/** Hops between the two nodes that are farthest from each other; of those that find each other by themselves, as if in a tree. */
export function farthest({ nodes, topology }: Plan): number {
  if (topology.kind === 'discovered') return Math.max(1, Math.ceil(Math.log2(nodes.length)))
  // Through a client nothing goes on.
  const places = new Map(nodes.filter(node => !isLight(node)).map(({ name }, place) => [name, place]))
  const near: number[][] = nodes.map(() => [])
  for (const { from, to } of topology.edges) {
    const [one, other] = [places.get(from), places.get(to)]
    if (one === undefined || other === undefined) continue
    near[one]?.push(other)
    near[other]?.push(one)
  }
  let most = 1
  for (let first = 0; first < near.length; first += STARTS) most = Math.max(most, hopsFrom(first, near))
  return most
}

/** So many ways are gone at once, each a bit of a word: of ten thousand nodes, one by one, they would take a minute. */
const STARTS = 32

/** To the node that is farthest from any of those that begin at `first`. */
function hopsFrom(first: number, near: readonly (readonly number[])[]): number {
  const seen = new Int32Array(near.length)
  let reached = new Int32Array(near.length)
  for (let i = 0; i < STARTS && first + i < near.length; i++) reached[first + i] = 1 << i
  seen.set(reached)
  for (let hops = 0; ; hops++) {
    const next = new Int32Array(near.length)
    let isNew = 0
    for (const [at, others] of near.entries()) {
      let ways = 0
      for (const other of others) ways |= reached[other] as number
      ways &= ~(seen[at] as number)
      next[at] = ways
      isNew |= ways
    }
    if (isNew === 0) return hops
    for (let at = 0; at < next.length; at++) seen[at] = (seen[at] as number) | (next[at] as number)
    reached = next
  }
}
