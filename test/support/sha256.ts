// SHA-256 by another's hand, and the two hashes that everything in the chain is made of: what our core is measured against.

import { createHash } from 'node:crypto'

export function sha256(...pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return new Uint8Array(hash.digest())
}

export function sha256d(...pieces: readonly Uint8Array[]): Uint8Array {
  return sha256(sha256(...pieces))
}

/** Bitcoin's tree, level by level, as simply as it can be said. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array
  const parents: Uint8Array[] = []
  for (let i = 0; i < leaves.length; i += 2) {
    const left = leaves[i] as Uint8Array
    parents.push(sha256d(left, leaves[i + 1] ?? left))
  }
  return merkleRoot(parents)
}

/** 32 bytes as a little-endian number: hashes and targets are compared so. */
export function toNumber(hash: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(hash).reverse().toString('hex')}`)
}

export function fromNumber(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse())
}

/** `length` bytes that look random and are the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
