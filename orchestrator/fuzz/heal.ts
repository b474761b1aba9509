// A seed → a network that is cut and healed, from the whole range of what a network may be: blocks from ten a second to one in ten
// seconds, links from perfect to 10 kbit/s and a second long, cuts from half a minute to ten. Everybody is honest. Pure.

import { stringify } from 'yaml'
import { parseSpec } from '../spec/load.ts'
import { createRandom, type Random } from '../spec/random.ts'
import type { Spec } from '../spec/schema.ts'
import { chance, ms, pick } from './draws.ts'

const INTERVAL_MS = { least: 100, most: 10_000 }
const LATENCY_MS = { least: 1, most: 1_000 }
const BANDWIDTH_BPS = { least: 10_000, most: 10_000_000 }
const SPLIT_MS = { least: 30_000, most: 600_000 }
/** The network has a chain before it is cut. */
const CUT_AT_MS = 30_000
/** Rules that measure by the headers' whole seconds need time to pass. */
const LEAST_MEASURED_MS = 250
/** A cut in which more blocks come takes long to simulate: most last no longer. */
const USUAL_BLOCKS = 1_500
/** Some pay as well, so that blocks hold what a peer may lack; a line that carries little has few payments. */
const PAYING = 0.15
const THIN_BPS = 100_000
/** Blocks come seldom enough, beside the time they travel, for all to stand on one tip now and then. */
const CALM_WAYS = 4

/** The same seed gives the same spec. */
export function healSpec(seed: number): Spec {
  const random = createRandom(`netsplit heal ${seed}`)
  const count = 3 + random.int(3)
  const interval = Math.round(between(random, INTERVAL_MS))
  const latency = chance(random, 0.15) ? 0 : Math.round(between(random, LATENCY_MS))
  const bandwidth = chance(random, 0.2) ? 0 : Math.round(between(random, BANDWIDTH_BPS))
  const most = chance(random, 0.25) ? SPLIT_MS.most : Math.min(SPLIT_MS.most, USUAL_BLOCKS * interval)
  const splitMs = Math.round(between(random, { ...SPLIT_MS, most }))
  const rule = interval < LEAST_MEASURED_MS ? 'fixed' : pick(random, ['asert', 'asert', 'asert', 'fixed'])
  const kind = pick(random, count > 3 ? ['full', 'full', 'ring', 'star'] : ['full', 'star'])
  const perHopMs = latency + (bandwidth > 0 ? 2_336_000 / bandwidth : 0)
  const calm = interval > CALM_WAYS * count * perHopMs
  const load = payments(seed, bandwidth)
  const written = {
    name: `heal-${seed}`,
    seed,
    runtime: 'sim',
    nodes: { miners: { count, share: '100%' } },
    mining: { hashRate: '100kH/s', mode: 'simulated' },
    // Where blocks are slow, coins that mature late would come too late to pay with.
    chain: { blockInterval: ms(interval), difficulty: { rule }, ...(load !== undefined && { maturity: 1 }) },
    topology: { kind },
    links: {
      latency: ms(latency),
      ...(chance(random, 0.3) && { jitter: ms(Math.round(latency / 10)) }),
      ...(bandwidth > 0 && { bandwidth: `${bandwidth}bit` }),
    },
    relay: pick(random, ['compact', 'compact', 'headers', 'inv', 'unsolicited']),
    load: { tx: load ?? '0/s' },
    faults: {
      split: {
        partition: pick(random, ['halves', 'miners-1 | rest', 'minority-third']),
        at: ms(CUT_AT_MS),
        for: ms(splitMs),
      },
    },
    expect: {
      'shares-chain': { within: '60s after heal' },
      ...(calm && { converges: { within: `${ms(60_000 + 60 * interval)} after heal` } }),
      'no-blame': { within: '60s after heal' },
      'no-error-logs': {},
    },
  }
  return parseSpec(stringify(written), `heal seed ${seed}`, {})
}

/** Drawn apart: all else of a seed's network is as it is without payments. */
function payments(seed: number, bandwidth: number): string | undefined {
  const random = createRandom(`netsplit heal payments ${seed}`)
  if (!chance(random, PAYING)) return undefined
  return bandwidth > 0 && bandwidth < THIN_BPS ? '0.2/s' : '1/s'
}

/** Every factor of ten as likely as another: thin lines and fast blocks are as interesting as the rest. */
function between(random: Random, { least, most }: { least: number; most: number }): number {
  return least * (most / least) ** random.float()
}
