// A part of the page as fields, and for each what is sent of it when it changed: all of it, what a list gained and lost, or
// the items that are new or different. Snapshots share what did not change, so that comparing is comparing identities. Pure.

import { moved, windowChange } from './window.ts'

export interface Field<Value> {
  /** The change, as JSON; undefined when nothing changed. */
  difference(before: Value, after: Value): unknown
  apply(value: Value, change: unknown): Value
}

/** By the fields' names. */
export type FieldsChange<Part> = { readonly [name in keyof Part]?: unknown }

/** Sent whole. `same` tells the equal from the identical where the small are made anew for each snapshot. */
export function whole<Value>(same: (a: Value, b: Value) => boolean = (a, b) => a === b): Field<Value> {
  return {
    difference: (before, after) => (same(before, after) ? undefined : { to: after }),
    apply: (_, change) => (change as { readonly to: Value }).to,
  }
}

/** Small, and made anew for each snapshot: sent whole when it reads differently. */
export function small<Value>(): Field<Value> {
  return whole((a, b) => a === b || JSON.stringify(a) === JSON.stringify(b))
}

/** A list that grows at its end and loses items at its start. */
export function windowed<Item>(): Field<readonly Item[]> {
  return {
    difference: windowChange,
    apply: (list, change) => moved(list, change as ReturnType<typeof windowChange<Item>>),
  }
}

interface KeyedChange<Item> {
  readonly items: readonly Item[]
  /** The keys, where they changed. */
  readonly order?: readonly string[]
}

/** A list of items that change one by one, each known by its key. */
export function keyed<Item>(keyOf: (item: Item) => string): Field<readonly Item[]> {
  return {
    difference: (before, after) => {
      const known = new Set(before)
      const items = after.filter(item => !known.has(item))
      const stayed =
        before.length === after.length && after.every((item, i) => keyOf(item) === keyOf(before[i] ?? item))
      if (items.length === 0 && stayed) return undefined
      return { items, ...(!stayed && { order: after.map(keyOf) }) }
    },
    apply: (list, change) => {
      const { items, order = list.map(keyOf) } = change as KeyedChange<Item>
      const byKey = new Map([...list, ...items].map(item => [keyOf(item), item]))
      return order.flatMap(key => byKey.get(key) ?? [])
    },
  }
}

/** What has these fields; a change of it is one a field. */
export function fieldsOf<Part extends object>(
  fields: {
    readonly [name in keyof Part]-?: Field<Part[name]>
  },
): Field<Part> {
  const names = () => Object.keys(fields) as (keyof Part)[]
  return {
    difference: (before, after) => {
      const changed = names().flatMap(name => {
        const change = fields[name].difference(before[name], after[name])
        return change === undefined ? [] : [[name, change] as const]
      })
      return changed.length === 0 ? undefined : Object.fromEntries(changed)
    },
    apply: (part, changes) => {
      const next = { ...part }
      for (const name of names()) {
        const change = (changes as FieldsChange<Part>)[name]
        if (change !== undefined) next[name] = fields[name].apply(part[name], change)
      }
      return next
    },
  }
}
