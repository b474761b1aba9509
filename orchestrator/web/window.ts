// A list that is added to at its end and loses items at its start, and how its reader is told what changed: most of it
// stayed. Items that stayed are the same objects, so comparing is comparing identities. Pure.

/** `drop` items off the start, keep the next `keep`, then comes `add`. */
export interface WindowChange<Item> {
  readonly drop: number
  readonly keep: number
  readonly add: readonly Item[]
}

/** Undefined when nothing changed. */
export function windowChange<Item>(
  before: readonly Item[],
  after: readonly Item[],
): WindowChange<Item> | undefined {
  if (before === after) return undefined
  const first = after[0]
  const at = first === undefined ? -1 : before.indexOf(first)
  const drop = at < 0 ? before.length : at
  let keep = 0
  while (keep < after.length && drop + keep < before.length && after[keep] === before[drop + keep]) keep++
  if (drop === 0 && keep === before.length && keep === after.length) return undefined
  return { drop, keep, add: after.slice(keep) }
}

export function moved<Item>(list: readonly Item[], change: WindowChange<Item> | undefined): readonly Item[] {
  return change ? [...list.slice(change.drop, change.drop + change.keep), ...change.add] : list
}
