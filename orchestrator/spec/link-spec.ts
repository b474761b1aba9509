// What a spec says of links, and what a plan makes of it: conditions of all links, or a distribution that each pair draws from,
// regions, a matrix from a file.

import type { LinkConditions } from '../../node/api.ts'
import {
  type Bounds,
  type Distribution,
  distributionProblems,
  makeDistribution,
  meanOf,
} from './distribution.ts'
import { fileOf } from './files.ts'
import { LEAST_BPS, MAX_LATENCY_MS, MOST_BPS, regionName } from './link-schema.ts'
import { isOfNodes, type LatencyMatrix, readMatrix } from './matrix.ts'
import type { LinkSpreads } from './pair-links.ts'
import { fileProblem, type Problem } from './problem.ts'
import { type RegionTable, regionTable } from './regions.ts'
import type { Spec } from './schema.ts'
import { FileProblem } from './tables.ts'

const LATENCIES: Bounds = { least: 0, most: MAX_LATENCY_MS, unit: 1 }
/** A file has Mbit/s. */
export const BANDWIDTHS: Bounds = { least: LEAST_BPS, most: MOST_BPS, unit: 1e6 }

/** Distributions that cannot be, and files that are no such thing. */
export function linkProblems(spec: Spec, names: readonly string[]): Problem[] {
  const { links } = spec
  const problems: Problem[] = []
  const table = links.regions !== undefined || links.matrix !== undefined
  if (links.regions !== undefined && links.matrix)
    problems.push({
      path: ['links', 'matrix'],
      message: 'regions are a table of latencies already: give one of the two',
    })
  for (const key of ['latency', 'bandwidth'] as const) {
    const written = links[key]
    if (typeof written !== 'object') continue
    const bare = key === 'latency' && table
    const wrong = distributionProblems(written, { bare })
    problems.push(...wrong.map(({ path, message }) => ({ path: ['links', key, ...path], message })))
    if (wrong.length === 0) problems.push(...fileProblem(['links', key, 'from'], () => spreadOf(spec, key)))
  }
  const { matrix } = links
  if (matrix && problems.length === 0)
    problems.push(...fileProblem(['links', 'matrix', 'file'], () => tableOf(spec, names)))
  return problems
}

/** Names of the regions that there are by this spec's table or matrix; of none that is wrong. */
export function regionNames(spec: Spec, names: readonly string[]): readonly string[] {
  let table: ReturnType<typeof tableOf> = {}
  // What is wrong with it is said elsewhere.
  fileProblem([], () => {
    table = tableOf(spec, names)
  })
  return Object.keys(table.regions ?? {})
}

/** How far places are apart, where a spec has a table of that. Throws FileProblem. */
export function tableOf(
  spec: Spec,
  names: readonly string[],
): { readonly regions?: RegionTable; readonly matrix?: LatencyMatrix } {
  const { regions, matrix } = spec.links
  if (regions !== undefined) return { regions: regionTable(regions) }
  if (!matrix) return {}
  const read = readMatrix(matrix.file, fileOf(spec, matrix.file), matrix.values === 'rtt')
  return isOfNodes(matrix.file, read, names) ? { matrix: read } : { regions: regionsOf(matrix.file, read) }
}

function regionsOf(file: string, { names, latencyMs }: LatencyMatrix): RegionTable {
  const odd = names.find(name => !regionName.safeParse(name).success)
  if (odd !== undefined)
    throw new FileProblem(
      file,
      1,
      `${JSON.stringify(odd)} is neither a node nor the name of a region (letters, digits and dashes)`,
    )
  return Object.fromEntries(
    names.map((name, i) => [
      name,
      {
        ...{ share: 1 / names.length, downBps: 0, upBps: 0 },
        latencyMs: Object.fromEntries(names.map((other, j) => [other, latencyMs[i]?.[j] ?? 0])),
      },
    ]),
  )
}

/** What each pair draws for itself. */
export function planSpreads(spec: Spec): LinkSpreads | undefined {
  const latencyMs = spreadOf(spec, 'latency')
  const bandwidthBps = spreadOf(spec, 'bandwidth')
  if (!latencyMs && !bandwidthBps) return undefined
  return { ...(latencyMs && { latencyMs }), ...(bandwidthBps && { bandwidthBps }) }
}

/** As all links are, where nothing better is known of one: of what is drawn, the mean. */
export function planDefaultLink({ links }: Spec, spreads: LinkSpreads | undefined): LinkConditions {
  const figure = (written: number | object | undefined, distribution: Distribution | undefined) =>
    typeof written === 'number' ? written : distribution ? (meanOf(distribution) ?? 0) : 0
  return {
    latencyMs: figure(links.latency, spreads?.latencyMs?.distribution),
    jitterMs: links.jitter,
    bandwidthBps: figure(links.bandwidth, spreads?.bandwidthBps?.distribution),
    loss: links.loss,
    ...(links.duplicates && { duplicates: links.duplicates }),
    blocked: false,
  }
}

function spreadOf(spec: Spec, key: 'latency' | 'bandwidth') {
  const written = spec.links[key]
  if (typeof written !== 'object') return undefined
  const text = written.from === undefined ? undefined : fileOf(spec, written.from)
  const halved = 'values' in written && written.values === 'rtt'
  const bounds = key === 'latency' ? { ...LATENCIES, unit: halved ? 0.5 : 1 } : BANDWIDTHS
  const distribution = makeDistribution(written, bounds, text)
  return { distribution, ...(written.symmetric ? {} : { directed: true as const }) }
}
