// The nonce scan, with both kernels: Bitcoin's genesis blocks, and any header and target against node:crypto.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHasher, MAX_VERSIONS } from '../../node/hash.ts'
import { fromNumber, noise, sha256d, toNumber } from '../support/sha256.ts'

const MERKLE = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a'
const genesis = (time: string, bits: string) =>
  new Uint8Array(Buffer.from(`01000000${'00'.repeat(32)}${MERKLE}${time}${bits}00000000`, 'hex'))

const MAINNET = { header: genesis('29ab5f49', 'ffff001d'), target: fromNumber(0xffffn << 208n) }
const REGTEST = { header: genesis('dae5494d', 'ffff7f20'), target: fromNumber(0x7fffffn << 232n) }

/** The header's hash with this nonce, as a number. */
function workOf(header: Uint8Array, nonce: number): bigint {
  const bytes = header.slice()
  new DataView(bytes.buffer).setUint32(76, nonce, true)
  return toNumber(sha256d(bytes))
}

const header = fc.uint8Array({ minLength: 80, maxLength: 80 })
const nonce = fc.oneof(fc.nat(0xffff_ffff - 64), fc.constant(0), fc.constant(0xffff_ffff - 63))

const versions = fc.integer({ min: 1, max: MAX_VERSIONS })

/** The header's version counted up by `i` in the bits 13 to 28, which wrap around. */
function rolledVersion(header: Uint8Array, i: number): number {
  const version = new DataView(header.buffer).getUint32(0, true)
  const counter = (((version & 0x1fffe000) >>> 13) + i) % 2 ** 16
  return (version & ~0x1fffe000) | (counter << 13)
}

describe.each(['simd', 'scalar'] as const)('%s kernel', kernel => {
  const h = createHasher(kernel)

  test('finds the nonce of the main network’s genesis block', () => {
    const from = 2_083_236_893 - 100_000
    const { header, target } = MAINNET
    expect(h.scan(header, target, from, 200_000)).toMatchObject({ nonce: 2_083_236_893, hashes: 100_001 })
  })

  test('accepts the nonce of the regtest genesis block, whose hash is known', () => {
    const { header, target } = REGTEST
    expect(h.scan(header, target, 2, 1000)).toMatchObject({ nonce: 2, hashes: 1 })
    expect(workOf(header, 2)).toBe(0x0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206n)
  })

  test('the range ends at the last nonce: one before the hit finds nothing, and the next call finds it first', () => {
    const { header, target } = MAINNET
    for (let width = 1; width <= 9; width++) {
      const from = 2_083_236_893 - width
      expect(h.scan(header, target, from, width)).toMatchObject({ nonce: undefined, hashes: width })
      expect(h.scan(header, target, from + width, width)).toMatchObject({ nonce: 2_083_236_893, hashes: 1 })
    }
  })

  test('finds the first nonce that meets the target, wherever it lies, for any header', () => {
    fc.assert(
      fc.property(header, nonce, fc.integer({ min: 1, max: 24 }), fc.nat(), (bytes, from, count, pick) => {
        const works = Array.from({ length: count }, (_, i) => workOf(bytes, from + i))
        // A target that is exactly one of the hashes: that nonce is a hit, and so is every nonce with a smaller one.
        const target = works[pick % count] as bigint
        const first = works.findIndex(work => work <= target)
        expect(h.scan(bytes, fromNumber(target), from, count)).toMatchObject({
          nonce: from + first,
          hashes: first + 1,
        })
      }),
      { numRuns: 300 },
    )
  })

  test('a target one below the smallest hash is met by none', () => {
    fc.assert(
      fc.property(header, nonce, fc.integer({ min: 1, max: 24 }), (bytes, from, count) => {
        const works = Array.from({ length: count }, (_, i) => workOf(bytes, from + i))
        const smallest = works.reduce((a, b) => (a < b ? a : b))
        expect(h.scan(bytes, fromNumber(smallest - 1n), from, count)).toMatchObject({
          nonce: undefined,
          hashes: count,
        })
      }),
    )
  })

  test('a hit in each lane, at each distance from the start', () => {
    const bytes = noise(80)
    for (let from = 0; from < 40; from++) {
      const works = Array.from({ length: 8 }, (_, i) => workOf(bytes, from + i))
      const smallest = works.reduce((a, b) => (a < b ? a : b))
      const at = works.indexOf(smallest)
      expect(h.scan(bytes, fromNumber(smallest), from, 8).nonce).toBe(from + at)
    }
  })

  test('of several hits in one call the first is given, and the scan goes on behind it', () => {
    const bytes = noise(80, 9)
    const target = 1n << 252n // one hash in 16
    const expected = Array.from({ length: 400 }, (_, i) => i).filter(i => workOf(bytes, i) <= target)
    const found: number[] = []
    for (let from = 0; from < 400; ) {
      const { nonce } = h.scan(bytes, fromNumber(target), from, 400 - from)
      if (nonce === undefined) break
      found.push(nonce)
      from = nonce + 1
    }
    expect(found).toEqual(expected)
    expect(found.length).toBeGreaterThan(5)
  })

  test('equal top words are decided by the words below them', () => {
    fc.assert(
      fc.property(header, nonce, fc.nat(223), (bytes, from, bit) => {
        const work = workOf(bytes, from)
        const target = work ^ (1n << BigInt(bit))
        expect(h.scan(bytes, fromNumber(target), from, 1).nonce).toBe(work <= target ? from : undefined)
      }),
    )
  })

  test('every nonce is a hit when all hashes are allowed, none when none is', () => {
    expect(h.scan(noise(80), fromNumber((1n << 256n) - 1n), 7, 1000)).toMatchObject({ nonce: 7, hashes: 1 })
    expect(h.scan(noise(80), new Uint8Array(32), 7, 1000)).toMatchObject({ nonce: undefined, hashes: 1000 })
  })

  test('the last nonces of all, and a range of none', () => {
    const bytes = noise(80, 3)
    const from = 0xffff_ffff - 2
    const works = [0, 1, 2].map(i => workOf(bytes, from + i))
    const last = works[2] as bigint
    const target = fromNumber(last)
    expect(h.scan(bytes, target, 0xffff_ffff, 1).nonce).toBe(0xffff_ffff)
    expect(h.scan(bytes, target, from, 3).nonce).toBe(from + works.findIndex(work => work <= last))
    expect(h.scan(bytes, target, 0, 0)).toMatchObject({ nonce: undefined, hashes: 0 })
  })

  test('nothing is left over between calls: any mix of calls gives what a fresh hasher gives', () => {
    const call = fc.record({ bytes: header, from: nonce, shift: fc.integer({ min: 245, max: 255 }) })
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 8 }), calls => {
        for (const { bytes, from, shift } of calls) {
          const target = fromNumber(1n << BigInt(shift))
          h.sha256dMany([bytes, bytes.subarray(9)])
          h.merkleRoot([bytes.slice(0, 32), bytes.slice(32, 64), bytes.slice(0, 32)])
          expect(h.scan(bytes, target, from, 40)).toEqual(createHasher(kernel).scan(bytes, target, from, 40))
        }
      }),
      { numRuns: 10 },
    )
  })

  test('several versions: the first hit in the order of nonces, then of versions counted up in BIP 320’s bits', () => {
    fc.assert(
      fc.property(
        header,
        nonce,
        versions,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (bytes, from, k, count, pick) => {
          const tries = Array.from({ length: count * k }, (_, i) => {
            const rolled = bytes.slice()
            const version = rolledVersion(bytes, i % k)
            new DataView(rolled.buffer).setInt32(0, version, true)
            const nonce = from + Math.floor(i / k)
            return { nonce, version, work: workOf(rolled, nonce) }
          })
          const target = tries[pick % tries.length]?.work ?? 0n
          const first = tries.findIndex(({ work }) => work <= target)
          expect(h.scan(bytes, fromNumber(target), from, count, k)).toEqual({
            nonce: tries[first]?.nonce,
            version: tries[first]?.version,
            hashes: first + 1,
          })
          const smallest = tries.reduce((a, b) => (a.work < b.work ? a : b)).work
          expect(h.scan(bytes, fromNumber(smallest - 1n), from, count, k)).toEqual({
            nonce: undefined,
            version: undefined,
            hashes: count * k,
          })
        },
      ),
      { numRuns: 150 },
    )
  })

  test('version rolling never touches a bit outside the mask', () => {
    const kept = ~0x1fffe000
    fc.assert(
      fc.property(header, versions, fc.nat(2 ** 31), (bytes, k, from) => {
        const { version } = h.scan(bytes, fromNumber(1n << 253n), from, 64, k)
        if (version !== undefined)
          expect(version & kept).toBe(new DataView(bytes.buffer).getInt32(0, true) & kept)
      }),
    )
  })

  test('the caller’s header and target stay as they were', () => {
    const { header, target } = REGTEST
    const before = [header.slice(), target.slice()]
    h.scan(header, target, 0, 100)
    expect([header, target]).toEqual(before)
  })

  test('headers, targets and ranges of a wrong size are refused', () => {
    expect(() => h.scan(noise(79), new Uint8Array(32), 0, 1)).toThrow(RangeError)
    expect(() => h.scan(noise(80), new Uint8Array(31), 0, 1)).toThrow(RangeError)
    expect(() => h.scan(noise(80), new Uint8Array(32), 0xffff_ffff, 2)).toThrow(RangeError)
    expect(() => h.scan(noise(80), new Uint8Array(32), -1, 2)).toThrow(RangeError)
    expect(() => h.scan(noise(80), new Uint8Array(32), 0, 1, 0)).toThrow(RangeError)
    expect(() => h.scan(noise(80), new Uint8Array(32), 0, 1, MAX_VERSIONS + 1)).toThrow(RangeError)
  })
})
