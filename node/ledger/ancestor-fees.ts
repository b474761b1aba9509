// What coins of unconfirmed transactions cost beyond their own inputs: where what they hang on pays less than a wanted rate, whoever
// spends them pays what is missing, or waits for it. As a miner would, those that pay the rate by themselves or with a child's help
// are taken out first, so that nobody pays for them again; of the rest each has to reach the rate alone, and with all it needs.
// What a spender of the coins in the mempool pays does not count: the next one replaces it. (As Bitcoin Core 28.1's wallet.)

import { outPointKey } from './chain/tx.ts'
import type { OutPoint, OutPointKey } from './chain/types.ts'
import { feeForVsize } from './coin-selection.ts'
import type { Mempool } from './mempool.ts'
import { type MempoolEntry, reach } from './packages.ts'

/** Of larger families nobody reckons it, in Core neither: they count as if they paid enough. */
const MAX_FAMILY = 500

export interface LackingFees {
  /** What each coin costs where it is spent alone; absent: nothing. */
  readonly each: ReadonlyMap<OutPointKey, number>
  /** What all of them cost where they are spent together: what they share is paid for once. */
  readonly togetherSat: number
}

const NOTHING: LackingFees = { each: new Map(), togetherSat: 0 }

interface Sums {
  readonly feeSat: number
  readonly vsize: number
}

/** `satPerVb`: what all of them are to pay. */
export function lackingFees(
  mempool: Pick<Mempool, 'get' | 'spender'>,
  points: readonly OutPoint[],
  satPerVb: number,
): LackingFees {
  const makers = new Set(points.flatMap(({ txid }) => mempool.get(txid) ?? []))
  if (makers.size === 0 || satPerVb <= 0) return NOTHING
  const spenders = points.flatMap(point => mempool.spender(outPointKey(point)) ?? [])
  const family = familyOf(makers)
  if (family.size > MAX_FAMILY) return NOTHING
  for (const replaced of reach(spenders, 'children')) family.delete(replaced)
  const waiting = withoutMined(family, satPerVb)
  const each = new Map<OutPointKey, number>()
  for (const point of points) {
    const maker = mempool.get(point.txid)
    const withAll = maker && waiting.get(maker)
    if (withAll)
      each.set(outPointKey(point), Math.max(lackOf(withAll, satPerVb), lackOf(maker.own, satPerVb)))
  }
  const poor = [...makers].filter(maker => waiting.has(maker))
  const needed = [...reach(poor, 'parents')].filter(member => waiting.has(member))
  return { each, togetherSat: Math.max(0, lackOf(total(needed), satPerVb)) }
}

/** All that hang together with them. */
function familyOf(starts: Iterable<MempoolEntry>): Set<MempoolEntry> {
  const found = new Set(starts)
  for (const member of found) {
    if (found.size > MAX_FAMILY) break
    for (const next of [...member.parents, ...member.children]) found.add(next)
  }
  return found
}

/** Those that a miner who wants this rate would leave, each with the sums of what it needs and he left. */
function withoutMined(family: ReadonlySet<MempoolEntry>, satPerVb: number): Map<MempoolEntry, Sums> {
  const waiting = new Map<MempoolEntry, Sums>(
    Array.from(family, member => [member, sumsOf(member.ancestors)]),
  )
  for (let best = bestOf(waiting); best; best = bestOf(waiting)) {
    if (lackOf(waiting.get(best) as Sums, satPerVb) > 0) break
    const mined = [...reach([best], 'parents')].filter(member => waiting.has(member))
    for (const { own, children } of mined)
      for (const heir of reach(children, 'children')) {
        const sums = waiting.get(heir)
        if (sums) waiting.set(heir, { feeSat: sums.feeSat - own.feeSat, vsize: sums.vsize - own.vsize })
      }
    for (const member of mined) waiting.delete(member)
  }
  return waiting
}

/** Whose rate is the highest; a dear parent does not pay for its child. */
function bestOf(waiting: ReadonlyMap<MempoolEntry, Sums>): MempoolEntry | undefined {
  let best: MempoolEntry | undefined
  let highest = Number.NEGATIVE_INFINITY
  for (const [{ own }, sums] of waiting) highest = Math.max(highest, rateOf(own, sums))
  for (const [member, sums] of waiting)
    if (rateOf(member.own, sums) === highest && (!best || member.tx.txid < best.tx.txid)) best = member
  return best
}

function rateOf(own: Sums, withAll: Sums): number {
  return Math.min(own.feeSat / own.vsize, withAll.feeSat / withAll.vsize)
}

function lackOf({ feeSat, vsize }: Sums, satPerVb: number): number {
  return feeForVsize(satPerVb, vsize) - feeSat
}

function sumsOf({ feeSat, vsize }: Sums): Sums {
  return { feeSat, vsize }
}

function total(entries: readonly MempoolEntry[]): Sums {
  return entries.reduce(
    (sums, { own }) => ({ feeSat: sums.feeSat + own.feeSat, vsize: sums.vsize + own.vsize }),
    { feeSat: 0, vsize: 0 },
  )
}
