// Trees of scripts for tests, of any shape: keys that commit to them, and control blocks of their leaves.

import { privateAdd, privateNegate, signSchnorr, xOnlyPointFromScalar } from 'tiny-secp256k1'
import type { Random } from '../../node/core/host.ts'
import { concat } from '../../node/ledger/chain/push.ts'
import {
  p2trScript,
  TAPSCRIPT_VERSION,
  tapBranchHash,
  tapLeafHash,
  tapOutputKey,
  tapTweak,
} from '../../node/ledger/script/taproot.ts'
import { secp } from './chain.ts'

export interface KeyPair {
  readonly privateKey: Uint8Array
  /** 32 bytes, as BIP340 has it. */
  readonly publicKey: Uint8Array
}

export function drawKey(random: Random): KeyPair {
  const privateKey = random.bytes(32)
  privateKey[0] = 1 + (privateKey[0] as number) / 2 // below the order, and not 0
  return { privateKey, publicKey: xOnlyPointFromScalar(privateKey) }
}

export interface TreeLeaf {
  readonly version: number
  readonly script: Uint8Array
}

export interface TapOutput {
  /** What the output pays to. */
  readonly script: Uint8Array
  readonly internal: KeyPair
  /** Signs for a spend by key. */
  readonly outputKey: KeyPair
  /** Of the leaf that is spent. */
  readonly hash: Uint8Array
  readonly control: Uint8Array
}

/** An output whose key commits to a leaf so deep in a tree with random others; depth undefined: to no tree. */
export function drawOutput(
  random: Random,
  leaf: TreeLeaf = { version: TAPSCRIPT_VERSION, script: Uint8Array.of(0x51) },
  depth: number | undefined = random.int(6),
): TapOutput {
  const internal = drawKey(random)
  const path = depth === undefined ? undefined : Array.from({ length: depth }, () => random.bytes(32))
  const { key, root, ...output } = outputOver(internal.publicKey, leaf, path)
  return { ...output, internal, outputKey: { privateKey: tweaked(internal, root), publicKey: key } }
}

/** The output whose key commits to a leaf, with these branches beside it; without any: to no tree. */
export function outputOver(
  internal: Uint8Array,
  { version, script }: TreeLeaf,
  path: readonly Uint8Array[] | undefined,
) {
  const hash = tapLeafHash(version, script)
  const root = path?.reduce(tapBranchHash, hash)
  const output = tapOutputKey(secp, internal, root)
  if (!output) throw new Error('no such key')
  const control = concat(Uint8Array.of(version | output.parity), internal, ...(path ?? []))
  return { key: output.key, root, hash, script: p2trScript(output.key), control }
}

/** What signs for the output of this key and tree. */
export function tweaked({ privateKey, publicKey }: KeyPair, root: Uint8Array | undefined): Uint8Array {
  const even = secp.publicKey(privateKey)[0] === 2 ? privateKey : privateNegate(privateKey)
  const key = privateAdd(even, tapTweak(publicKey, root))
  if (!key) throw new Error('no such key')
  return key
}

export function signWith({ privateKey }: KeyPair, digest: Uint8Array): Uint8Array {
  return signSchnorr(digest, privateKey)
}

/** With one bit of it the other way round. */
export function flipped(random: Random, bytes: Uint8Array, from = 0): Uint8Array {
  const at = from + random.int(bytes.length - from)
  const bit = 1 << random.int(8)
  return bytes.map((byte, i) => (i === at ? byte ^ bit : byte))
}
