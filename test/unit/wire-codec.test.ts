// Codec combinators: every value survives the wire, no bytes make a reader throw anything but a ProtocolError.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as codecs from '../../node/bitcoin/wire/codec.ts'
import { type Codec, decode, encode, Reader, Writer } from '../../node/bitcoin/wire/codec.ts'
import { fromHex, hashToHex, hexToHash, toHex } from '../../node/bitcoin/wire/hex.ts'
import { ProtocolError } from '../../node/errors.ts'
import { protocolCode } from '../support/refusal.ts'

const u64Max = 2n ** 64n - 1n
const bytes = (max: number) => fc.uint8Array({ maxLength: max })
const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map(c => String.fromCharCode(c)),
  maxLength: 40,
})
const int = (min: number, max: number) => fc.integer({ min, max })

interface Sample {
  readonly a: number
  readonly list: readonly bigint[]
  readonly text: string
}
const sample = codecs.struct<Sample>({
  a: codecs.i32,
  list: codecs.list(codecs.compactU64, 20),
  text: codecs.varstring(40),
})

// biome-ignore lint/suspicious/noExplicitAny: codecs of different types in one table
const cases: [string, Codec<any>, fc.Arbitrary<any>][] = [
  ['u8', codecs.u8, int(0, 0xff)],
  ['u16', codecs.u16, int(0, 0xffff)],
  ['u16be', codecs.u16be, int(0, 0xffff)],
  ['u32', codecs.u32, int(0, 0xffffffff)],
  ['i32', codecs.i32, int(-(2 ** 31), 2 ** 31 - 1)],
  ['u64', codecs.u64, fc.bigInt(0n, u64Max)],
  ['i64', codecs.i64, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ['varint', codecs.varint, fc.oneof(int(0, 300), int(0xfff0, 0x10010), fc.maxSafeNat())],
  ['compactU64', codecs.compactU64, fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, u64Max))],
  ['empty', codecs.empty, fc.constant(null)],
  ['bool', codecs.bool, fc.boolean()],
  ['hash256', codecs.hash256, fc.uint8Array({ minLength: 32, maxLength: 32 })],
  ['varbytes', codecs.varbytes(300), bytes(300)],
  ['varstring', codecs.varstring(40), latin1],
  ['list', codecs.list(codecs.u16, 50, 2), fc.array(int(0, 0xffff), { maxLength: 50 })],
  [
    'struct',
    sample,
    fc.record({ a: int(-5, 5), list: fc.array(fc.bigInt(0n, u64Max), { maxLength: 20 }), text: latin1 }),
  ],
]

describe.each(cases)('%s', (_name, codec, values) => {
  test('decodes what it encoded', () => {
    fc.assert(
      fc.property(values, value => {
        expect(decode(codec, encode(codec, value))).toEqual(value)
      }),
    )
  })

  test('throws nothing but ProtocolError, whatever the bytes', () => {
    fc.assert(
      fc.property(bytes(80), input => {
        try {
          decode(codec, input)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })

  test('gives one encoding back to bytes that it accepts', () => {
    if (codec === codecs.bool) return // any non-zero byte is true
    fc.assert(
      fc.property(bytes(40), input => {
        const reader = new Reader(input)
        let value: unknown
        try {
          value = codec.read(reader)
        } catch {
          return
        }
        expect(encode(codec, value)).toEqual(input.slice(0, reader.offset))
      }),
    )
  })
})

describe('limits', () => {
  test('a count in a longer form than needed is refused in each of the forms', () => {
    for (const hex of ['fdfc00', 'feffff0000', 'ffffffffff00000000'])
      for (const codec of [codecs.varint, codecs.compactU64])
        expect(
          protocolCode(() => decode<unknown>(codec as Codec<unknown>, fromHex(hex) ?? new Uint8Array())),
        ).toBe('non-canonical')
  })

  test('each form of a count begins where the shorter one ends', () => {
    const edges = [
      [0xfc, 'fc'],
      [0xfd, 'fdfd00'],
      [0xffff, 'fdffff'],
      [0x10000, 'fe00000100'],
      [0xffffffff, 'feffffffff'],
      [0x100000000, 'ff0000000001000000'],
      [Number.MAX_SAFE_INTEGER, 'ffffffffffffff1f00'],
    ] as const
    for (const [value, hex] of edges) {
      expect(toHex(encode(codecs.varint, value))).toBe(hex)
      expect(decode(codecs.varint, fromHex(hex) ?? new Uint8Array())).toBe(value)
      expect(toHex(encode(codecs.compactU64, BigInt(value)))).toBe(hex)
      expect(decode(codecs.compactU64, fromHex(hex) ?? new Uint8Array())).toBe(BigInt(value))
    }
    expect(
      protocolCode(() =>
        decode(codecs.varint, fromHex('ff00000000000020 00'.replace(' ', '')) ?? new Uint8Array()),
      ),
    ).toBe('out-of-range')
  })

  test('a truth is one byte, one or zero', () => {
    expect([true, false].map(value => toHex(encode(codecs.bool, value)))).toEqual(['01', '00'])
  })

  test('counts above the limit are refused before anything is read', () => {
    expect(protocolCode(() => decode(codecs.varbytes(10), Uint8Array.of(11)))).toBe('out-of-range')
    expect(protocolCode(() => decode(codecs.list(codecs.u8, 10), Uint8Array.of(11)))).toBe('out-of-range')
    expect(protocolCode(() => decode(codecs.varint, new Uint8Array(9).fill(0xff)))).toBe('out-of-range')
  })

  test('a list cannot announce more items than its bytes can hold', () => {
    let read = 0
    const item: Codec<number> = {
      write: () => {},
      read: reader => {
        read += 1
        return reader.u32()
      },
    }
    const list = codecs.list(item, 1000, 4)
    expect(protocolCode(() => decode(list, Uint8Array.of(200, 1, 2, 3, 4)))).toBe('truncated')
    expect(protocolCode(() => decode(list, Uint8Array.of(2, ...Array(7).fill(1))))).toBe('truncated')
    expect(read).toBe(0) // it is told by the count, before an item is made
    expect(decode(list, Uint8Array.of(2, ...Array(8).fill(0)))).toEqual([0, 0])
    expect(decode(codecs.list(codecs.u8, 10), Uint8Array.of(2, 7, 8))).toEqual([7, 8])
  })

  test('missing and surplus bytes are told apart', () => {
    expect(protocolCode(() => decode(codecs.u32, new Uint8Array(3)))).toBe('truncated')
    expect(protocolCode(() => decode(codecs.u32, new Uint8Array(5)))).toBe('trailing-bytes')
  })
})

test('the writer grows past its first capacity', () => {
  fc.assert(
    fc.property(fc.array(bytes(50), { maxLength: 30 }), int(0, 8), (parts, capacity) => {
      const writer = new Writer(capacity)
      for (const part of parts) writer.bytes(part)
      expect(writer.finish()).toEqual(Uint8Array.from(parts.flatMap(part => [...part])))
    }),
  )
})

describe('hex', () => {
  test('bytes survive, in both orders', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), hash => {
        expect(fromHex(toHex(hash))).toEqual(hash)
        expect(hexToHash(hashToHex(hash))).toEqual(hash)
        expect(hashToHex(hash)).toBe(toHex(hash.toReversed()))
      }),
    )
  })

  test('every byte has two digits, in either case, and no other character is one', () => {
    for (let byte = 0; byte < 256; byte++) {
      const text = byte.toString(16).padStart(2, '0')
      expect(toHex(Uint8Array.of(byte))).toBe(text)
      for (const spelled of [text, text.toUpperCase()]) expect(fromHex(spelled)).toEqual(Uint8Array.of(byte))
    }
    for (let code = 0; code < 300; code++) {
      const character = String.fromCharCode(code)
      if (/[0-9a-fA-F]/.test(character)) continue
      expect(fromHex(`${character}0`)).toBeUndefined()
      expect(fromHex(`0${character}`)).toBeUndefined()
      expect(hexToHash(`${'0'.repeat(62)}${character}0`)).toBeUndefined()
    }
    for (const length of [62, 63, 65, 66]) expect(hexToHash('0'.repeat(length))).toBeUndefined()
  })

  test('what is not hex gives undefined', () => {
    expect(fromHex('abc')).toBeUndefined()
    expect(fromHex('zz')).toBeUndefined()
    expect(hexToHash('ab')).toBeUndefined()
  })
})
