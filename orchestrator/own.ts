// Tables that are looked into with what users wrote: `constructor` and `toString` are in every object, and mean nothing there.

/** What the table itself has at `key`. */
export function own<T>(table: { readonly [key: string]: T } | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}
