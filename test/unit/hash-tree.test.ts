// Trees of single SHA-256 with padding, as BitTorrent has them (BEP 52), with both kernels: against node:crypto, every small tree and
// trees beyond the module's memory; leaves of every number and length.

import { describe, expect, test } from 'vitest'
import { createHasher } from '../../node/hash.ts'
import { noise, sha256 } from '../support/sha256.ts'

const ZERO = new Uint8Array(32)

/** The layer that is so many levels up, by the book. */
function foldedBy(nodes: Uint8Array, levels: number, padding: Uint8Array): Uint8Array {
  let layer = nodes
  let missing = padding
  for (let level = 0; level < levels; level++) {
    const whole = layer.length % 64 === 0 ? layer : Buffer.concat([layer, missing])
    layer = Buffer.concat(
      Array.from({ length: whole.length / 64 }, (_, i) => sha256(whole.subarray(64 * i, 64 * i + 64))),
    )
    missing = sha256(Buffer.concat([missing, missing]))
  }
  return new Uint8Array(layer)
}

describe.each(['simd', 'scalar'] as const)('%s kernel', kernel => {
  const h = createHasher(kernel)

  test('every tree of up to 40 nodes, each of its layers, and above its root', () => {
    for (let count = 1; count <= 40; count++) {
      const nodes = noise(32 * count, count)
      for (let levels = 0; levels <= 8; levels++)
        for (const padding of [ZERO, noise(32, 7)])
          expect(h.foldTree(nodes, levels, padding)).toEqual(foldedBy(nodes, levels, padding))
    }
  })

  test.each([4_095, 4_096, 4_097, 8_192, 8_193, 10_000])('a tree of %i nodes, some levels and all', count => {
    const nodes = noise(32 * count, count)
    for (const levels of [1, 12, 13, 14, 15])
      expect(h.foldTree(nodes, levels, ZERO)).toEqual(foldedBy(nodes, levels, ZERO))
  })

  test('what is given is not changed, and a padding of another length is refused', () => {
    const nodes = noise(96)
    const before = nodes.slice()
    h.foldTree(nodes, 2, ZERO)
    expect(nodes).toEqual(before)
    expect(() => h.foldTree(nodes, 2, new Uint8Array(31))).toThrow(RangeError)
  })

  test('leaves: any number of blocks, the short ones among them', () => {
    for (let count = 0; count <= 19; count++) {
      const blocks = Array.from({ length: count }, (_, i) =>
        noise(i % 5 === 3 ? 1 + 811 * i : 16_384, 31 * i),
      )
      const hashes = h.leafHashes(blocks)
      expect(hashes.length).toBe(32 * count)
      for (const [i, block] of blocks.entries())
        expect(hashes.subarray(32 * i, 32 * i + 32)).toEqual(sha256(block))
    }
    expect(h.leafHashes([new Uint8Array(0)])).toEqual(sha256(new Uint8Array(0)))
    expect(() => h.leafHashes([new Uint8Array(16_385)])).toThrow(RangeError)
  })
})
