// Measures what a ping alone does not feel: bandwidth and loss. A load that peers ignore goes right ahead of a ping over the
// very link under test, and its pong tells how long both took.

import type { LinkConditions } from '../../node/api.ts'
import { leastOf, mostOf } from '../extremes.ts'
import { plural } from '../format.ts'
import { slowRoundTripMs } from '../network/patience.ts'
import type { Breakable, LinkLoad } from './breakable.ts'
import { type Finding, unmeasured } from './measure.ts'
import type { Cut } from './partition.ts'
import { hasAnswered, keyOf, LATE_MS, listen, type Probed } from './probe.ts'

export interface Trial extends Cut {
  readonly load: LinkLoad
  /** It takes at least this long, there and back. */
  readonly leastMs: number
}

/** A load takes about this long over a thin link, unless that is very little or very much. */
const THIN_MS = 400
const LEAST_BYTES = 4_000
const MOST_BYTES = 1_000_000
/** A millisecond is lost in the machine's own noise. */
const LEAST_MS = 2
/** Of what a bottleneck must take by its rate, which need not be met to the bit. */
const RATE_TOLERANCE = 0.8
/** A lost frame costs at least the least retransmission timeout (RFC 6298 as Linux has it), and this is left for rounding. */
const LOST_MS = 195
/** Such a load comes through unharmed once in a million times. */
const SURELY = Math.log(1e6)
/** More frames than this are not sent: a smaller loss is not measured. */
const MOST_FRAMES = 7_000
/** Of many links so many are tried. */
const MOST_PAIRS = 32
/** The ping of another probe can get in the way. */
const TRIES = 3
const POLL_MS = 50

/** `changed`: pairs that others changed meanwhile, which are not judged. Undefined: there is nothing to weigh. */
export async function weigh(
  network: Breakable,
  probed: Probed,
  touched: readonly Cut[],
  linkOf: (pair: Cut) => LinkConditions,
  changed: (pair: Cut) => boolean,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const running = new Set(network.running())
  const nodes = [...new Set(touched.map(({ from }) => from))].filter(node => running.has(node))
  const before = await listen(probed, nodes)
  const there = new Set(before.map(pairOf))
  const open = touched.filter(pair => there.has(pairOf(pair)) && !linkOf(pair).blocked)
  const burstBytes = (link: LinkConditions) => network.burstBytes(link.bandwidthBps)
  const thin = open.flatMap(pair => thinTrial(pair, linkOf(pair), burstBytes(linkOf(pair))))
  const lossy = network.lossFelt() ? open.flatMap(pair => lossTrial(pair, linkOf(pair))) : []
  const findings: Finding[] = []
  for (const [trials, what] of [[thin, 'load'] as const, [lossy, 'volley'] as const]) {
    if (trials.length === 0) continue
    const some = trials.slice(0, MOST_PAIRS)
    const slow = await tryAll(network, probed, some, changed, signal)
    // A peer may have hung up meanwhile: what was under way is lost, and says nothing of the link.
    const now = new Set((await listen(probed, nodes)).map(keyOf))
    const kept = new Set(before.filter(pair => now.has(keyOf(pair))).map(pairOf))
    const judged = some.filter(
      trial => !changed(trial) && (slow.has(pairOf(trial)) || kept.has(pairOf(trial))),
    )
    const late = judged.filter(trial => slow.has(pairOf(trial)))
    const finding: Finding = {
      asked: `${plural(judged.length, what)} of at least ${Math.round(leastOf(some.map(trial => trial.leastMs)))} ms`,
      measured: `${late.length} of ${judged.length} as slow`,
      verified: late.length === judged.length,
    }
    findings.push(judged.length > 0 ? finding : unmeasured(finding, 'no connection was left to weigh'))
  }
  return findings
}

function thinTrial(pair: Cut, { bandwidthBps, latencyMs }: LinkConditions, burstBytes: number): Trial[] {
  const load = loadFor(bandwidthBps, latencyMs, burstBytes, 1)
  return load ? [{ ...pair, ...load }] : []
}

/**
 * A load of so many equal parts that a line of this bandwidth takes a while for. A burst goes through at once, and the load must
 * be more than that. Undefined: what it takes would be lost in the machine's own noise.
 */
export function loadFor(
  bandwidthBps: number,
  latencyMs: number,
  burstBytes: number,
  parts: number,
): Pick<Trial, 'load' | 'leastMs'> | undefined {
  if (bandwidthBps === 0 || parts === 0) return undefined
  const slowBytes = Math.max(LEAST_BYTES, (bandwidthBps * THIN_MS) / 8000)
  const bytes = Math.round(Math.min(MOST_BYTES, (burstBytes + slowBytes) / parts))
  const leastMs = latencyMs + (RATE_TOLERANCE * (bytes * parts - burstBytes) * 8000) / bandwidthBps
  return leastMs < LEAST_MS ? undefined : { load: { frames: 1, bytes }, leastMs }
}

function lossTrial(pair: Cut, { loss }: LinkConditions): Trial[] {
  const frames = loss > 0 ? Math.ceil(SURELY / -Math.log1p(-loss)) : Number.POSITIVE_INFINITY
  return frames > MOST_FRAMES ? [] : [{ ...pair, load: { frames, bytes: 0 }, leastMs: LOST_MS }]
}

/**
 * The pairs that were as slow as they must be, in one of a few tries. Those that `changed` meanwhile are given up: their load
 * may now be far too much for them. `leftOf`: what is still to be tried, given those that were slow.
 */
export async function tryAll(
  network: Breakable,
  probed: Probed,
  trials: readonly Trial[],
  changed: (pair: Cut) => boolean,
  signal: AbortSignal | undefined,
  leftOf: (slow: ReadonlySet<string>) => readonly Trial[] = slow =>
    trials.filter(trial => !slow.has(pairOf(trial))),
): Promise<ReadonlySet<string>> {
  const slow = new Set<string>()
  for (let attempt = 0; attempt < TRIES && !signal?.aborted; attempt++) {
    const left = leftOf(slow).filter(trial => !changed(trial))
    if (left.length === 0) break
    await Promise.allSettled(left.map(({ from, to, load }) => network.pad(from, to, load)))
    for (const pair of await answers(network, probed, left, changed, signal)) slow.add(pair)
  }
  return slow
}

/** The pairs whose answer took as long as it must, once all have answered. Pings of other probes may be out all the while. */
async function answers(
  network: Breakable,
  probed: Probed,
  trials: readonly Trial[],
  changed: (pair: Cut) => boolean,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const nodes = [...new Set(trials.map(({ from }) => from))]
  const wanted = new Map(trials.map(trial => [pairOf(trial), trial.leastMs]))
  const slowMs = 2 * slowRoundTripMs(network.slowestLinkMs)
  const deadlineMs = network.nowMs() + 4 * mostOf(wanted.values()) + LATE_MS + slowMs
  /** Connection → the ping behind the load, or one after it. */
  const asked = new Map<string, number>()
  const slow = new Set<string>()
  for (;;) {
    const heard = (await listen(probed, nodes)).filter(pair => wanted.has(pairOf(pair)) && !changed(pair))
    const come = heard.filter(pair => hasAnswered(pair, asked))
    for (const pair of come)
      if ((pair.roundTripMs ?? 0) >= (wanted.get(pairOf(pair)) ?? 0)) slow.add(pairOf(pair))
    if (come.length === heard.length || network.nowMs() >= deadlineMs || signal?.aborted) return slow
    await network.wait(POLL_MS, signal)
  }
}

const pairOf = ({ from, to }: Cut) => `${from} ${to}`
