// A topology from a file, on the nodes of a spec: by names where the file has theirs, else in the order of both. Pure.

import { plural } from '../format.ts'
import type { Graph, Joined } from './graph.ts'
import { FileProblem } from './tables.ts'

export interface FileEdge extends Omit<Joined, 'from' | 'to'> {
  readonly from: number
  readonly to: number
}

/** What became of a file, for the plan. */
export interface TopologySource {
  readonly file: string
  readonly nodes: number
  readonly connections: number
  /** How its nodes are those of the network. */
  readonly by: 'names' | 'order'
  /** Left out: connections of a node with itself, and such as stand there again. */
  readonly loops: number
  readonly doubled: number
}

const NAMED = 4

/** The edges between the nodes named, by their indices. Throws FileProblem where file and spec do not fit. */
export function placeGraph(
  file: string,
  graph: Graph,
  nodes: readonly string[],
): { readonly edges: readonly FileEdge[]; readonly source: TopologySource } {
  const { names, edges, loops, doubled } = graph
  if (names.length !== nodes.length)
    throw new FileProblem(
      file,
      undefined,
      `it has ${plural(names.length, 'node')}, and the network ${nodes.length}: give its groups ${names.length} in all`,
    )
  const places = new Map(nodes.map((name, i) => [name, i]))
  const unknown = names.filter(name => !places.has(name))
  const by = unknown.length === 0 ? 'names' : 'order'
  if (by === 'order' && unknown.length < names.length)
    throw new FileProblem(
      file,
      undefined,
      `some of its nodes are named as the network's, and these are not: ${unknown.slice(0, NAMED).join(', ')}`,
    )
  const at = by === 'names' ? places : new Map(names.map((name, i) => [name, i]))
  return {
    edges: edges.map(edge => ({ ...edge, from: at.get(edge.from) as number, to: at.get(edge.to) as number })),
    source: { ...{ file, nodes: names.length, connections: edges.length, by }, loops, doubled },
  }
}

/** For whoever launches it. */
export function topologyRemark({ file, nodes, connections, by, loops, doubled }: TopologySource): string {
  const left = [
    ...(loops > 0 ? [`${plural(loops, 'node')} connected with itself`] : []),
    ...(doubled > 0 ? [`${plural(doubled, 'connection')} that stood there before`] : []),
  ]
  const how = by === 'names' ? 'by their names' : 'in their order'
  const without = left.length > 0 ? `; left out: ${left.join(', ')}` : ''
  return `${file}: ${plural(nodes, 'node')} ${how}, ${plural(connections, 'connection')}${without}`
}
