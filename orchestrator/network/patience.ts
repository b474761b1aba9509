// How slow a plan's links are, for all who wait for what crosses them. Usual links change no wait. Pure.

import type { Plan } from '../spec/types.ts'
import { PlannedLinks } from './planned-links.ts'

/** Round trips up to this are what all waits are made for. */
const USUAL_ROUND_TRIP_MS = 2_000
/** From a first dial to a common chain: dial, handshake, headers, blocks, and one of them again. */
const STANDING_ROUND_TRIPS = 12

/** Of links whose slowest delay is this: a round trip, or 0 where it is nothing out of the way. */
export function slowRoundTripMs(slowestLinkMs: number): number {
  const roundTripMs = 2 * slowestLinkMs
  return roundTripMs > USUAL_ROUND_TRIP_MS ? roundTripMs : 0
}

/** Asked for by every node of a network. */
const KNOWN = new WeakMap<Plan, number>()

/** The slowest round trip over this plan's links, jitter included; undefined where nobody need know. */
export function roundTripOf(plan: Plan): number | undefined {
  let roundTripMs = KNOWN.get(plan)
  if (roundTripMs === undefined) {
    roundTripMs = slowRoundTripMs(new PlannedLinks(plan).slowestMs)
    KNOWN.set(plan, roundTripMs)
  }
  return roundTripMs > 0 ? roundTripMs : undefined
}

/** What slow links add to the time that peers have to find each other and to agree. Whoever must be asked for others first takes longer. */
export function meetingMs(plan: Plan): number {
  const { topology, nodes } = plan
  const rounds = topology.kind === 'discovered' ? Math.max(1, Math.ceil(Math.log2(nodes.length))) : 1
  return rounds * STANDING_ROUND_TRIPS * (roundTripOf(plan) ?? 0)
}
