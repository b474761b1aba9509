// On which host each node is: by the hosts' shares, to the nearest whole, and so that every group has its part on each. Pure,
// and nothing of it is drawn: the same groups on the same hosts are always placed alike.

/** A host as it is shared. */
export interface Shared {
  readonly name: string
  readonly share: number
}

/** A group, and the hosts that it may be on. */
export interface Placeable {
  readonly count: number
  readonly on: readonly Shared[]
}

/** Shares are what people write: 0.1 three times is not 0.3. */
const ROUNDING = 1e-9

/**
 * For each group the host of each of its nodes. Groups that may be on the same hosts are one whole there: each host has its share
 * of their nodes (largest remainder; of equal ones who has less so far, then who comes first), and of each group its part of that,
 * rounded up or down.
 */
export function placeGroups(groups: readonly Placeable[]): string[][] {
  const wholes = new Map<string, number[]>()
  for (const [i, { on }] of groups.entries()) {
    const key = on.map(({ name }) => name).join(' ')
    wholes.set(key, [...(wholes.get(key) ?? []), i])
  }
  const placed: string[][] = groups.map(() => [])
  const taken = new Map<string, number>()
  for (const members of wholes.values()) {
    const { on } = groups[members[0] as number] as Placeable
    const counts = members.map(i => (groups[i] as Placeable).count)
    const parts = divide(counts, on, taken)
    for (const [k, i] of members.entries()) placed[i] = inTurns(parts[k] ?? [], on)
    for (const [h, { name }] of on.entries())
      taken.set(
        name,
        parts.reduce((sum, row) => sum + (row[h] ?? 0), taken.get(name) ?? 0),
      )
  }
  return placed
}

/** How many of each group (row) each host (column) has. */
function divide(counts: readonly number[], on: readonly Shared[], taken: ReadonlyMap<string, number>) {
  const whole = counts.reduce((sum, count) => sum + count, 0)
  const columns = apportion(whole, on, taken)
  const share = (row: number, h: number) =>
    whole === 0 ? 0 : ((counts[row] ?? 0) * (columns[h] ?? 0)) / whole
  const parts = counts.map((_, row) => on.map((_, h) => Math.floor(share(row, h))))
  const left = columns.map((count, h) => count - parts.reduce((sum, row) => sum + (row[h] ?? 0), 0))
  // One more here and there, so that rows and columns add up: a flow from groups to hosts, which the shares themselves are, in parts.
  const more = counts.map((_, row) => on.map((_, h) => (Number.isInteger(share(row, h)) ? undefined : false)))
  for (const [row, count] of counts.entries()) {
    const missing = count - (parts[row] ?? []).reduce((sum, part) => sum + part, 0)
    for (let i = 0; i < missing; i++) settle(row, more, left, new Set())
  }
  return parts.map((row, r) => row.map((part, h) => part + (more[r]?.[h] ? 1 : 0)))
}

/**
 * Gives `row` one more on some host: one that has room, else one on which another row makes way (Ford and Fulkerson). `undefined` in
 * `more`: never there.
 */
function settle(
  row: number,
  more: readonly (boolean | undefined)[][],
  left: number[],
  tried: Set<number>,
): boolean {
  const wishes = more[row] as (boolean | undefined)[]
  const open = [...wishes.keys()].filter(h => wishes[h] === false && !tried.has(h))
  const free = open.find(h => (left[h] ?? 0) > 0)
  if (free !== undefined) {
    left[free] = (left[free] ?? 0) - 1
    wishes[free] = true
    return true
  }
  for (const h of open) {
    if (tried.has(h)) continue // meanwhile, by who was to make way
    tried.add(h)
    const way = more.find((other, r) => other[h] === true && settle(r, more, left, tried))
    if (!way) continue
    way[h] = false
    wishes[h] = true
    return true
  }
  return false
}

/** Whole numbers in the hosts' shares that add up to `count`. */
function apportion(count: number, on: readonly Shared[], taken: ReadonlyMap<string, number>): number[] {
  const weights = weightsOf(on)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const wishes = weights.map(weight => (weight / sum) * count)
  const parts = wishes.map(wish => Math.floor(wish + ROUNDING))
  const load = (h: number) => ((taken.get(on[h]?.name ?? '') ?? 0) + (parts[h] ?? 0)) / (weights[h] ?? 1)
  const next = on
    .map((_, h) => ({ h, rest: (wishes[h] ?? 0) - (parts[h] ?? 0), load: load(h) }))
    .sort((a, b) => nearly(b.rest - a.rest) || nearly(a.load - b.load) || a.h - b.h)
  const missing = count - parts.reduce((total, part) => total + part, 0)
  for (const { h } of next.slice(0, missing)) parts[h] = (parts[h] ?? 0) + 1
  return parts
}

/** Hosts that have no share at all share evenly what is pinned to them. */
function weightsOf(on: readonly Shared[]): number[] {
  return on.some(({ share }) => share > 0) ? on.map(({ share }) => share) : on.map(() => 1)
}

function nearly(difference: number): number {
  return Math.abs(difference) < ROUNDING ? 0 : difference
}

/** So many of each host, in turns, so that neighbours by number are on different hosts where they can be. */
function inTurns(counts: readonly number[], on: readonly Shared[]): string[] {
  const whole = counts.reduce((sum, count) => sum + count, 0)
  const given = counts.map(() => 0)
  return Array.from({ length: whole }, (_, i) => {
    const behind = counts.map((count, h) => (count * (i + 1)) / whole - (given[h] ?? 0))
    const h = behind.reduce((most, each, k) => (each > (behind[most] ?? 0) + ROUNDING ? k : most), 0)
    given[h] = (given[h] ?? 0) + 1
    return on[h]?.name ?? ''
  })
}

/**
 * The host of one more node of `group`, of those it may be on: who lacks most of its share of all that may be there (`alike`), then
 * of the group.
 */
export function nextHost(
  on: readonly Shared[],
  group: string,
  present: readonly { readonly group: string; readonly host?: string }[],
  alike: (group: string) => boolean,
): string | undefined {
  const weights = weightsOf(on)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const lacks = (counts: (group: string) => boolean) => {
    const there = present.filter(node => counts(node.group)).map(({ host }) => host)
    return on.map(({ name }, h) => {
      const wish = (there.length + 1) * ((weights[h] ?? 0) / sum)
      return wish - there.filter(host => host === name).length
    })
  }
  const [all, own] = [lacks(alike), lacks(each => each === group)]
  const less = (lack: readonly number[], a: number, b: number) => nearly((lack[b] ?? 0) - (lack[a] ?? 0))
  const order = on.map((_, h) => h).sort((a, b) => less(all, a, b) || less(own, a, b) || a - b)
  return on[order[0] ?? 0]?.name
}
