// Bencode: one encoding for each value, and nothing else is let in.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Bencoded,
  decodeBencode,
  decodeFirst,
  encodeBencode,
  isDictionary,
  keyOf,
  rawValue,
} from '../../node/bittorrent/bencode.ts'
import { ProtocolError } from '../../node/errors.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const bytes = (said: string) => new Uint8Array(Buffer.from(said, 'latin1'))
const decode = (said: string) => decodeBencode(bytes(said))

test('values of BEP 3', () => {
  expect(decode('i3e')).toBe(3)
  expect(decode('i-3e')).toBe(-3)
  expect(decode('i0e')).toBe(0)
  expect(text(decode('4:spam') as Uint8Array)).toBe('spam')
  expect(decode('0:')).toEqual(new Uint8Array(0))
  expect(decode('l4:spam4:eggse')).toEqual([bytes('spam'), bytes('eggs')])
  expect(decode('d3:cow3:moo4:spam4:eggse')).toEqual({ cow: bytes('moo'), spam: bytes('eggs') })
  expect(text(encodeBencode({ spam: ['a', 'b'], cow: 1, none: undefined }))).toBe('d3:cowi1e4:spaml1:a1:bee')
})

for (const said of [
  ...[
    '',
    'i',
    'i3',
    'ie',
    'i-e',
    'i-0e',
    'i03e',
    'i-03e',
    'i 3e',
    'i3.0e',
    'i+3e',
    'i9007199254740992e',
    'i1ee',
  ],
  ...['4:spa', '04:spam', '-1:a', '1', ':', '1a:b', '99999999999999999999:a', 'x', 'e'],
  ...['l', 'li1e', 'd', 'd1:a', 'd1:ae', 'di1ei2ee', 'd1:bi1e1:ai2ee', 'd1:ai1e1:ai2ee', 'd1:ai1ee1:b'],
])
  test(`${JSON.stringify(said)} is no value`, () => expect(() => decode(said)).toThrow(ProtocolError))

test('keys in any order where that is said, and never one twice', () => {
  expect(decodeBencode(bytes('d1:bi1e1:ai2ee'), { anyOrder: true })).toEqual({ a: 2, b: 1 })
  expect(() => decodeBencode(bytes('d1:bi1e1:ai2e1:bi3ee'), { anyOrder: true })).toThrow('a key twice')
})

test('keys are bytes, whatever an object calls special', () => {
  const said = 'd9:__proto__i1e11:constructori2e1:\xff3:\x00\x01\x02e'
  const value = decode(said)
  expect(isDictionary(value) && Object.keys(value)).toEqual(['__proto__', 'constructor', '\xff'])
  expect(text(encodeBencode(value))).toBe(said)
  expect(keyOf(Uint8Array.of(0, 128, 255))).toBe('\x00\x80\xff')
})

test('a hundred lists in each other, and not one more; a bomb of them takes no time', () => {
  const nested = (depth: number) => 'l'.repeat(depth) + 'e'.repeat(depth)
  expect(decode(nested(101))).toBeDefined()
  expect(() => decode(nested(102))).toThrow('too deep')
  expect(() => decode('l'.repeat(1_000_000))).toThrow('too deep')
})

test('the first value, what follows it, and the bytes of one field as they are', () => {
  const said = bytes('d4:infod1:bi1e1:ai2ee1:zi0eerest')
  const [, end] = decodeFirst(said, { anyOrder: true })
  expect(text(said.subarray(end))).toBe('rest')
  expect(text(rawValue(said, 'info', { anyOrder: true }) as Uint8Array)).toBe('d1:bi1e1:ai2ee')
  expect(rawValue(said, 'none', { anyOrder: true })).toBeUndefined()
})

const leaf = fc.oneof(fc.maxSafeInteger(), fc.uint8Array({ maxLength: 40 }))
const { value: any } = fc.letrec<{ value: Bencoded }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc
        .uint8Array({ maxLength: 5 })
        .map(keyOf)
        .filter(key => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: false },
    ),
  ),
}))

test('what was encoded is decoded, and encodes to the same bytes', () => {
  fc.assert(
    fc.property(any, value => {
      const encoded = encodeBencode(value)
      expect(encodeBencode(decodeBencode(encoded))).toEqual(encoded)
    }),
  )
})

test('bytes that decode are those that their value encodes to; all others are refused by a coded error', () => {
  const count = Number(process.env.NETSPLIT_FUZZ_CODECS ?? 20_000)
  fc.assert(
    fc.property(any, fc.nat(), fc.nat(255), fc.nat(3), (value, at, byte, how) => {
      const good = encodeBencode(value)
      const place = at % (good.length + 1)
      const middle = how === 0 ? [byte] : how === 1 ? [] : [byte, ...good.subarray(place, place + 1)]
      const mutated = Uint8Array.from([...good.subarray(0, place), ...middle, ...good.subarray(place + 1)])
      try {
        expect(encodeBencode(decodeBencode(mutated))).toEqual(mutated)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
    { numRuns: count },
  )
})
