// A graph from a file, whatever the file is called by: names in the order in which it has them, and connections with what it says of
// each. Loops and connections that stand there again are counted and left out. Pure.

import { FileProblem } from './tables.ts'

export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** One way. */
  readonly latencyMs?: number | undefined
  readonly bandwidthBps?: number | undefined
}

export interface Graph {
  readonly names: readonly string[]
  /** Each pair of nodes once. */
  readonly edges: readonly Joined[]
  readonly loops: number
  readonly doubled: number
}

/** `reverse`: what the other direction is like, where the file has that of its own. */
export interface Joined extends GraphEdge {
  readonly reverse?: Pick<GraphEdge, 'latencyMs' | 'bandwidthBps'>
}

const MAX_NODES = 10_000
const MAX_EDGES = 1_000_000
const MAX_LATENCY_MS = 60_000
const LEAST_BPS = 1000
const MOST_BPS = 1e12
const BPS_PER_MBIT = 1e6

/** Puts a graph together, from a file's lines or elements. */
export class GraphBuilder {
  readonly #file: string
  readonly #places = new Map<string, number>()
  readonly #edges = new Map<string, Joined>()
  #loops = 0
  #doubled = 0

  constructor(file: string) {
    this.#file = file
  }

  node(name: string, line?: number): void {
    if (name === '') throw new FileProblem(this.#file, line, 'a node has no name')
    if (this.#places.has(name)) return
    if (this.#places.size === MAX_NODES)
      throw new FileProblem(this.#file, line, `there are more than ${MAX_NODES} nodes`)
    this.#places.set(name, this.#places.size)
  }

  edge(edge: GraphEdge, line?: number): void {
    const { from, to } = edge
    this.node(from, line)
    this.node(to, line)
    if (from === to) {
      this.#loops++
      return
    }
    const [a, b] = [this.#places.get(from) as number, this.#places.get(to) as number]
    const key = a < b ? `${a} ${b}` : `${b} ${a}`
    const known = this.#edges.get(key)
    if (!known) {
      if (this.#edges.size === MAX_EDGES)
        throw new FileProblem(this.#file, line, `there are more than ${MAX_EDGES} connections`)
      this.#edges.set(key, edge)
    } else if (known.from !== from && !known.reverse && says(edge)) {
      const { latencyMs, bandwidthBps } = edge
      this.#edges.set(key, { ...known, reverse: { latencyMs, bandwidthBps } })
    } else if (known.from === from || known.reverse) this.#doubled++
  }

  /** What an edge's text says in ms; `halved`: of a round trip. */
  latencyMs(value: unknown, line?: number, halved = false): number | undefined {
    const ms = this.#number(value, line, 'a latency in ms')
    const way = ms === undefined ? undefined : halved ? ms / 2 : ms
    if (way !== undefined && (way < 0 || way > MAX_LATENCY_MS))
      throw new FileProblem(this.#file, line, `a latency is between 0 and ${MAX_LATENCY_MS} ms, not ${value}`)
    return way
  }

  /** What an edge's text says in Mbit/s. */
  bandwidthBps(value: unknown, line?: number): number | undefined {
    const mbit = this.#number(value, line, 'a bandwidth in Mbit/s')
    const bps = mbit === undefined ? undefined : mbit * BPS_PER_MBIT
    if (bps !== undefined && (bps < LEAST_BPS || bps > MOST_BPS))
      throw new FileProblem(
        this.#file,
        line,
        `a bandwidth is between ${LEAST_BPS / BPS_PER_MBIT} and ${MOST_BPS / BPS_PER_MBIT} Mbit/s, not ${value}`,
      )
    return bps
  }

  done(): Graph {
    if (this.#places.size === 0) throw new FileProblem(this.#file, undefined, 'there is no node in it')
    return {
      names: ordered([...this.#places.keys()]),
      edges: [...this.#edges.values()],
      loops: this.#loops,
      doubled: this.#doubled,
    }
  }

  /** Undefined for what is not said. */
  #number(value: unknown, line: number | undefined, what: string): number | undefined {
    if (value === undefined || value === null || value === '') return undefined
    const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
    if (!Number.isFinite(number))
      throw new FileProblem(this.#file, line, `${JSON.stringify(value)} is no number: expected ${what}`)
    return number
  }
}

function says({ latencyMs, bandwidthBps }: GraphEdge): boolean {
  return latencyMs !== undefined || bandwidthBps !== undefined
}

/** As they stand in the file; where all are whole numbers, by these. */
function ordered(names: readonly string[]): readonly string[] {
  return names.every(name => /^\d{1,15}$/.test(name))
    ? [...names].sort((a, b) => Number(a) - Number(b))
    : names
}
