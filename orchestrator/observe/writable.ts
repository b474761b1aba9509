// Nodes of the state for writing: itself where nobody else holds it, else a copy that takes its place.

import type { SystemNodes } from '../systems/states.ts'
import type { Working } from './folded.ts'
import { type Draft, type Fresh, made, ownList } from './fresh.ts'
import type { NodeState } from './state.ts'

/** The node of that name; undefined: there is none. */
export function writableNode(
  state: Working,
  name: string,
  fresh: Fresh | undefined,
): Draft<NodeState> | undefined {
  const at = state.places.get(name)
  const node = at === undefined ? undefined : state.nodes[at]
  if (at === undefined || node === undefined || fresh?.has(node)) return node
  const own = made({ ...node }, fresh)
  const nodes = ownList(state.nodes, fresh)
  nodes[at] = own
  state.nodes = nodes
  return own
}

/** A system's part of that node. */
export function writablePart<Name extends keyof SystemNodes>(
  state: Working,
  name: string,
  system: Name,
  fresh: Fresh | undefined,
): Draft<SystemNodes[Name]> | undefined {
  const node = writableNode(state, name, fresh)
  if (!node) return undefined
  const part = node.systems[system]
  if (fresh?.has(part)) return part
  const own = made({ ...part }, fresh)
  node.systems = { ...node.systems, [system]: own }
  return own
}
