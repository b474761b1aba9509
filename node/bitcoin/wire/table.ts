// One table per protocol: command → codec + size limit. Names, types, limits, encoder and decoder all derive from it.

import type { Codec } from './codec.ts'

/** How one command's payload looks, and how many bytes of it are looked at: what is longer is cut, not refused, as in Core. */
export interface MessageSpec<T> {
  readonly codec: Codec<T>
  readonly maxBytes: number
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds codecs of different types; MessageOf recovers each
export type MessageTable = { readonly [command: string]: MessageSpec<any> }

/** The union of all messages of a table: `{ command, payload }`, told apart by `command`. */
export type MessageOf<T extends MessageTable> = {
  [K in keyof T & string]: {
    readonly command: K
    readonly payload: T[K] extends MessageSpec<infer P> ? P : never
  }
}[keyof T & string]

/** A message whose protocol is not known here. */
export interface AnyMessage {
  readonly command: string
  readonly payload: unknown
}
