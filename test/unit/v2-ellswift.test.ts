// ElligatorSwift, held against @scure/btc-signer's and against values that BIP324 publishes.

import { createECDH } from 'node:crypto'
import { elligatorSwift } from '@scure/btc-signer/p2p.js'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { decodeX, encodeX, FIELD_BYTES } from '../../node/bitcoin/wire/v2/ellswift.ts'
import { createRandom } from '../../node/core/random.ts'

const bytes = (hex: string) => fromHex(hex) as Uint8Array
const P = 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f'
const zeros = '00'.repeat(FIELD_BYTES)
const ones = 'ff'.repeat(FIELD_BYTES)
const one = `${'00'.repeat(FIELD_BYTES - 1)}01`

test('any 64 bytes stand for a point, the same as others say', () => {
  const random = createRandom('decode')
  const drawn = Array.from({ length: 200 }, () => random.bytes(64))
  // Halves of zero, of the field's prime and above it stand for others.
  const ends = [zeros, one, P, ones]
  const special = ends.flatMap(u => ends.map(t => bytes(u + t)))
  for (const each of [...drawn, ...special])
    expect(toHex(decodeX(each)), toHex(each)).toBe(toHex(elligatorSwift.decode(each)))
})

/** The x of a point for each seed. */
function pointOf(seed: string): Uint8Array {
  const ecdh = createECDH('secp256k1')
  ecdh.setPrivateKey(createRandom(seed).bytes(FIELD_BYTES))
  return Uint8Array.from(ecdh.getPublicKey(null, 'compressed').subarray(1))
}

test('an encoding of a point stands for it, is another each time, and as others make it of the same draws', () => {
  const numberOf = (from: Uint8Array) => BigInt(`0x${toHex(from)}`)
  const kinds = new Set<number>()
  for (let i = 0; i < 40; i++) {
    const x = pointOf(`point ${i}`)
    const draws: Uint8Array[] = []
    const random = createRandom(`encode ${i}`)
    const encoded = encodeX(x, count => {
      draws.push(random.bytes(count))
      return draws.at(-1) as Uint8Array
    })
    expect(toHex(decodeX(encoded))).toBe(toHex(x))
    expect(toHex(elligatorSwift.decode(encoded))).toBe(toHex(x))
    // Each pair of draws but the last had no encoding of that kind; the last one has it.
    for (let at = 0; at < draws.length; at += 2) {
      const [u, kind] = [draws[at] as Uint8Array, ((draws[at + 1] as Uint8Array)[0] as number) & 7]
      const t = elligatorSwift._inv(numberOf(x), numberOf(u), kind)
      if (at < draws.length - 2) expect(t).toBeUndefined()
      else expect(t).toBe(numberOf(encoded.subarray(FIELD_BYTES)))
      if (t !== undefined) kinds.add(kind)
    }
  }
  expect(kinds.size).toBe(8)
  expect(encodeX(pointOf('a'), createRandom('x').bytes.bind(createRandom('x')))).not.toEqual(
    encodeX(pointOf('a'), createRandom('y').bytes.bind(createRandom('y'))),
  )
})

test('a draw of zero is passed over', () => {
  const random = createRandom('after zero')
  const draws = [new Uint8Array(FIELD_BYTES), Uint8Array.of(0), bytes(P), Uint8Array.of(3)]
  const encoded = encodeX(pointOf('zero'), count => draws.shift() ?? random.bytes(count))
  expect(toHex(decodeX(encoded))).toBe(toHex(pointOf('zero')))
  expect(toHex(encoded.subarray(0, FIELD_BYTES))).not.toBe(zeros)
})
