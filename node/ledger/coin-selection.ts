// Which coins a payment spends. Two steps, each known from Bitcoin Core's early wallet:
// 1. the smallest coin that pays for everything alone: one input, and large coins stay whole;
// 2. else the largest coins one after the other, until they suffice: the fewest inputs.
// A coin counts for what it is worth after the fee for its own input.

import { Heap } from './heap.ts'

export interface SpendableCoin {
  readonly valueSat: number
  /** Of the input that spends it, signature included; in weight units. */
  readonly inputWeight: number
  /** Unconfirmed transactions that it hangs on; 0 for a confirmed coin. */
  readonly ancestors: number
  /** What those pay too little, which comes on top of the fee for its own input. */
  readonly lackSat?: number
}

export interface PaymentNeed {
  readonly amountSat: number
  /** Of the transaction without inputs and change, in weight units. */
  readonly baseWeight: number
  readonly satPerVb: number
  /** Unconfirmed ancestors that the payment may have. */
  readonly maxAncestors: number
  readonly maxInputs: number
}

/** Coins spent beside those that a payment needs, to have fewer. */
const TIDIED = 2
/** Rates are fractions: what their product is too much by no satoshi is paid for. */
const ROUNDING = 1e-6

/** The fee for a weight, which counts in whole virtual bytes as it does for those who relay it, rounded up to whole satoshi. */
export function feeForWeight(satPerVb: number, weight: number): number {
  return feeForVsize(satPerVb, Math.ceil(weight / 4))
}

/** The same for virtual bytes. */
export function feeForVsize(satPerVb: number, vsize: number): number {
  return Math.ceil(satPerVb * vsize - ROUNDING)
}

/** Coins that pay amount and fee; undefined if there are not enough. */
export function selectCoins<T extends SpendableCoin>(
  coins: readonly T[],
  need: PaymentNeed,
): T[] | undefined {
  const targetSat = need.amountSat + feeForWeight(need.satPerVb, need.baseWeight)
  const usable: Valued<T>[] = []
  let alone: Valued<T> | undefined
  for (const coin of coins) {
    const worthSat = coin.valueSat - feeForWeight(need.satPerVb, coin.inputWeight) - (coin.lackSat ?? 0)
    if (worthSat <= 0 || coin.ancestors > need.maxAncestors) continue
    const valued = { coin, worthSat }
    usable.push(valued)
    if (worthSat >= targetSat && (alone === undefined || worthSat < alone.worthSat)) alone = valued
  }
  return alone ? [alone.coin] : largestFirst(usable, targetSat, need)
}

/**
 * `chosen`, and the smallest other coins that are worth the fee for their own input: large ones stay apart, so that many
 * payments can be under way at once.
 */
export function withSmallest<T extends SpendableCoin>(
  chosen: readonly T[],
  coins: readonly T[],
  { maxInputs, satPerVb }: PaymentNeed,
): T[] {
  const smallest: T[] = []
  const most = Math.min(TIDIED, maxInputs - chosen.length)
  for (const coin of coins) {
    if (coin.valueSat <= feeForWeight(satPerVb, coin.inputWeight) || chosen.includes(coin)) continue
    const place = smallest.findIndex(other => coin.valueSat < other.valueSat)
    smallest.splice(place < 0 ? smallest.length : place, 0, coin)
    if (smallest.length > most) smallest.pop()
  }
  return [...chosen, ...smallest]
}

interface Valued<T> {
  readonly coin: T
  readonly worthSat: number
}

function largestFirst<T extends SpendableCoin>(
  usable: readonly Valued<T>[],
  targetSat: number,
  { maxAncestors, maxInputs }: PaymentNeed,
): T[] | undefined {
  const queue = new Heap<Valued<T>>((a, b) => a.worthSat > b.worthSat, usable)
  const chosen: T[] = []
  let restSat = targetSat
  let ancestors = 0
  for (let next = queue.pop(); next !== undefined && chosen.length < maxInputs; next = queue.pop()) {
    const { coin, worthSat } = next
    if (ancestors + coin.ancestors > maxAncestors) continue
    ancestors += coin.ancestors
    restSat -= worthSat
    chosen.push(coin)
    if (restSat <= 0) return chosen
  }
  return undefined
}
