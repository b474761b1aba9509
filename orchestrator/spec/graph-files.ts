// Readers of graphs: lists of edges, GraphML, and JSON as tools and crawlers of networks write it. Pure. Shapes and units are
// documented in docs/networks.md.

import { parseXml, XmlElement, XmlError } from '@rgrove/parse-xml'
import { type Graph, GraphBuilder, type GraphEdge } from './graph.ts'
import { FileProblem, isNumber, type Row, readTable } from './tables.ts'

/** By the end of the file's name; what is neither GraphML nor JSON is a list of edges. Throws FileProblem. */
export function readGraph(file: string, text: string): Graph {
  const builder = new GraphBuilder(file)
  if (/\.(graphml|xml)$/i.test(file)) readGraphml(file, text, builder)
  else if (/\.json$/i.test(file)) readJson(file, text, builder)
  else readEdges(file, text, builder)
  return builder.done()
}

const FROM = /^(source|from|src|node_?1|peer_?1)$/i
const TO = /^(target|to|dst|destination|node_?2|peer_?2)$/i
const LATENCY = /^(latency|delay)(_?ms)?$/i
const ROUND_TRIP = /^rtt(_?ms)?$/i
const BANDWIDTH = /^bandwidth(_?mbit|_?mbps)?$/i

/** Two columns, then latency in ms and bandwidth in Mbit/s, unless a header says otherwise. */
function readEdges(file: string, text: string, builder: GraphBuilder): void {
  const { rows } = readTable(file, text)
  const [first, ...others] = rows
  const header = first && isHeader(first) ? first : undefined
  const column = columnsOf(file, header)
  for (const { line, cells } of header ? others : rows) {
    const [from, to] = [cells[column.from], cells[column.to]]
    if (from === undefined || to === undefined)
      throw new FileProblem(file, line, 'expected two names, such as a,b')
    const cell = (at: number) => (at < 0 ? undefined : cells[at])
    builder.edge(
      {
        ...{ from, to },
        latencyMs:
          builder.latencyMs(cell(column.latency), line) ?? builder.latencyMs(cell(column.rtt), line, true),
        bandwidthBps: builder.bandwidthBps(cell(column.bandwidth), line),
      },
      line,
    )
  }
}

function isHeader({ cells }: Row): boolean {
  const named = cells.some(cell => FROM.test(cell)) && cells.some(cell => TO.test(cell))
  return named || (cells[2] !== undefined && cells[2] !== '' && !isNumber(cells[2]))
}

function columnsOf(file: string, header: Row | undefined) {
  if (!header) return { from: 0, to: 1, latency: 2, rtt: -1, bandwidth: 3 }
  const find = (pattern: RegExp) => header.cells.findIndex(cell => pattern.test(cell))
  const column = {
    ...{
      from: find(FROM),
      to: find(TO),
      latency: find(LATENCY),
      rtt: find(ROUND_TRIP),
      bandwidth: find(BANDWIDTH),
    },
  }
  if (column.from < 0 || column.to < 0)
    throw new FileProblem(file, header.line, 'expected columns source and target in the header')
  return column
}

/** Nodes and edges by their ids; what an edge has by keys named latency, rtt and bandwidth. */
function readGraphml(file: string, text: string, builder: GraphBuilder): void {
  const root = xmlOf(file, text)
  const keys = new Map<string, string>()
  const edges: XmlElement[] = []
  const walk = (element: XmlElement) => {
    for (const child of element.children) {
      if (!(child instanceof XmlElement)) continue
      const { attributes } = child
      switch (localName(child)) {
        case 'key':
          keys.set(attributes.id ?? '', attributes['attr.name'] ?? attributes.id ?? '')
          break
        case 'graph':
          walk(child)
          break
        case 'node':
          builder.node(attributes.id ?? '')
          walk(child)
          break
        case 'edge':
          edges.push(child)
      }
    }
  }
  if (localName(root) !== 'graphml')
    throw new FileProblem(file, undefined, `it is no GraphML: it begins with <${root.name}>`)
  walk(root)
  for (const edge of edges) builder.edge(graphmlEdge(file, edge, keys, builder))
}

function graphmlEdge(
  file: string,
  { attributes, children }: XmlElement,
  keys: ReadonlyMap<string, string>,
  builder: GraphBuilder,
): GraphEdge {
  const { source, target } = attributes
  if (!source || !target) throw new FileProblem(file, undefined, 'an edge lacks source or target')
  const edge: { latencyMs?: number | undefined; bandwidthBps?: number | undefined } = {}
  for (const child of children) {
    if (!(child instanceof XmlElement) || localName(child) !== 'data') continue
    const name = keys.get(child.attributes.key ?? '') ?? child.attributes.key ?? ''
    const value = child.text.trim()
    if (LATENCY.test(name)) edge.latencyMs = builder.latencyMs(value)
    else if (ROUND_TRIP.test(name)) edge.latencyMs = builder.latencyMs(value, undefined, true)
    else if (BANDWIDTH.test(name)) edge.bandwidthBps = builder.bandwidthBps(value)
  }
  return { from: source, to: target, ...edge }
}

function xmlOf(file: string, text: string): XmlElement {
  try {
    const { root } = parseXml(text.replace(/^\uFEFF/, ''))
    if (root) return root
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    throw new FileProblem(file, error.line, error.message.split('\n')[0] ?? 'it is no XML')
  }
  throw new FileProblem(file, undefined, 'there is nothing in it')
}

/** Without a namespace's prefix. */
function localName({ name }: XmlElement): string {
  return name.replace(/^.*:/, '')
}

type Json = { readonly [key: string]: unknown }

/**
 * `{ nodes, links | edges }`; pairs `[[a, b], …]`; or whom each knows: `{ a: [b, …] }`, `{ a: { peers: [b, …] } }`,
 * `[{ address, peers: [b, …] }]`.
 */
function readJson(file: string, text: string, builder: GraphBuilder): void {
  const value = jsonOf(file, text)
  const refuse = (what: string) => new FileProblem(file, undefined, what)
  const nameOf = (node: unknown): string => {
    const name = isObject(node) ? (node.id ?? node.name ?? node.address ?? node.addr) : node
    if (typeof name === 'string' || typeof name === 'number') return String(name)
    throw refuse(
      `${JSON.stringify(node)?.slice(0, 60)} is no node: expected a name, or an object with id, name or address`,
    )
  }
  const peersOf = (name: string, peers: unknown) => {
    if (!Array.isArray(peers)) throw refuse(`${name} has no list of peers`)
    for (const peer of peers) builder.edge({ from: name, to: nameOf(peer), ...figuresOf(peer, builder) })
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      if (Array.isArray(item)) builder.edge({ from: nameOf(item[0]), to: nameOf(item[1]) })
      else if (isObject(item)) {
        const name = nameOf(item)
        builder.node(name)
        peersOf(name, item.peers ?? item.neighbours ?? item.neighbors)
      } else throw refuse('expected pairs [a, b], or objects with address and peers')
    }
    return
  }
  if (!isObject(value)) throw refuse('expected nodes and links, or whom each node knows')
  const edges = value.links ?? value.edges
  if (Array.isArray(value.nodes) || Array.isArray(edges)) {
    const names = (Array.isArray(value.nodes) ? value.nodes : []).map((node, i) =>
      isObject(node) && (node.id ?? node.name ?? node.address ?? node.addr) === undefined
        ? String(i)
        : nameOf(node),
    )
    const named = new Set(names)
    for (const name of names) builder.node(name)
    // Some tools name ends by their places.
    const endOf = (end: unknown) =>
      typeof end === 'number' && !named.has(String(end)) && names[end] !== undefined
        ? names[end]
        : nameOf(end)
    for (const edge of Array.isArray(edges) ? edges : []) {
      const [from, to] = Array.isArray(edge)
        ? edge
        : isObject(edge)
          ? [edge.source ?? edge.from, edge.target ?? edge.to]
          : []
      builder.edge({ from: endOf(from), to: endOf(to), ...figuresOf(edge, builder) })
    }
    return
  }
  for (const [name, known] of Object.entries(value)) {
    builder.node(name)
    peersOf(name, isObject(known) ? (known.peers ?? known.neighbours ?? known.neighbors) : known)
  }
}

function figuresOf(edge: unknown, builder: GraphBuilder): Pick<GraphEdge, 'latencyMs' | 'bandwidthBps'> {
  if (!isObject(edge)) return {}
  return {
    latencyMs:
      builder.latencyMs(edge.latency ?? edge.latencyMs) ?? builder.latencyMs(edge.rtt, undefined, true),
    bandwidthBps: builder.bandwidthBps(edge.bandwidth),
  }
}

function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const at = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? Number.NaN)
    const line = Number.isNaN(at) ? undefined : text.slice(0, at).split('\n').length
    throw new FileProblem(file, line, 'it is no JSON')
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
