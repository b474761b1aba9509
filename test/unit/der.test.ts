// Signatures' outer form: strict DER, one encoding for each pair of numbers.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import { decodeDer, decodeLaxDer, encodeDer, hasHighS, isStrictDer } from '../../node/ledger/script/der.ts'

const bytes = (hex: string) => fromHex(hex) as Uint8Array
const concat = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]))

describe('strict DER', () => {
  const number = fc.uint8Array({ minLength: 32, maxLength: 32 })

  it('brings back any two numbers', () => {
    fc.assert(
      fc.property(number, number, (r, s) => {
        const signature = concat(r, s)
        expect(decodeDer(encodeDer(signature))).toEqual(signature)
      }),
    )
  })

  it('has one form only: what decodes encodes to the same bytes', () => {
    const der = fc.tuple(number, number).map(([r, s]) => encodeDer(concat(r, s)))
    const damage = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), der), damage, (input, { at, value }) => {
        const damaged = input.slice()
        if (damaged.length > 0) damaged[at % damaged.length] = value
        const signature = decodeDer(damaged)
        if (signature !== undefined) expect(encodeDer(signature)).toEqual(damaged)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['empty', ''],
    ['too short', '3005020101020'.padEnd(14, '0')],
    ['not a sequence', '31060201010201 01'.replace(' ', '')],
    ['a wrong length', '3007020101020101'],
    ['r not an integer', '3006030101020101'],
    ['s not an integer', '3006020101030101'],
    ['r empty', '3006020002020101'],
    ['s empty', '3006020201010200'],
    ['r negative', '3006020181020101'],
    ['s negative', '3006020101020181'],
    ['r padded', '300702020001020101'],
    ['s padded', '300702010102020001'],
    ['something behind s', '300702010102010100'],
    ['r of 33 bytes', `30260221${'01'.repeat(33)}020101`],
  ])('refuses one that is %s', (_name, hex) => {
    expect(decodeDer(bytes(hex))).toBeUndefined()
  })
})

describe('lax DER', () => {
  const ONE_TWO = Uint8Array.from({ length: 64 }, (_, i) => (i === 31 ? 1 : i === 63 ? 2 : 0))
  const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'
  const BELOW = ORDER.replace(/1$/, '0')

  it('reads all that strict DER allows', () => {
    const number = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(number, number, (r, s) => {
        const der = encodeDer(concat(r, s))
        expect(isStrictDer(der)).toBe(true)
        expect(decodeLaxDer(der)).toEqual(decodeDer(der))
      }),
    )
  })

  it.each([
    ['a wrong length outside', '3009020101020102'],
    ['a long length outside', '3081060201010201 02'.replace(' ', '')],
    ['numbers that are padded', '300a02030000010203000002'],
    ['long lengths inside', '300a0281010102820001 02'.replace(' ', '')],
    ['something behind it', '3006020101020102ffff'],
    ['a length of two digits', `3000028201 01${'00'.repeat(256)}01020102`.replace(' ', '')],
  ])('reads through %s', (_name, hex) => {
    expect(decodeLaxDer(bytes(hex))).toEqual(ONE_TWO)
    expect(isStrictDer(bytes(hex))).toBe(false)
  })

  it('takes a number without a zero in front for what it is, and not for a negative one', () => {
    expect(decodeLaxDer(bytes('3006020181020102'))?.[31]).toBe(0x81)
  })

  it.each([
    ['nothing', ''],
    ['no sequence', '31060201010201 02'.replace(' ', '')],
    ['no length', '30'],
    ['r that is no integer', '3006030101020102'],
    ['s that is no integer', '3006020101030102'],
    ['r cut off', '30060205010201'],
    ['s cut off', '3006020101020201'],
    ['no s', '3003020101'],
    ['a length of four digits', '300a0284010000010102 0102'.replace(' ', '')],
    ['lengths that are not there', '308602'],
    ['a long length that is not there', '30ff020101020102'],
  ])('cannot read %s', (_name, hex) => {
    expect(decodeLaxDer(bytes(hex))).toBeUndefined()
  })

  it.each([
    ['r is the order', `0221${'00'}${ORDER}020102`],
    ['s is the order', `0201010221${'00'}${ORDER}`],
    ['r is longer', `0222${'01'.repeat(34)}020102`],
  ])('says nothing where %s', (_name, hex) => {
    expect(decodeLaxDer(bytes(`30${(hex.length / 2).toString(16)}${hex}`))).toEqual(new Uint8Array(64))
  })

  it('reads the largest numbers', () => {
    const body = `022100${BELOW}022100${BELOW}`
    expect(decodeLaxDer(bytes(`3046${body}`))).toEqual(bytes(BELOW + BELOW))
  })

  it('tells a high s from a low one at half the order', () => {
    const half = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'
    expect(hasHighS(bytes('00'.repeat(32) + half))).toBe(false)
    expect(hasHighS(bytes('00'.repeat(32) + half.replace(/0$/, '1')))).toBe(true)
    expect(hasHighS(bytes('ff'.repeat(32) + '00'.repeat(32)))).toBe(false)
  })
})
