// The least and the most of many: as arguments of Math.min a hundred thousand links would fill the stack.

/** Infinite where there are none. */
export function leastOf(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY
  for (const value of values) least = Math.min(least, value)
  return least
}

/** `most`: where none is more. */
export function mostOf(values: Iterable<number>, most = Number.NEGATIVE_INFINITY): number {
  for (const value of values) most = Math.max(most, value)
  return most
}
