// What a plan's links make of its blocks: how far they are apart on the way to the farthest node, and whether the thinnest line
// carries what the network makes. Where it does not, no node can do anything about it. Pure.

import type { Carriage } from '../../network/carriage.ts'
import { PlannedLinks } from '../../network/planned-links.ts'
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

/** The least bandwidth of any link; 0 when none is limited. */
export function thinnestBps(plan: Plan): number {
  let thinnest = Number.POSITIVE_INFINITY
  for (const { bandwidthBps } of linksOf(plan))
    if (bandwidthBps > 0) thinnest = Math.min(thinnest, bandwidthBps)
  return thinnest === Number.POSITIVE_INFINITY ? 0 : thinnest
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
  let hopMs = 0
  for (const { latencyMs, jitterMs, bandwidthBps } of linksOf(plan)) {
    const sentMs = bandwidthBps > 0 ? (bytes * 8000) / bandwidthBps : 0
    hopMs = Math.max(hopMs, crossings * (latencyMs + 3 * jitterMs) + sentMs)
  }
  return farthest(plan) * (hopMs + checkedMs)
}

/** The conditions of every connection that is planned, both ways; of those that are not, the usual ones. */
function linksOf(plan: Plan) {
  const links = new PlannedLinks(plan)
  return plan.topology.edges.length === 0
    ? [plan.defaultLink]
    : plan.topology.edges.flatMap(({ from, to }) => [links.between(from, to), links.between(to, from)])
}

/** From every node of a larger network there are too many ways to walk. */
const MOST_WALKED = 2000

/**
 * Hops between the two nodes that are farthest from each other; of those that find each other by themselves, as if in a tree; in a
 * network of thousands at most twice as many, the way over one node.
 */
export function farthest({ nodes, topology }: Plan): number {
  if (topology.kind === 'discovered') return Math.max(1, Math.ceil(Math.log2(nodes.length)))
  const at = new Map(nodes.map(({ name }, i) => [name, i]))
  const near = nodes.map(() => [] as number[])
  for (const { from, to } of topology.edges) {
    const [a, b] = [at.get(from), at.get(to)]
    if (a === undefined || b === undefined) continue
    near[a]?.push(b)
    near[b]?.push(a)
  }
  if (nodes.length > MOST_WALKED) return Math.max(1, 2 * hopsFrom(0, near))
  return nodes.reduce((most, _, i) => Math.max(most, hopsFrom(i, near)), 1)
}

function hopsFrom(start: number, near: readonly (readonly number[])[]): number {
  const hops = new Int32Array(near.length).fill(-1)
  hops[start] = 0
  let last = start
  const reached = [start]
  for (const node of reached) {
    last = node
    for (const next of near[node] ?? [])
      if (hops[next] === -1) {
        hops[next] = (hops[node] ?? 0) + 1
        reached.push(next)
      }
  }
  return hops[last] ?? 0
}
