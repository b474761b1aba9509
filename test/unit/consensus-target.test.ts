// Compact targets, the work they prove, and the coins a block may make.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { ConsensusError } from '../../node/errors.ts'
import { subsidySat } from '../../node/ledger/consensus/subsidy.ts'
import {
  bitsForExpectedHashes,
  bitsToTarget,
  difficultyOfBits,
  meetsTarget,
  targetBytes,
  targetToBits,
  workOfBits,
} from '../../node/ledger/consensus/target.ts'
import { chainParams, REGTEST } from '../../node/params.ts'
import { EASY_SPEC } from '../support/chain.ts'

const target = fc.bigInt({ min: 1n, max: (1n << 256n) - 1n })

describe('compact targets', () => {
  test.each<[number, bigint]>([
    [0x01010000, 0x01n],
    [0x01120000, 0x12n],
    [0x02008000, 0x80n],
    [0x05009234, 0x92340000n],
    [0x04123456, 0x12345600n],
    [0x1d00ffff, 0xffffn << 208n],
    [0x207fffff, 0x7fffffn << 232n],
    [0x2100ffff, 0xffffn << 240n],
  ])('%s stands for the target that Core reads', (bits, value) => {
    expect(bitsToTarget(bits)).toBe(value)
    expect(targetToBits(value)).toBe(bits)
  })

  test.each([
    0x00000000, 0x00123456, 0x01003456, 0x02000056, 0x03000000, 0x01800000, 0x04923456, 0x1d80ffff,
    0x21010000, 0x22000100, 0x23000001, 0xff123456,
  ])('%i is negative, zero or too large, and so no target', bits => {
    expect(() => bitsToTarget(bits)).toThrow(expect.objectContaining({ reason: 'bad-diffbits' }))
  })

  test('whatever the bits, they are a target within 256 bits or bad-diffbits', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), bits => {
        try {
          const value = bitsToTarget(bits)
          expect(value > 0n && value < 1n << 256n).toBe(true)
          expect(bitsToTarget(targetToBits(value))).toBe(value)
        } catch (error) {
          expect(error).toBeInstanceOf(ConsensusError)
        }
      }),
    )
  })

  test('encoding rounds down by less than 2^-15, and never up', () => {
    fc.assert(
      fc.property(target, value => {
        const rounded = bitsToTarget(targetToBits(value))
        expect(rounded <= value).toBe(true)
        expect((value - rounded) << 15n <= value).toBe(true)
      }),
    )
  })

  test('the miner’s 32 bytes are the target, little-endian', () => {
    fc.assert(
      fc.property(target, value => {
        const bits = targetToBits(value)
        const hex = toHex(targetBytes(bits).toReversed())
        expect(hex.length).toBe(64)
        expect(BigInt(`0x${hex}`)).toBe(bitsToTarget(bits))
      }),
    )
  })

  test('a hash equal to the target meets it, one above does not', () => {
    const hash = (value: bigint) => value.toString(16).padStart(64, '0')
    expect(meetsTarget(hash(1000n), 1000n)).toBe(true)
    expect(meetsTarget(hash(1001n), 1000n)).toBe(false)
  })
})

describe('work', () => {
  test('is the expected number of hashes, rounded down', () => {
    expect(workOfBits(0x207fffff)).toBe(2n)
    expect(workOfBits(0x1d00ffff)).toBe(0x100010001n)
  })

  test('difficulty 1 is mainnet’s first target', () => {
    expect(difficultyOfBits(0x1d00ffff)).toBe(1)
    expect(difficultyOfBits(0x1b0404cb)).toBeCloseTo(16307.420938523983, 8)
    expect(difficultyOfBits(0x207fffff)).toBeCloseTo(4.6565423739069247e-10, 20)
  })

  test('bits for an expected number of hashes prove about that much work', () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 1e18, noNaN: true }), hashes => {
        const expected = 2 ** 256 / (Number(bitsToTarget(bitsForExpectedHashes(hashes))) + 1)
        expect(Math.abs(expected / hashes - 1)).toBeLessThan(2 ** -14)
      }),
    )
    expect(bitsForExpectedHashes(1)).toBe(0x2100ffff)
    expect(bitsForExpectedHashes(0)).toBe(0x2100ffff)
    expect(bitsForExpectedHashes(2)).toBe(0x207fffff)
    expect(bitsToTarget(bitsForExpectedHashes(Number.POSITIVE_INFINITY))).toBe(1n)
  })
})

describe('subsidy', () => {
  test('regtest halves every 150 blocks', () => {
    expect([0, 149, 150, 299, 300].map(height => subsidySat(REGTEST, height))).toEqual([
      50e8, 50e8, 25e8, 25e8, 12.5e8,
    ])
  })

  test('is a whole number at every height, never rises, and ends after 64 halvings at the latest', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 5e9 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.nat({ max: 80_000 }),
        (first, interval, height) => {
          const params = chainParams({ ...EASY_SPEC, subsidySat: first, halvingInterval: interval })
          const here = subsidySat(params, height)
          const shifted =
            height >= 64 * interval ? 0n : BigInt(first) >> BigInt(Math.floor(height / interval))
          expect(BigInt(here)).toBe(shifted)
          expect(subsidySat(params, 64 * interval)).toBe(0)
          expect(subsidySat(params, height + 1)).toBeLessThanOrEqual(here)
        },
      ),
    )
  })
})
