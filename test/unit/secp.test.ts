// The signature library behind its interface: known answers, the edges of the key space, and no surprises from bad input.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { hasher } from '../../node/hash.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'

const bytes = (hex: string) => fromHex(hex) as Uint8Array
const secp = createSecp256k1()
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const number = (value: bigint) => bytes(value.toString(16).padStart(64, '0'))

describe('ECDSA over secp256k1', () => {
  it('has the generator as the public key of 1', () => {
    expect(toHex(secp.publicKey(number(1n)))).toBe(
      '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    )
  })

  it('signs as RFC 6979 says, with a low s', () => {
    // a vector that many libraries share: key 1, SHA-256 of "Satoshi Nakamoto"
    const digest = hasher.sha256(new TextEncoder().encode('Satoshi Nakamoto'))
    expect(toHex(secp.sign(digest, number(1n)))).toBe(
      '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8' +
        '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
    )
  })

  it('takes a high s unless it is to be strict', () => {
    const digest = hasher.sha256(bytes('00'))
    const signature = secp.sign(digest, number(5n))
    const s = BigInt(`0x${toHex(signature.subarray(32))}`)
    const high = Uint8Array.of(...signature.subarray(0, 32), ...number(ORDER - s))
    const key = secp.publicKey(number(5n))
    expect([true, false].map(strict => secp.verify(digest, key, signature, strict))).toEqual([true, true])
    expect([true, false].map(strict => secp.verify(digest, key, high, strict))).toEqual([false, true])
  })

  it('knows which numbers are private keys', () => {
    expect([0n, 1n, ORDER - 1n, ORDER].map(value => secp.isPrivateKey(number(value)))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect(secp.isPrivateKey(new Uint8Array(31).fill(1))).toBe(false)
  })

  it('makes the same public keys before and after the library is loaded', () => {
    const loaded = createSecp256k1()
    loaded.sign(new Uint8Array(32), number(1n))
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: ORDER - 1n }), key => {
        expect(createSecp256k1().publicKey(number(key))).toEqual(loaded.publicKey(number(key)))
      }),
    )
    for (const key of [number(0n), number(ORDER), new Uint8Array(31)])
      for (const each of [loaded, createSecp256k1()])
        expect(() => each.publicKey(key)).toThrow('not a private key')
  })

  it('answers false to whatever is no signature, and never throws', () => {
    const digest = new Uint8Array(32).fill(1)
    const key = secp.publicKey(number(7n))
    const signature = secp.sign(digest, number(7n))
    const any = fc.uint8Array({ maxLength: 80 })
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(secp.verify(digest, a, b, false)).toBe(false)
        expect(secp.verify(digest, key, b, false)).toBe(false)
        expect(secp.verify(digest, a, signature, false)).toBe(false)
      }),
    )
    for (const [r, s] of [
      [0n, 1n],
      [1n, 0n],
      [ORDER, 1n],
      [1n, ORDER],
    ] as const)
      expect(secp.verify(digest, key, Uint8Array.of(...number(r), ...number(s)), false)).toBe(false)
    expect(secp.verify(digest, key, signature, false)).toBe(true)
  })
})

describe('Schnorr signatures', () => {
  /** BIP340's first test vector. */
  const KEY = bytes('f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9')
  const SIGNATURE = bytes(
    'e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215' +
      '25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0',
  )
  const MESSAGE = new Uint8Array(32)

  it('verifies the published one, and no other', () => {
    expect(secp.verifySchnorr(MESSAGE, KEY, SIGNATURE)).toBe(true)
    for (let at = 0; at < 64; at++) {
      const changed = SIGNATURE.map((byte, i) => (i === at ? byte ^ 1 : byte))
      expect(secp.verifySchnorr(MESSAGE, KEY, changed)).toBe(false)
    }
    expect(secp.verifySchnorr(MESSAGE.with(0, 1), KEY, SIGNATURE)).toBe(false)
  })

  it('are refused, and nothing is thrown, for a key or numbers that are none', () => {
    const none = new Uint8Array(32).fill(0xff)
    expect(secp.verifySchnorr(MESSAGE, none, SIGNATURE)).toBe(false)
    expect(secp.verifySchnorr(MESSAGE, KEY, Uint8Array.of(...none, ...none))).toBe(false)
    expect(secp.tweakPublicKey(none, MESSAGE)).toBeUndefined()
    expect(secp.tweakPublicKey(KEY, number(ORDER))).toBeUndefined()
  })

  it('have keys that are moved by a multiple of the generator', () => {
    const [three, five] = [secp.publicKey(number(3n)), secp.publicKey(number(5n))]
    expect(three[0]).toBe(2) // KEY is its x
    const moved = secp.tweakPublicKey(KEY, number(2n))
    expect(moved).toEqual({ key: five.subarray(1), parity: five[0] === 2 ? 0 : 1 })
    expect(secp.tweakPublicKey(KEY, number(ORDER - 3n))).toBeUndefined() // to nowhere
  })
})
