// SipHash against its authors' vectors; compact blocks made and put together again.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../node/errors.ts'
import { makeBlock, merkleRootOf } from '../../node/ledger/chain/block.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Tx } from '../../node/ledger/chain/types.ts'
import { makeCompact, PartialBlock } from '../../node/ledger/compact.ts'
import { sipHash24 } from '../../node/ledger/siphash.ts'

/** The first 16 of the 64 vectors of the reference implementation: key 00…0f, message 00, 00 01, … */
const SIPHASH_VECTORS = [
  0x726fdb47dd0e0e31n,
  0x74f839c593dc67fdn,
  0x0d6c8009d9a94f5an,
  0x85676696d7fb7e2dn,
  0xcf2794e0277187b7n,
  0x18765564cd99a68dn,
  0xcbc9466e58fee3cen,
  0xab0200f58b01d137n,
  0x93f5f5799a932462n,
  0x9e0082df0ba9e4b0n,
  0x7a5dbbc594ddb9f3n,
  0xf4b32f46226bada7n,
  0x751e8fbc860ee5fbn,
  0x14ea5627c0843d90n,
  0xf723ca908e7af2een,
  0xa129ca6149be45e5n,
]

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i)

test('SipHash-2-4 gives its authors’ values', () => {
  for (const [length, expected] of SIPHASH_VECTORS.entries()) {
    const { low, high } = sipHash24(counting(16), counting(length))
    expect((BigInt(high) << 32n) | BigInt(low)).toBe(expected)
  }
})

test('SipHash-2-4 gives the same for any view of the same bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.uint8Array(),
      fc.nat(9),
      (key, message, at) => {
        const shifted = new Uint8Array(message.length + at)
        shifted.set(message, at)
        expect(sipHash24(key, shifted.subarray(at))).toEqual(sipHash24(key, message))
      },
    ),
  )
})

const payment = (number: number): Tx =>
  makeTx({
    version: 2,
    inputs: [
      {
        previous: { txid: number.toString(16).padStart(64, '0'), index: 0 },
        scriptSig: new Uint8Array(),
        sequence: 0,
        witness: [Uint8Array.of(number & 0xff)],
      },
    ],
    outputs: [{ valueSat: number, script: new Uint8Array(22) }],
    lockTime: 0,
  })

function blockOf(txs: readonly Tx[]): Block {
  const { root } = merkleRootOf(txs)
  return makeBlock(
    makeHeader({ version: 1, prev: 'ab'.repeat(32), merkleRoot: root, time: 1, bits: 0x207fffff, nonce: 7 }),
    txs,
  )
}

const WEIGHT = 4_000_000
const txs = Array.from({ length: 20 }, (_, i) => payment(i + 1))
const block = blockOf(txs)

describe('compact blocks', () => {
  test('a mempool with everything gives the whole block', () => {
    const partial = PartialBlock.open(makeCompact(block, 5n), [payment(99), ...txs.toReversed()], WEIGHT)
    expect(partial?.missing()).toEqual([])
    expect(partial?.complete([]).hash).toBe(block.hash)
    expect(partial?.complete([]).transactions).toEqual(txs)
  })

  test('whatever is missing is named, and completes the block', () => {
    fc.assert(
      fc.property(fc.subarray(txs.slice(1)), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (known, nonce) => {
        const partial = PartialBlock.open(makeCompact(block, nonce), known, WEIGHT)
        const missing = txs.flatMap((tx, i) => (i === 0 || known.includes(tx) ? [] : [i]))
        expect(partial?.missing()).toEqual(missing)
        const filled = partial?.complete(missing.map(i => txs[i] as Tx))
        expect(filled?.transactions).toEqual(txs)
      }),
      { numRuns: 50 },
    )
  })

  test('two equal short ids in one block: nothing can be made of it, and nobody is to blame', () => {
    const compact = makeCompact(block, 5n)
    const [first] = compact.shortIds
    const collided = { ...compact, shortIds: compact.shortIds.map((id, i) => (i === 3 ? (first ?? 0) : id)) }
    expect(PartialBlock.open(collided, txs, WEIGHT)).toBeUndefined()
  })

  test('a candidate that comes twice is no rival of itself', () => {
    const partial = PartialBlock.open(makeCompact(block, 5n), [...txs, ...txs], WEIGHT)
    expect(partial?.missing()).toEqual([])
  })

  test('an answer of the wrong length is an offence', () => {
    const partial = PartialBlock.open(makeCompact(block, 5n), txs.slice(0, 10), WEIGHT)
    expect(() => partial?.complete([])).toThrow(ProtocolError)
    expect(() => partial?.complete(txs)).toThrow(ProtocolError)
  })

  test('what cannot be a block is an offence', () => {
    const compact = makeCompact(block, 5n)
    const open = (change: object) => () => PartialBlock.open({ ...compact, ...change }, txs, WEIGHT)
    expect(open({ shortIds: [], prefilled: [] })).toThrow(ProtocolError)
    expect(open({ prefilled: [{ index: 500, tx: txs[0] as Tx }] })).toThrow(ProtocolError)
    expect(() => PartialBlock.open(compact, txs, 240 * 5)).toThrow(ProtocolError)
  })
})
