// From what a probe heard to a finding: what was asked beside what was measured. Pure.

import type { LinkConditions } from '../../node/api.ts'
import { leastOf } from '../extremes.ts'
import { plural } from '../format.ts'
import type { Cut } from './partition.ts'
import type { Heard } from './probe.ts'

export interface Finding {
  readonly asked: string
  readonly measured: string
  readonly verified: boolean
  /** Not verified, since these faults held or changed what was to be measured: whether it took nobody can tell. */
  readonly disturbedBy?: readonly string[] | undefined
  /** Not verified, since there was nothing to measure it by: no connection on its links, no node to ask. */
  readonly unmeasured?: true | undefined
}

interface Probe {
  readonly heard: readonly Heard[]
  /** Expected to be silent. */
  readonly blocked: (pair: Cut) => boolean
  readonly linkOf: (pair: Cut) => LinkConditions
  /** Pairs whose conditions the fault set: their round trips are looked at. */
  readonly touched: readonly Cut[]
}

/** Clocks of two processes on one machine round differently. */
const ROUNDING_MS = 2
/** A sum of normal deviations is smaller than this many of them, but for once in three million times. */
const DEVIATIONS = 5

/** Cut connections must be silent, others open, and slowed ones slow. */
export function measureLinks({ heard, blocked, linkOf, touched }: Probe): Finding {
  const silent = heard.filter(blocked)
  const open = heard.filter(pair => !blocked(pair))
  const carrying: Finding = {
    asked: `${plural(silent.length, 'connection')} silent, ${open.length} open`,
    measured: `${quiet(silent)} of ${silent.length} silent, ${open.length - quiet(open)} of ${open.length} open`,
    verified: quiet(silent) === silent.length && quiet(open) === 0,
  }
  const slowed = new Set(touched.filter(pair => linkOf(pair).latencyMs > 0).map(key))
  const trips = open.filter(pair => slowed.has(key(pair)) || slowed.has(key(back(pair))))
  return touched.length === 0 ? carrying : together(measureTrips(trips, linkOf), carrying)
}

/** Round trips take at least what the links of both directions add. */
function measureTrips(trips: readonly Heard[], linkOf: Probe['linkOf']): Finding | undefined {
  if (trips.length === 0) return undefined
  const owedMs = (pair: Cut) => {
    const both = [linkOf(pair), linkOf(back(pair))]
    const delayMs = both.reduce((sum, { latencyMs }) => sum + latencyMs, 0)
    const jitterMs = Math.hypot(...both.map(({ jitterMs }) => jitterMs))
    return Math.max(0, delayMs - DEVIATIONS * jitterMs - ROUNDING_MS)
  }
  const least = trips.map(owedMs)
  const late = trips.filter((pair, i) => pair.answered && (pair.roundTripMs ?? 0) >= (least[i] as number))
  const measured = trips.flatMap(({ roundTripMs }) => roundTripMs ?? [])
  return {
    asked: `${plural(trips.length, 'round trip')} of at least ${Math.round(leastOf(least))} ms`,
    measured: `${late.length} of ${trips.length} as slow, from ${Math.round(leastOf(measured))} ms`,
    verified: late.length === trips.length,
  }
}

export function measureNodes(
  nodes: readonly string[],
  wanted: 'running' | 'down' | 'frozen',
  running: readonly string[],
  paused: readonly string[],
): Finding {
  const is = (node: string) =>
    running.includes(node) ? 'running' : paused.includes(node) ? 'frozen' : 'down'
  const right = nodes.filter(node => is(node) === wanted)
  return {
    asked: `${nodes.length} ${wanted}`,
    measured: `${right.length} of ${nodes.length} ${wanted}`,
    verified: right.length === nodes.length,
  }
}

/** Two findings about one change: both must hold. One that does not hold outweighs one that could not be measured. */
export function together(first: Finding | undefined, second: Finding): Finding {
  if (!first) return second
  const both = [first, second]
  const failed = both.some(
    ({ verified, disturbedBy, unmeasured }) => !verified && !disturbedBy && !unmeasured,
  )
  const disturbers = both.flatMap(({ disturbedBy = [] }) => disturbedBy)
  return {
    asked: `${first.asked}; ${second.asked}`,
    measured: `${first.measured}; ${second.measured}`,
    verified: first.verified && second.verified,
    ...(!failed && disturbers.length > 0 && { disturbedBy: [...new Set(disturbers)] }),
    ...(!failed && disturbers.length === 0 && both.some(({ unmeasured }) => unmeasured) && UNMEASURED),
  }
}

/** Faults `by` name were in the way of this measurement, whatever it says. Without any the finding stays. */
export function disturbed(finding: Finding, by: Iterable<string>): Finding {
  const disturbedBy = [...by].sort()
  if (disturbedBy.length === 0) return finding
  const measured = `nothing: ${disturbedBy.join(', ')} had its nodes or links`
  return { asked: finding.asked, measured, verified: false, disturbedBy }
}

const UNMEASURED = { unmeasured: true } as const

/** Nothing was there that could have shown it, for this reason. What was found to be wrong stays so. */
export function unmeasured(finding: Finding, why: string): Finding {
  if (!finding.verified) return finding
  return { ...finding, measured: `nothing: ${why}; ${finding.measured}`, verified: false, ...UNMEASURED }
}

function quiet(pairs: readonly Heard[]): number {
  return pairs.filter(pair => !pair.answered).length
}

const key = ({ from, to }: Cut) => `${from} ${to}`
const back = ({ from, to }: Cut): Cut => ({ from: to, to: from })
