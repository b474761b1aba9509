// Where nodes live: a table of regions gives the delay between any two, and the width of their nodes' lines.
// Pure: nodes are placed by their group or by the regions' shares, links follow from the places.

import type { LinkConditions } from '../../node/api.ts'
import type { Random } from '../../node/core/host.ts'
import { own } from '../own.ts'

export interface Region {
  /** Of the nodes whose group names no region, 0 … 1. */
  readonly share: number
  /** The lines of its nodes; 0 = unlimited. */
  readonly downBps: number
  readonly upBps: number
  /** One way, to each region of the table. */
  readonly latencyMs: { readonly [region: string]: number }
}

export interface RegionTable {
  readonly [region: string]: Region
}

/** Tables that a spec may name. */
export const PRESETS: { readonly [year: string]: RegionTable } = { 2019: published2019() }

/** Bitcoin's network as it was measured and published in 2019: delays in ms, lines in Mbit/s, shares of its nodes. */
function published2019(): RegionTable {
  const names = ['NA', 'EU', 'SA', 'AP', 'JP', 'AU']
  const latencyMs = [
    [32, 124, 184, 198, 151, 189],
    [124, 11, 227, 237, 252, 294],
    [184, 227, 88, 325, 301, 322],
    [198, 237, 325, 85, 58, 198],
    [151, 252, 301, 58, 12, 126],
    [189, 294, 322, 198, 126, 16],
  ]
  const downMbps = [52, 40, 18, 22.8, 22.8, 29.9]
  const upMbps = [19.2, 20.7, 5.8, 15.7, 10.2, 11.3]
  const shares = [0.3316, 0.4998, 0.009, 0.1177, 0.0224, 0.0195]
  const at = (list: readonly number[] | undefined, i: number) => list?.[i] as number
  const region = (i: number): Region => ({
    share: at(shares, i),
    downBps: Math.round(at(downMbps, i) * 1e6),
    upBps: Math.round(at(upMbps, i) * 1e6),
    latencyMs: Object.fromEntries(names.map((name, j) => [name, at(latencyMs[i], j)])),
  })
  return Object.fromEntries(names.map((name, i) => [name, region(i)]))
}

/** A region as a spec writes it: a delay may stand at either of its two ends, and what is left out has no limit. */
export interface WrittenRegion {
  readonly share?: number | undefined
  readonly down?: number | undefined
  readonly up?: number | undefined
  readonly latency: { readonly [region: string]: number }
}

type Written = { readonly [region: string]: WrittenRegion }

/** The table of what a spec's `links.regions` holds; regions without any share have even ones. */
export function regionTable(written: number | Written): RegionTable {
  if (typeof written === 'number') return PRESETS[written] as RegionTable
  const names = Object.keys(written)
  const given = Object.values(written).some(region => region.share !== undefined)
  return Object.fromEntries(
    Object.entries(written).map(([name, { share, down = 0, up = 0 }]) => [
      name,
      {
        share: given ? (share ?? 0) : 1 / names.length,
        downBps: down,
        upBps: up,
        latencyMs: Object.fromEntries(names.map(other => [other, delayMs(written, name, other) ?? 0])),
      },
    ]),
  )
}

/** From `a` to `b`, or else as from `b` to `a`. */
function delayMs(written: Written, a: string, b: string): number | undefined {
  return own(own(written, a)?.latency, b) ?? own(own(written, b)?.latency, a)
}

/** What is wrong with a table of a spec: the place inside it, and why. */
export function regionProblems(
  written: number | Written,
): { readonly path: readonly string[]; readonly message: string }[] {
  if (typeof written === 'number') return []
  const names = Object.keys(written)
  const problems = []
  if (names.length === 0) problems.push({ path: [], message: 'there is no region' })
  for (const [i, a] of names.entries()) {
    for (const b of Object.keys(written[a]?.latency ?? {}))
      if (!names.includes(b))
        problems.push({
          path: [a, 'latency', b],
          message: `there is no region ${b}: regions are ${names.join(', ')}`,
        })
    const missing = names.slice(i).find(b => delayMs(written, a, b) === undefined)
    if (missing !== undefined)
      problems.push({ path: [a, 'latency'], message: `no latency from ${a} to ${missing}` })
  }
  const shares = Object.values(written).flatMap(({ share }) => share ?? [])
  const sum = shares.reduce((total, share) => total + share, 0)
  if (shares.length > 0 && Math.abs(sum - 1) > 1e-6)
    problems.push({
      path: [],
      message: `the shares of all regions add up to ${+(sum * 100).toFixed(4)}%, not 100%`,
    })
  return problems
}

/**
 * A region for each of `count` nodes: as many of each as its share says, to the nearest whole (largest remainders), in an
 * order drawn from `random`.
 */
export function drawRegions(table: RegionTable, count: number, random: Random): string[] {
  const sum = Object.values(table).reduce((total, { share }) => total + share, 0)
  const wished = Object.entries(table).map(([name, { share }]) => ({ name, wish: (share / sum) * count }))
  const drawn = wished.flatMap(({ name, wish }) => Array<string>(Math.floor(wish)).fill(name))
  const remainder = (wish: number) => wish - Math.floor(wish)
  const next = wished.sort((a, b) => remainder(b.wish) - remainder(a.wish))
  for (let i = 0; drawn.length < count; i++) drawn.push((next[i % next.length] as { name: string }).name)
  for (let i = drawn.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    ;[drawn[i], drawn[j]] = [drawn[j] as string, drawn[i] as string]
  }
  return drawn
}

/** Gives the conditions of what one region sends to another; equal pairs get the same object. `base`: all else. */
export function regionLinks(
  table: RegionTable,
  base: LinkConditions,
): (from: string, to: string) => LinkConditions {
  const known = new Map<string, LinkConditions>()
  return (from, to) => {
    const key = `${from} ${to}`
    const link = known.get(key) ?? linkBetween(table, from, to, base)
    known.set(key, link)
    return link
  }
}

/** How wide the lines of its ends are is theirs alone (access.ts): they share them among all their links. */
function linkBetween(table: RegionTable, from: string, to: string, base: LinkConditions): LinkConditions {
  const latencyMs = own(own(table, from)?.latencyMs, to)
  return latencyMs === undefined ? base : { ...base, latencyMs }
}
