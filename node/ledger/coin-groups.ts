// Coins of one script that are spent together: whoever sees one of them spent knows the owner of the others. As in Core, up to a
// hundred make a group, and what is left over of more is a group to be spent last.

import type { SpendableCoin } from './coin-selection.ts'

const MAX_GROUP = 100

/** Counts as one coin. */
export interface CoinGroup<T> extends SpendableCoin {
  readonly members: readonly T[]
}

export interface CoinGroups<T> {
  readonly whole: readonly CoinGroup<T>[]
  /** Less than a hundred of more than those. */
  readonly rests: readonly CoinGroup<T>[]
}

/** `scriptOf`: what coins of a group share. */
export function groupsOf<T extends SpendableCoin>(
  coins: Iterable<T>,
  scriptOf: (coin: T) => string,
): CoinGroups<T> {
  const byScript = new Map<string, T[]>()
  for (const coin of coins) {
    const script = scriptOf(coin)
    const others = byScript.get(script)
    if (others) others.push(coin)
    else byScript.set(script, [coin])
  }
  const whole: CoinGroup<T>[] = []
  const rests: CoinGroup<T>[] = []
  for (const members of byScript.values())
    for (let at = 0; at < members.length; at += MAX_GROUP) {
      const part = members.slice(at, at + MAX_GROUP)
      ;(at > 0 && part.length < MAX_GROUP ? rests : whole).push(groupOf(part))
    }
  return { whole, rests }
}

function groupOf<T extends SpendableCoin>(members: readonly T[]): CoinGroup<T> {
  const sum = (value: (coin: T) => number) => members.reduce((total, coin) => total + value(coin), 0)
  return {
    members,
    valueSat: sum(coin => coin.valueSat),
    inputWeight: sum(coin => coin.inputWeight),
    ancestors: sum(coin => coin.ancestors),
    lackSat: sum(coin => coin.lackSat ?? 0),
  }
}
