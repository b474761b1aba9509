// A system's part of the page: what of its state a browser is sent, and how that is kept up to date there. The same code
// runs on the server and in the browser. Pure.

import type { NetworkState } from '../observe/state.ts'
import { type Field, small } from './fields.ts'

export interface PagePart<Part> extends Field<Part> {
  of(state: NetworkState): Part
}

/** One that is small: sent whole whenever it changed. */
export function smallPart<Part>(of: (state: NetworkState) => Part): PagePart<Part> {
  return { of, ...small<Part>() }
}
