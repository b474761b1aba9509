// Trees of version 2 (BEP 52): pairs of hashes by SHA-256, and zeros in the place of leaves behind the end.

import { hasher } from '../hash.ts'

const HASH_BYTES = 32
const ZEROS: Uint8Array[] = [new Uint8Array(HASH_BYTES)]
const pair = new Uint8Array(2 * HASH_BYTES)

export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  pair.set(left)
  pair.set(right, HASH_BYTES)
  return hasher.sha256(pair)
}

/** Of a tree of so many layers that has nothing but padding. */
export function zeroHash(layers: number): Uint8Array {
  for (let layer = ZEROS.length; layer <= layers; layer++) {
    const below = ZEROS[layer - 1] as Uint8Array
    ZEROS.push(hashPair(below, below))
  }
  return ZEROS[layers] as Uint8Array
}

/** Layers of a tree over so many leaves. */
export function heightOf(leaves: number): number {
  return leaves <= 1 ? 0 : Math.ceil(Math.log2(leaves))
}

export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * HASH_BYTES)
  hashes.forEach((hash, index) => {
    joined.set(hash, index * HASH_BYTES)
  })
  return joined
}

/** Root of so many layers over these hashes, which are themselves of the layer `base`: what is missing is padding. */
export function rootOf(hashes: Uint8Array, height: number, base: number): Uint8Array {
  return hasher.foldTree(hashes, height, zeroHash(base))
}

/** The layer above. */
export function layerAbove(hashes: Uint8Array, base: number): Uint8Array {
  return hasher.foldTree(hashes, 1, zeroHash(base))
}
