// Taproot's trees (BIP341, "Script validation rules"): a key that commits to scripts, each reached by a path of hashes.

import { sameBytes } from '../../bitcoin/wire/bytes.ts'
import { concat } from '../chain/push.ts'
import type { Secp256k1 } from '../services.ts'
import { writeScript, written } from './sighash-type.ts'
import { taggedHash } from './tagged.ts'

/** The first byte of the last item of a witness that is an annex. */
export const ANNEX_TAG = 0x50
/** Of leaves whose script is BIP342's. */
export const TAPSCRIPT_VERSION = 0xc0
const VERSION_MASK = 0xfe
const KEY_BYTES = 32
const NODE_BYTES = 32
const MAX_DEPTH = 128

/** What a spend by script brings with its script: leaf version, parity of the output's key, internal key, path. */
export interface ControlBlock {
  readonly version: number
  readonly parity: 0 | 1
  readonly internalKey: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** Undefined for bytes of a length that no control block has. */
export function parseControlBlock(bytes: Uint8Array): ControlBlock | undefined {
  const depth = (bytes.length - 1 - KEY_BYTES) / NODE_BYTES
  if (depth < 0 || depth > MAX_DEPTH || !Number.isInteger(depth)) return undefined
  const first = bytes[0] as number
  const nodes = bytes.subarray(1 + KEY_BYTES)
  return {
    version: first & VERSION_MASK,
    parity: first & 1 ? 1 : 0,
    internalKey: bytes.subarray(1, 1 + KEY_BYTES),
    path: Array.from({ length: depth }, (_, i) => nodes.subarray(i * NODE_BYTES, (i + 1) * NODE_BYTES)),
  }
}

/** Does a control block, whole or not, begin as that of a tapscript? */
export function isTapscript([first = 0]: Uint8Array): boolean {
  return (first & VERSION_MASK) === TAPSCRIPT_VERSION
}

export function tapLeafHash(version: number, script: Uint8Array): Uint8Array {
  return taggedHash(
    'TapLeaf',
    Uint8Array.of(version),
    written(writer => writeScript(writer, script)),
  )
}

/** Of two nodes in whatever order. */
export function tapBranchHash(a: Uint8Array, b: Uint8Array): Uint8Array {
  return isLess(a, b) ? taggedHash('TapBranch', a, b) : taggedHash('TapBranch', b, a)
}

/** What is added to an internal key that commits to a tree; `root` undefined: to none. */
export function tapTweak(internalKey: Uint8Array, root: Uint8Array | undefined): Uint8Array {
  return root ? taggedHash('TapTweak', internalKey, root) : taggedHash('TapTweak', internalKey)
}

/** The key of the output that commits to a tree; undefined if `internalKey` is no point. */
export function tapOutputKey(
  secp: Pick<Secp256k1, 'tweakPublicKey'>,
  internalKey: Uint8Array,
  root: Uint8Array | undefined,
): { readonly key: Uint8Array; readonly parity: 0 | 1 } | undefined {
  return secp.tweakPublicKey(internalKey, tapTweak(internalKey, root))
}

/** Does an output's key commit to this leaf, on this path? */
export function commitsToLeaf(
  secp: Pick<Secp256k1, 'tweakPublicKey'>,
  outputKey: Uint8Array,
  { internalKey, parity, path }: ControlBlock,
  leafHash: Uint8Array,
): boolean {
  const root = path.reduce((below, node) => tapBranchHash(below, node), leafHash)
  const tweaked = tapOutputKey(secp, internalKey, root)
  return tweaked?.parity === parity && sameBytes(tweaked.key, outputKey)
}

/** OP_1 and the key: what a taproot output's script is. */
export function p2trScript(outputKey: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0x51, KEY_BYTES), outputKey)
}

function isLess(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < NODE_BYTES; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}
