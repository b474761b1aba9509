// A matrix of latencies from a file: names in the header and in the first column, a delay in ms in each cell, from the row's name
// to the column's. An empty cell is as its mirror. Names are all nodes of the network, or regions that there are by this. Pure.

import { FileProblem, numberIn, type Row, readTable } from './tables.ts'

export interface LatencyMatrix {
  readonly names: readonly string[]
  /** One way: [from][to]. */
  readonly latencyMs: readonly (readonly number[])[]
}

/** A plan holds a million delays of a matrix, and no more. */
const MAX_NAMES = 1000
const MAX_LATENCY_MS = 60_000
const NAMED = 6

/** `halved`: cells are round trips. Throws FileProblem. */
export function readMatrix(file: string, text: string, halved: boolean): LatencyMatrix {
  const table = readTable(file, text)
  const [header, ...rows] = table.rows
  const names = namesOf(file, header, rows)
  const unit = halved ? 0.5 : 1
  const range = { what: `a ${halved ? 'round trip' : 'delay'} in ms`, least: 0, most: MAX_LATENCY_MS / unit }
  const given = new Map<string, (number | undefined)[]>()
  for (const row of rows) {
    const [name = '', ...cells] = row.cells
    if (!names.includes(name)) throw new FileProblem(file, row.line, `${name} is not in the header`)
    if (given.has(name)) throw new FileProblem(file, row.line, `${name} has two rows`)
    if (cells.length !== names.length)
      throw new FileProblem(file, row.line, `${cells.length} delays for ${names.length} names of the header`)
    given.set(
      name,
      cells.map(cell => (cell === '' ? undefined : numberIn(table, row, cell, range) * unit)),
    )
  }
  const lost = names.find(name => !given.has(name))
  if (lost !== undefined) throw new FileProblem(file, undefined, `${lost} is in the header and has no row`)
  const latencyMs = names.map((from, i) =>
    names.map((to, j) => {
      const delayMs = given.get(from)?.[j] ?? given.get(to)?.[i]
      if (delayMs === undefined && from !== to)
        throw new FileProblem(file, undefined, `there is no delay between ${from} and ${to}`)
      return delayMs ?? 0
    }),
  )
  return { names, latencyMs }
}

/** Of the header, whose first cell may be missing: over the rows' names. */
function namesOf(file: string, header: Row | undefined, rows: readonly Row[]): readonly string[] {
  const width = rows[0]?.cells.length ?? 0
  const cells = header?.cells ?? []
  const names = cells.length === width - 1 ? cells : cells.slice(1)
  if (names.length === 0 || rows.length === 0)
    throw new FileProblem(file, header?.line, 'expected names in the header and in the first column')
  if (names.length > MAX_NAMES)
    throw new FileProblem(file, header?.line, `${names.length} names are more than ${MAX_NAMES}`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new FileProblem(file, header?.line, `${twice} stands there twice`)
  if (names.includes('')) throw new FileProblem(file, header?.line, 'a name is empty')
  return names
}

/** Is it about nodes (or about regions)? Throws FileProblem where it is about some of the nodes only. */
export function isOfNodes(file: string, { names }: LatencyMatrix, nodes: readonly string[]): boolean {
  const known = new Set(nodes)
  const unknown = names.filter(name => !known.has(name))
  if (unknown.length === names.length) return false
  const named = new Set(names)
  const missing = nodes.filter(name => !named.has(name))
  if (unknown.length > 0)
    throw new FileProblem(file, undefined, `there is no node ${unknown.slice(0, NAMED).join(', ')}`)
  if (missing.length > 0) {
    const more = missing.length > NAMED ? ' …' : ''
    throw new FileProblem(
      file,
      undefined,
      `these nodes are not in it: ${missing.slice(0, NAMED).join(', ')}${more}`,
    )
  }
  return true
}
