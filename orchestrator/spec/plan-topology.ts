// Who connects to whom in a plan, and over what links: drawn, laid out, or as a file has it. Pure.

import type { LinkConditions } from '../../node/api.ts'
import type { Random } from '../../node/core/host.ts'
import { drawDegrees, graphOf, whyNoGraph } from './degrees.ts'
import { makeDistribution } from './distribution.ts'
import { fileOf } from './files.ts'
import { readGraph } from './graph-files.ts'
import { isLight } from './light.ts'
import { isPeer, isPlaced } from './runs.ts'
import type { Spec } from './schema.ts'
import { FileProblem } from './tables.ts'
import { defaultDegree, full, randomRegular, ring, star } from './topology.ts'
import { type FileEdge, placeGraph } from './topology-file.ts'
import type { Plan, PlannedEdge, PlannedNode } from './types.ts'

/** A discovered network counts as standing once each node has found this many peers (or all there are). */
const DISCOVERED_PEERS = 4
/** Full nodes that a light client dials where no degree says so: those that it compares with each other. */
const LIGHT_PEERS = 4

type LinkOf = (from: PlannedNode, to: PlannedNode) => LinkConditions

interface Laid {
  readonly kind: Plan['topology']['kind']
  readonly edges: readonly FileEdge[]
  readonly source?: Plan['topology']['source']
}

export function planTopology(
  spec: Spec,
  nodes: readonly PlannedNode[],
  linkOf: LinkOf,
  random: Random,
): Plan['topology'] {
  const { kind, edges, source } = isGiven(spec)
    ? layOut(
        spec,
        nodes.map(({ name }) => name),
        random,
      )
    : withLights(spec, nodes, random)
  return {
    kind,
    edges: edges.map(edge => planEdge(nodes, edge, linkOf)),
    wantedPeers: wantedPeers(kind, nodes, edges),
    ...(source && { source }),
  }
}

/** Edge by edge: nothing is to be drawn. */
function isGiven({ topology: { kind, file } }: Spec): boolean {
  return file !== undefined || kind === 'explicit'
}

/** Those who have a place as the spec has it, and each light client beside them with as many of them as they have of each other. */
function withLights(spec: Spec, nodes: readonly PlannedNode[], random: Random): Laid {
  const full = nodes.filter(isPlaced)
  const names = full.map(({ name }) => name)
  const laid = layOut(spec, names, random)
  if (full.length === nodes.length) return laid
  const places = full.map(({ index }) => index)
  const placeOf = (at: number) => places[at] as number
  const edges = laid.edges.map(({ from, to }) => ({ from: placeOf(from), to: placeOf(to) }))
  const lights = nodes.filter(isLight)
  if (lights.length === 0) return { ...laid, edges }
  const { degree, kind } = spec.topology
  const usual = Math.max(1, typeof degree === 'number' ? degree : Math.min(LIGHT_PEERS, full.length))
  const count = kind === 'discovered' ? 1 : Math.min(usual, full.length)
  const draws = random.fork('lights')
  const dialled = lights.flatMap(({ index }) =>
    shuffled(places, draws)
      .slice(0, count)
      .map(to => ({ from: index, to })),
  )
  return { ...laid, edges: [...edges, ...dialled] }
}

function layOut(spec: Spec, names: readonly string[], random: Random): Laid {
  const { kind, degree, file } = spec.topology
  const count = names.length
  if (file !== undefined)
    return { kind: 'explicit', ...placeGraph(file, readGraph(file, fileOf(spec, file)), names) }
  if (typeof degree === 'object') {
    const edges = graphOf(degreesOf(spec, count, random.fork('degrees')), random)
    return { kind: 'random', edges: fromPairs(edges) }
  }
  return { kind, edges: fromPairs(pairsOf(spec, names, kind, random)) }
}

function pairsOf(
  { topology }: Spec,
  names: readonly string[],
  kind: Spec['topology']['kind'],
  random: Random,
): readonly (readonly [number, number])[] {
  const { degree, center, edges = [] } = topology
  const count = names.length
  const index = new Map(names.map((name, i) => [name, i]))
  const find = (name: string) => index.get(name) as number // checked by the spec's rules
  switch (kind) {
    case 'ring':
      return ring(count)
    case 'star':
      return star(count, center === undefined ? 0 : find(center))
    case 'full':
      return full(count)
    case 'explicit':
      return edges.map(([a, b]) => [find(a), find(b)] as const)
    case 'discovered':
      return discovered(count, random)
    case 'random-regular':
      return randomRegular(count, typeof degree === 'number' ? degree : defaultDegree(count), random)
  }
}

const fromPairs = (pairs: readonly (readonly [number, number])[]): FileEdge[] =>
  pairs.map(([from, to]) => ({ from, to }))

/**
 * Of each node in its order, of a distribution: what a file holds, where it has one for each, else drawn. Throws FileProblem where
 * no graph can have them.
 */
export function degreesOf(spec: Spec, count: number, random: Random): readonly number[] {
  const { degree } = spec.topology
  if (typeof degree !== 'object') throw new Error('these degrees have no distribution')
  const text = degree.from === undefined ? undefined : fileOf(spec, degree.from)
  const distribution = makeDistribution(degree, { least: 1, most: Math.max(1, count - 1), unit: 1 }, text)
  if (distribution.shape !== 'values') return drawDegrees(distribution, count, random)
  const { values } = distribution
  const file = degree.from ?? ''
  const broken = values.find(value => !Number.isInteger(value))
  if (broken !== undefined)
    throw new FileProblem(file, undefined, `${broken} is no degree: expected whole numbers`)
  // From the sequence itself only who has which is drawn; from any other number of values all are.
  if (values.length !== count) return drawDegrees(distribution, count, random)
  const why = whyNoGraph(values)
  if (why !== undefined) throw new FileProblem(file, undefined, why)
  return shuffled(values, random)
}

/** In an order that is drawn. */
function shuffled(values: readonly number[], random: Random): number[] {
  const mixed = [...values]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    ;[mixed[i], mixed[j]] = [mixed[j] as number, mixed[i] as number]
  }
  return mixed
}

/** Each node but the first is given the address of one earlier node. */
function discovered(count: number, random: Random): (readonly [number, number])[] {
  return Array.from({ length: Math.max(0, count - 1) }, (_, i) => [i + 1, random.int(i + 1)] as const)
}

function planEdge(nodes: readonly PlannedNode[], edge: FileEdge, linkOf: LinkOf): PlannedEdge {
  const near = nodes[edge.from] as PlannedNode
  const far = nodes[edge.to] as PlannedNode
  const link = over(linkOf(near, far), edge)
  const reverse = over(linkOf(far, near), { ...edge, ...edge.reverse })
  const alike = link.latencyMs === reverse.latencyMs && link.bandwidthBps === reverse.bandwidthBps
  return { from: near.name, to: far.name, link, ...(!alike && { reverse }) }
}

/** What a file says of a link goes before all else. */
function over(
  link: LinkConditions,
  { latencyMs, bandwidthBps }: Pick<FileEdge, 'latencyMs' | 'bandwidthBps'>,
) {
  if (latencyMs === undefined && bandwidthBps === undefined) return link
  return {
    ...link,
    latencyMs: latencyMs ?? link.latencyMs,
    bandwidthBps: bandwidthBps ?? link.bandwidthBps,
  }
}

/** A light client hangs up on a liar as soon as it has seen through it, and is nobody that a full node waits for. */
function mayStay(node: PlannedNode, other: PlannedNode): boolean {
  return isLight(node) ? other.strategy?.name !== 'liar' : !isLight(other)
}

function wantedPeers(
  kind: Plan['topology']['kind'],
  nodes: readonly PlannedNode[],
  edges: readonly FileEdge[],
): { [node: string]: number } {
  if (kind === 'discovered') {
    const serving = nodes.filter(node => isPeer(node) && !isLight(node)).length
    const wanted = (node: PlannedNode) => Math.min(DISCOVERED_PEERS, isLight(node) ? serving : serving - 1)
    return Object.fromEntries(nodes.map(node => [node.name, isPeer(node) ? wanted(node) : 0]))
  }
  const degrees = nodes.map(() => 0)
  const peers = nodes.map(isPeer)
  const stays = (end: number, other: number) =>
    mayStay(nodes[end] as PlannedNode, nodes[other] as PlannedNode)
  for (const { from, to } of edges) {
    if (!peers[from] || !peers[to]) continue
    if (stays(from, to)) degrees[from] = (degrees[from] ?? 0) + 1
    if (stays(to, from)) degrees[to] = (degrees[to] ?? 0) + 1
  }
  return Object.fromEntries(nodes.map((node, i) => [node.name, degrees[i] ?? 0]))
}
