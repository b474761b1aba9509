// Merkle roots and branches, with both kernels: Bitcoin's own blocks, every small tree, trees beyond the module's memory.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hexToHash } from '../../node/bitcoin/wire/hex.ts'
import { createHasher } from '../../node/hash.ts'
import { merkleRoot, noise, sha256d } from '../support/sha256.ts'

const shown = (hash: Uint8Array) => Buffer.from(hash).reverse().toString('hex')
const wire = (text: string) => hexToHash(text) ?? expect.fail(`not a hash: ${text}`)
const leavesOf = (count: number, seed = count) =>
  Array.from({ length: count }, (_, i) => noise(32, seed + 7919 * i))

/** Transaction ids of blocks of Bitcoin's main network, and the Merkle roots in their headers. */
const MAINNET = [
  {
    height: 170,
    root: '7dac2c5666815c17a3b36427de37bb9d2e2c5ccec3f8633eb91a4205cb4c10ff',
    txids: [
      'b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082',
      'f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16',
    ],
  },
  {
    height: 100_000,
    root: 'f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766',
    txids: [
      '8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87',
      'fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4',
      '6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4',
      'e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d',
    ],
  },
]

describe.each(['simd', 'scalar'] as const)('%s kernel', kernel => {
  const h = createHasher(kernel)

  test.each(MAINNET)('the root of main network block $height', ({ txids, root }) => {
    expect(shown(h.merkleRoot(txids.map(wire)).root)).toBe(root)
  })

  test('one leaf is its own root, and no leaf gives zeroes', () => {
    expect(h.merkleRoot(leavesOf(1)).root).toEqual(leavesOf(1)[0])
    expect(h.merkleRoot([])).toEqual({ root: new Uint8Array(32), mutated: false })
  })

  test('every number of leaves from 1 to 100, odd ones too', () => {
    for (let count = 1; count <= 100; count++) {
      const leaves = leavesOf(count)
      expect(h.merkleRoot(leaves), `${count} leaves`).toEqual({ root: merkleRoot(leaves), mutated: false })
    }
  })

  test('trees around and beyond the size of the module’s memory', () => {
    for (const count of [4095, 4096, 4097, 4098, 8191, 8192, 8193, 12_289, 20_001]) {
      const leaves = leavesOf(count)
      expect(h.merkleRoot(leaves), `${count} leaves`).toEqual({ root: merkleRoot(leaves), mutated: false })
    }
  })

  test('two equal neighbours anywhere are told, and give the root of the shorter list (CVE-2012-2459)', () => {
    const honest = leavesOf(6)
    const repeated = [...honest, ...honest.slice(4)]
    expect(h.merkleRoot(repeated)).toEqual({ root: h.merkleRoot(honest).root, mutated: true })
    expect(h.merkleRoot(honest).mutated).toBe(false)
    // Equal, but never hashed together: not this attack.
    expect(h.merkleRoot([honest[0], honest[1], honest[0], honest[2]] as Uint8Array[]).mutated).toBe(false)
  })

  test('a repetition is told at every level and beyond the module’s memory', () => {
    for (const [count, repeat] of [
      [3, 1],
      [12, 4],
      [4096 + 3, 1],
      [4096 + 2048, 2048],
      [3 * 4096, 4096],
    ] as const) {
      const honest = leavesOf(count)
      const repeated = [...honest, ...honest.slice(count - repeat)]
      expect(h.merkleRoot(repeated), `${repeat} of ${count} leaves repeated`).toEqual({
        root: merkleRoot(honest),
        mutated: true,
      })
    }
  })

  test('the branch of every leaf proves the root, and no other leaf does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, pick) => {
        const leaves = leavesOf(count)
        const index = pick % count
        const leaf = leaves[index] as Uint8Array
        expect(h.merkleBranchRoot(leaf, branchOf(leaves, index), index)).toEqual(merkleRoot(leaves))
        expect(h.merkleBranchRoot(noise(32, 999_999), branchOf(leaves, index), index)).not.toEqual(
          merkleRoot(leaves),
        )
      }),
    )
  })

  test('an empty branch proves the leaf itself; a branch longer than an index is refused', () => {
    const leaf = noise(32)
    expect(h.merkleBranchRoot(leaf, [], 0)).toEqual(leaf)
    expect(() => h.merkleBranchRoot(leaf, leavesOf(33), 0)).toThrow(RangeError)
  })

  test('a leaf that is not 32 bytes long is refused', () => {
    expect(() => h.merkleRoot([noise(32), noise(31)])).toThrow(RangeError)
    expect(() => h.merkleBranchRoot(noise(33), [], 0)).toThrow(RangeError)
  })
})

function branchOf(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  const branch: Uint8Array[] = []
  for (let level = [...leaves]; level.length > 1; index >>= 1) {
    if (level.length % 2) level.push(level[level.length - 1] as Uint8Array)
    branch.push(level[index ^ 1] as Uint8Array)
    level = level.flatMap((node, i) => (i % 2 ? [] : [sha256d(node, level[i + 1] as Uint8Array)]))
  }
  return branch
}
