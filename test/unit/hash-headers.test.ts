// Many headers in one call, with both kernels: their hashes, whether they are linked, whether each proves its work.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHasher } from '../../node/hash.ts'
import { bitsToTarget } from '../../node/ledger/consensus/target.ts'
import { noise, sha256d, toNumber } from '../support/sha256.ts'

const EASY = 0x207fffff // every second hash

/** `count` headers, each naming the one before and meeting its target. */
function chainOf(count: number, bits = EASY): { headers: Uint8Array[]; start: Uint8Array } {
  const start = noise(32, 5)
  const headers: Uint8Array[] = []
  for (let previous = start; headers.length < count; previous = sha256d(headers.at(-1) ?? start))
    headers.push(mined(noise(80, headers.length), previous, bits))
  return { headers, start }
}

function mined(header: Uint8Array, previous: Uint8Array, bits: number): Uint8Array {
  const view = new DataView(header.buffer)
  header.set(previous, 4)
  view.setUint32(72, bits, true)
  for (let nonce = 0; ; nonce++) {
    view.setUint32(76, nonce, true)
    if (toNumber(sha256d(header)) <= bitsToTarget(bits)) return header
  }
}

describe.each(['simd', 'scalar'] as const)('%s kernel', kernel => {
  const h = createHasher(kernel)

  test('every number of good headers is good, and each has its hash', () => {
    const { headers, start } = chainOf(70)
    for (let count = 0; count <= headers.length; count++) {
      const part = headers.slice(0, count)
      expect(h.checkHeaders(part, start)).toEqual({
        hashes: hashesOf(part),
        valid: count,
      })
    }
  })

  test('more headers than one message holds', () => {
    const { headers, start } = chainOf(2500)
    const { hashes, valid } = h.checkHeaders(headers, start)
    expect(valid).toBe(2500)
    expect(Buffer.compare(hashes, hashesOf(headers))).toBe(0)
  })

  test('the check ends at the first header that names another parent', () => {
    const { headers, start } = chainOf(2100)
    for (const at of [0, 1, 3, 4, 1023, 1024, 1025, 2099]) {
      const broken = headers.slice()
      broken[at] = mined(noise(80), noise(32, 77), EASY)
      expect(h.checkHeaders(broken, start).valid, `header ${at}`).toBe(at)
    }
    expect(h.checkHeaders(headers, noise(32)).valid).toBe(0)
  })

  test('the check ends at the first header without its work', () => {
    const { headers, start } = chainOf(40)
    for (const at of [0, 1, 17, 39]) {
      const broken = headers.map(header => header.slice())
      for (let i = at; i < broken.length; i++) {
        // Link what follows anew, so that only the work can be wrong.
        broken[i]?.set(i === 0 ? start : sha256d(broken[i - 1] ?? start), 4)
        if (i === at) new DataView((broken[i] ?? start).buffer).setUint32(72, 0x1d00ffff, true)
      }
      expect(h.checkHeaders(broken, start).valid).toBe(at)
    }
  })

  test('compact targets mean what they mean elsewhere; those that are no targets are met by none', () => {
    const bits = fc.oneof(
      fc.nat(0xffff_ffff),
      fc
        .tuple(fc.integer({ min: 0x1d, max: 0x24 }), fc.nat(0xff_ffff))
        .map(([size, m]) => size * 2 ** 24 + m),
      fc.constantFrom(0, 0x01003456, 0x20ffffff, 0x21008000, 0x2100ffff, 0x220000ff, 0x22000100, 0x230000ff),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), bits, (header, bits) => {
        new DataView(header.buffer).setUint32(72, bits, true)
        const good = toNumber(sha256d(header)) <= targetOf(bits)
        expect(h.checkHeaders([header], header.slice(4, 36)).valid).toBe(good ? 1 : 0)
      }),
      { numRuns: 500 },
    )
  })

  test('headers and hashes of a wrong size are refused', () => {
    expect(() => h.checkHeaders([noise(81)], noise(32))).toThrow(RangeError)
    expect(() => h.checkHeaders([noise(80)], noise(31))).toThrow(RangeError)
  })
})

function hashesOf(headers: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(headers.flatMap(header => [...sha256d(header)]))
}

function targetOf(bits: number): bigint {
  try {
    return bitsToTarget(bits)
  } catch {
    return -1n
  }
}
