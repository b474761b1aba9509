// Block filters beside the published vectors of BIP158, and the sets that they are made of.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, Reader } from '../../node/bitcoin/wire/codec.ts'
import { fromHex, hashToHex, hexToHash, toHex } from '../../node/bitcoin/wire/hex.ts'
import { ProtocolError } from '../../node/errors.ts'
import { blockCodec } from '../../node/ledger/chain/block.ts'
import {
  basicFilter,
  filterHash,
  filterHeader,
  filterMatches,
} from '../../node/ledger/filters/basic-filter.ts'
import { golombMatches, golombSet } from '../../node/ledger/filters/golomb.ts'
import { readVectors, vectorFolder } from '../support/vectors.ts'

const KEY = new Uint8Array(16).map((_, i) => i)
const element = fc.uint8Array({ minLength: 1, maxLength: 40 })

describe('a Golomb-coded set', () => {
  test('finds all that is in it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(element, { maxLength: 60, selector: toHex }), elements => {
        const set = golombSet(elements, KEY)
        for (const one of elements) expect(golombMatches(new Reader(set), [one], KEY)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('is about 21 bits an element, and finds next to nothing else', () => {
    const numbered = (tag: number) =>
      Array.from({ length: 2_000 }, (_, i) => Uint8Array.of(i & 255, i >> 8, tag))
    const elements = numbered(7)
    const set = golombSet(elements, KEY)
    expect(golombMatches(new Reader(set), numbered(8), KEY)).toBe(false)
    const bits = (set.length * 8) / elements.length
    expect(bits).toBeGreaterThan(20)
    expect(bits).toBeLessThan(22)
  })

  test('that ends early is none', () => {
    const set = golombSet([Uint8Array.of(1), Uint8Array.of(2)], KEY)
    expect(() => golombMatches(new Reader(set.subarray(0, 3)), [Uint8Array.of(9)], KEY)).toThrow(
      ProtocolError,
    )
  })

  test('of nothing is one byte', () => {
    expect([...golombSet([], KEY)]).toEqual([0])
    expect(golombMatches(new Reader(Uint8Array.of(0)), [Uint8Array.of(1)], KEY)).toBe(false)
  })
})

type Row = [
  height: number,
  hash: string,
  block: string,
  spent: string[],
  previous: string,
  filter: string,
  header: string,
]

const folder = vectorFolder()

if (folder === undefined) {
  console.warn('NOT RUN: the published vectors of BIP158. NETSPLIT_VECTORS=<folder> says where they are.')
  test.todo('vectors of BIP158: NETSPLIT_VECTORS does not say where they are')
} else
  describe('the vectors of BIP158', () => {
    const [, ...rows] = readVectors<[unknown, ...Row[]]>(folder, 'blockfilters.json')

    test('are ten blocks', () => {
      expect(rows).toHaveLength(10)
    })

    test.each(rows)('block %i', (_height, hash, bytes, spent, previous, filter, header) => {
      const block = decode(blockCodec, fromHex(bytes) as Uint8Array)
      expect(block.hash).toBe(hash)
      const scripts = spent.map(script => fromHex(script) as Uint8Array)
      const made = basicFilter(block, scripts)
      expect(toHex(made)).toBe(filter)
      const chained = filterHeader(filterHash(made), hexToHash(previous) as Uint8Array)
      expect(hashToHex(chained)).toBe(header)
      for (const script of scripts)
        expect(filterMatches(made, block.header, [script])).toBe(script.length > 0)
    })
  })
