// What a node has of the machine's memory, in words: the same on every screen. Pure.

import { formatBytes } from '../format.ts'
import type { NodeState } from './state.ts'

/** `75 MB`, `75 MB, 26 MB by its control group`: pages that several have in common are charged once; undefined: it has none, or nobody knows. */
export function memoryText({
  rssBytes,
  groupBytes,
}: Pick<NodeState, 'rssBytes' | 'groupBytes'>): string | undefined {
  if (rssBytes === 0) return undefined
  const resident = formatBytes(rssBytes)
  return groupBytes === undefined ? resident : `${resident}, ${formatBytes(groupBytes)} by its control group`
}
