// Who may write where. What somebody else holds (a snapshot does) never changes; what was made since is written in place.

/** For whoever may write it. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] }

/**
 * What was made since somebody last looked: nobody else holds it, so it may be written in place. A table of a thousand
 * nodes is then copied once a snapshot, not once an event (200 µs). Without it every change copies.
 */
export type Fresh = WeakSet<object>

/** The list for writing: itself, or a copy to be put in its place. */
export function ownList<T>(list: readonly T[], fresh: Fresh | undefined): T[] {
  return fresh?.has(list) ? (list as T[]) : made(list.slice(), fresh)
}

/** What was just made, and is nobody else's. */
export function made<T extends object>(value: T, fresh: Fresh | undefined): T {
  fresh?.add(value)
  return value
}

/** A copy of the list with one more at its end and, where it would have more than `most`, without its first. */
export function appended<T>(list: readonly T[], item: T, most: number): T[] {
  const skipped = list.length < most ? 0 : list.length - most + 1
  const next = new Array<T>(list.length - skipped + 1)
  for (let i = skipped; i < list.length; i++) next[i - skipped] = list[i] as T
  next[next.length - 1] = item
  return next
}
