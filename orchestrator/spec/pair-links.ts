// What the link between any two nodes of a plan is like: by the matrix, by their regions, or as all; and drawn for each pair where
// the plan has a distribution. A pair's draw depends on the seed and its two names, and on no other pair. Pure.

import type { LinkConditions } from '../../node/api.ts'
import { type Distribution, drawFrom, quantileOf } from './distribution.ts'
import type { LatencyMatrix } from './matrix.ts'
import { createRandom } from './random.ts'
import { type RegionTable, regionLinks } from './regions.ts'

/** A figure that each pair of nodes has its own value of. */
export interface Spread {
  readonly distribution: Distribution
  /** Each direction has its own; absent: both have the same. */
  readonly directed?: true
}

export interface LinkSpreads {
  readonly latencyMs?: Spread
  readonly bandwidthBps?: Spread
}

/** The part of a plan that says it. */
export interface PairPlan {
  readonly seed: number
  readonly defaultLink: LinkConditions
  readonly regions?: RegionTable
  readonly matrix?: LatencyMatrix
  readonly spread?: LinkSpreads
}

interface Place {
  readonly name: string
  readonly region?: string | undefined
}

/** Conditions of what `from` sends to `to`. Where nothing is drawn, equal ones are the same object. */
export function pairLinks(plan: PairPlan): (from: Place, to: Place) => LinkConditions {
  const { defaultLink, regions, matrix, spread } = plan
  // What is drawn for a pair is not narrowed by the mean of all.
  const base = spread?.bandwidthBps ? { ...defaultLink, bandwidthBps: 0 } : defaultLink
  const byRegion = regions && regionLinks(regions, base)
  const byName = matrix && matrixLinks(matrix, base)
  const meanOf = (from: Place, to: Place) =>
    byName?.(from.name, to.name) ??
    (from.region !== undefined && to.region !== undefined ? byRegion?.(from.region, to.region) : undefined) ??
    base
  return spread ? (from, to) => drawn(plan, spread, meanOf(from, to), from.name, to.name) : meanOf
}

function matrixLinks({ names, latencyMs }: LatencyMatrix, base: LinkConditions) {
  const places = new Map(names.map((name, i) => [name, i]))
  return (from: string, to: string): LinkConditions | undefined => {
    const at = latencyMs[places.get(from) ?? -1]?.[places.get(to) ?? -1]
    return at === undefined ? undefined : { ...base, latencyMs: at }
  }
}

function drawn(
  { seed, defaultLink }: PairPlan,
  { latencyMs, bandwidthBps }: LinkSpreads,
  mean: LinkConditions,
  from: string,
  to: string,
): LinkConditions {
  const [first, second] = from < to ? [from, to] : [to, from]
  const value = (what: string, { distribution, directed }: Spread, mean: number) => {
    const pair = directed ? `${from} -> ${to}` : `${first} ${second}`
    return drawFrom(distribution, createRandom(`netsplit ${seed} ${what} ${pair}`), mean)
  }
  const own = bandwidthBps && value('bandwidth', bandwidthBps, defaultLink.bandwidthBps)
  return {
    ...mean,
    ...(latencyMs && { latencyMs: value('latency', latencyMs, mean.latencyMs) }),
    ...(own !== undefined && {
      bandwidthBps: mean.bandwidthBps > 0 ? Math.min(own, mean.bandwidthBps) : own,
    }),
  }
}

/** The longest delay, jitter aside, that is to be reckoned with between any two of `count` nodes. */
export function slowestPairMs({ defaultLink, regions, matrix, spread }: PairPlan, count: number): number {
  let slowestMs = defaultLink.latencyMs
  for (const from of Object.values(regions ?? {}))
    for (const ms of Object.values(from.latencyMs)) slowestMs = Math.max(slowestMs, ms)
  for (const row of matrix?.latencyMs ?? []) for (const ms of row) slowestMs = Math.max(slowestMs, ms)
  if (!spread?.latencyMs) return slowestMs
  const pairs = Math.max(2, count * (count - 1))
  return Math.max(slowestMs, quantileOf(spread.latencyMs.distribution, 1 - 1 / pairs, slowestMs))
}
