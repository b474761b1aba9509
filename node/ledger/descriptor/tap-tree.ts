// A taproot output with all that it commits to (BIP341): its internal key, and its leaves with the paths that prove them.

import { concat } from '../chain/push.ts'
import { TAPSCRIPT_VERSION, tapBranchHash, tapLeafHash, tapOutputKey } from '../script/taproot.ts'
import type { Secp256k1 } from '../services.ts'

export interface TapLeaf {
  readonly version: number
  readonly script: Uint8Array
  readonly depth: number
}

export interface TaprootTree {
  readonly internalKey: Uint8Array
  /** Undefined where it commits to no script. */
  readonly root: Uint8Array | undefined
  readonly outputKey: Uint8Array
  /** From left to right. */
  readonly leaves: readonly ProvenLeaf[]
}

export interface ProvenLeaf extends TapLeaf {
  readonly hash: Uint8Array
  readonly control: Uint8Array
}

/** Leaves by their depths from left to right, as a walk through the tree meets them; undefined where they make no tree. */
export function tapTree(
  secp: Pick<Secp256k1, 'tweakPublicKey'>,
  internalKey: Uint8Array,
  leaves: readonly TapLeaf[],
): TaprootTree | undefined {
  const hashed = leaves.map(leaf => ({
    ...leaf,
    hash: tapLeafHash(leaf.version, leaf.script),
    path: [] as Uint8Array[],
  }))
  const stack: { readonly hash: Uint8Array; readonly depth: number; readonly below: typeof hashed }[] = []
  for (const leaf of hashed) {
    let node = { hash: leaf.hash, depth: leaf.depth, below: [leaf] }
    for (let left = stack.at(-1); left && left.depth === node.depth && node.depth > 0; left = stack.at(-1)) {
      stack.pop()
      for (const each of left.below) each.path.push(node.hash)
      for (const each of node.below) each.path.push(left.hash)
      const hash = tapBranchHash(left.hash, node.hash)
      node = { hash, depth: node.depth - 1, below: [...left.below, ...node.below] }
    }
    stack.push(node)
  }
  const [top, ...more] = stack
  if (leaves.length > 0 && (more.length > 0 || top?.depth !== 0)) return undefined
  const output = tapOutputKey(secp, internalKey, top?.hash)
  if (!output) return undefined
  const proven = hashed.map(({ path, ...leaf }) => ({
    ...leaf,
    control: concat(Uint8Array.of(leaf.version | output.parity), internalKey, ...path),
  }))
  return { internalKey, root: top?.hash, outputKey: output.key, leaves: proven }
}

export function tapscriptLeaf(script: Uint8Array, depth: number): TapLeaf {
  return { version: TAPSCRIPT_VERSION, script, depth }
}
