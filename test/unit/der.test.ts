// Signatures' outer form: strict DER, one encoding for each pair of numbers.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import { decodeDer, encodeDer } from '../../node/ledger/script/der.ts'

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
