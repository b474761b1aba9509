// The ledger's messages: every codec gives back what it wrote, and no bytes make it fail in another way than it says.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Codec, decode, encode, Writer } from '../../node/bitcoin/wire/codec.ts'
import { hashToHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { ProtocolError } from '../../node/errors.ts'
import { makeBlock } from '../../node/ledger/chain/block.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import { lastOfType, ofType } from '../../node/ledger/inventory.ts'
import {
  INV,
  LEDGER_MESSAGES,
  type LedgerCommand,
  MAX_HEADERS,
  MAX_INVENTORY,
  MAX_LOCATOR,
  NO_HASH,
} from '../../node/ledger/messages.ts'

const u32 = fc.nat(0xffffffff)
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hashToHex)

const header = fc
  .record({
    version: fc.integer(),
    prev: hash,
    merkleRoot: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    time: u32,
    bits: u32,
    nonce: u32,
  })
  .map(makeHeader)

const input = fc.record({
  previous: fc.record({ txid: hash, index: u32 }),
  scriptSig: bytes(40),
  sequence: u32,
  witness: fc.array(bytes(40), { maxLength: 3 }),
})
const output = fc.record({ valueSat: fc.nat(2_100_000_000_000_000), script: bytes(40) })
const tx = fc
  .record({
    version: u32,
    inputs: fc.array(input, { minLength: 1, maxLength: 3 }),
    outputs: fc.array(output, { minLength: 1, maxLength: 3 }),
    lockTime: u32,
  })
  .map(makeTx)

const places = fc.uniqueArray(fc.nat(0xffff), { maxLength: 20 }).map(list => list.sort((a, b) => a - b))
const locator = fc.record({ version: u32, hashes: fc.array(hash, { maxLength: MAX_LOCATOR }), stop: hash })
const inventory = fc.array(fc.record({ type: u32, hash }), { maxLength: 20 })

const filterType = fc.nat(255)
const filters = fc.record({ type: filterType, start: u32, stop: hash })
const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 20 })

const payloads: Record<LedgerCommand, fc.Arbitrary<unknown>> = {
  getheaders: locator,
  getblocks: locator,
  headers: fc.array(header, { maxLength: 20 }),
  inv: inventory,
  getdata: inventory,
  notfound: inventory,
  block: fc.tuple(header, fc.array(tx, { maxLength: 5 })).map(([head, txs]) => makeBlock(head, txs)),
  tx,
  sendheaders: fc.constant(null),
  sendcmpct: fc.record({ highBandwidth: fc.boolean(), version: u64 }),
  cmpctblock: fc.record({
    header,
    nonce: u64,
    shortIds: fc.array(fc.nat(2 ** 48 - 1), { maxLength: 20 }),
    prefilled: fc
      .tuple(places, fc.array(tx, { maxLength: 5 }))
      .map(([at, txs]) => txs.slice(0, at.length).map((one, i) => ({ index: at[i], tx: one }))),
  }),
  getblocktxn: fc.record({ hash, indexes: places }),
  blocktxn: fc.record({ hash, transactions: fc.array(tx, { maxLength: 5 }) }),
  feefilter: u64,
  getcfilters: filters,
  cfilter: fc.record({ type: filterType, block: hash, filter: bytes(300) }),
  getcfheaders: filters,
  cfheaders: fc.record({
    ...{ type: filterType, stop: hash, filterHashes: hashes },
    previousHeader: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  getcfcheckpt: fc.record({ type: filterType, stop: hash }),
  cfcheckpt: fc.record({ type: filterType, stop: hash, headers: hashes }),
  filterload: fc.constant(null),
  filteradd: fc.constant(null),
  filterclear: fc.constant(null),
  mempool: fc.constant(null),
  wtxidrelay: fc.constant(null),
}

const commands = Object.keys(LEDGER_MESSAGES) as LedgerCommand[]
const codecOf = (command: LedgerCommand): Codec<unknown> => LEDGER_MESSAGES[command].codec

describe.each(commands)('%s', command => {
  const codec = codecOf(command)

  test('is read back as it was written, and written again to the same bytes', () => {
    fc.assert(
      fc.property(payloads[command], payload => {
        const written = encode(codec, payload)
        expect(written.length).toBeLessThanOrEqual(LEDGER_MESSAGES[command].maxBytes)
        const read = decode(codec, written)
        expect(read).toEqual(payload)
        expect(toHex(encode(codec, read))).toBe(toHex(written))
      }),
      { numRuns: 50 },
    )
  })

  test('answers any bytes with a value or a ProtocolError', () => {
    fc.assert(
      fc.property(bytes(300), noise => onlyProtocolErrors(codec, noise)),
      { numRuns: 300 },
    )
  })

  test('answers damaged messages with a value or a ProtocolError', () => {
    const damaged = fc.tuple(payloads[command], fc.nat(), fc.nat(255), fc.boolean())
    fc.assert(
      fc.property(damaged, ([payload, where, value, cut]) => {
        const written = encode(codec, payload)
        if (written.length === 0) return
        const at = where % written.length
        written[at] = value
        onlyProtocolErrors(codec, cut ? written.subarray(0, at) : written)
      }),
      { numRuns: 100 },
    )
  })
})

function onlyProtocolErrors(codec: Codec<unknown>, noise: Uint8Array): void {
  try {
    decode(codec, noise)
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
  }
}

describe('limits', () => {
  /** A message of `count` items of `itemBytes` zero bytes behind `before`. */
  const counted = (before: number, count: number, itemBytes: number, after = 0) => {
    const writer = new Writer()
    writer.bytes(new Uint8Array(before))
    writer.varint(count)
    writer.bytes(new Uint8Array(count * itemBytes + after))
    return writer.finish()
  }

  test.each([
    ['headers', MAX_HEADERS, 0, 81, 0, 'too-many'],
    ['inv', MAX_INVENTORY, 0, 36, 0, 'too-many'],
    ['getdata', MAX_INVENTORY, 0, 36, 0, 'too-many'],
    ['notfound', MAX_INVENTORY, 0, 36, 0, 'out-of-range'],
    ['getheaders', MAX_LOCATOR, 4, 32, 32, 'too-long'],
    ['getblocks', MAX_LOCATOR, 4, 32, 32, 'too-long'],
  ] as const)('%s holds %i entries and not one more', (command, most, before, each, after, code) => {
    const codec = codecOf(command)
    expect(() => decode(codec, counted(before, most, each, after))).not.toThrow()
    expect(() => decode(codec, counted(before, most + 1, each, after))).toThrow(new RegExp(code))
  })

  test('a count that the bytes cannot hold is refused before anything is allocated', () => {
    const writer = new Writer()
    writer.varint(50_000)
    expect(() => decode(codecOf('inv'), writer.finish())).toThrow(/truncated/)
    expect(() => decode(codecOf('blocktxn'), counted(32, 60_000, 0))).toThrow(/truncated/)
  })

  test('places beyond 16 bits are refused', () => {
    const writer = new Writer()
    writer.bytes(new Uint8Array(32))
    writer.varint(2)
    writer.varint(0xffff)
    writer.varint(0)
    expect(() => decode(codecOf('getblocktxn'), writer.finish())).toThrow(/out-of-range/)
  })

  test('the count behind a header is not looked at, as in Core', () => {
    const writer = new Writer()
    writer.varint(1)
    writer.bytes(new Uint8Array(80))
    writer.varint(1)
    expect(decode(codecOf('headers'), writer.finish())).toHaveLength(1)
  })
})

describe('bytes on the wire are Bitcoin’s', () => {
  test('getheaders', () => {
    const locatorBytes = encode(codecOf('getheaders'), {
      version: 70016,
      hashes: [`${'00'.repeat(31)}01`],
      stop: NO_HASH,
    })
    expect(toHex(locatorBytes)).toBe(`8011010001${'01'}${'00'.repeat(31)}${'00'.repeat(32)}`)
  })

  test('getdata for a block with witnesses', () => {
    const written = encode(codecOf('getdata'), [{ type: INV.witnessBlock, hash: NO_HASH }])
    expect(toHex(written)).toBe(`0102000040${'00'.repeat(32)}`)
  })

  test('sendcmpct for version 2', () => {
    expect(toHex(encode(codecOf('sendcmpct'), { highBandwidth: true, version: 2n }))).toBe(
      '010200000000000000',
    )
  })

  test('getblocktxn sends distances', () => {
    const written = encode(codecOf('getblocktxn'), { hash: NO_HASH, indexes: [0, 1, 5, 300] })
    expect(toHex(written)).toBe(`${'00'.repeat(32)}04000003fd2601`)
  })
})

test('a long inventory holds what was written, though its hashes are read only when they are looked at', () => {
  const items = Array.from({ length: 1_500 }, (_, n) => ({
    type: n % 2 === 0 ? INV.wtx : INV.witnessBlock,
    hash: (n * 7_919).toString(16).padStart(64, '0'),
  }))
  const { codec } = LEDGER_MESSAGES.inv
  const bytes = encode(codec, items)
  const read = decode(codec, bytes)
  expect(Array.from(read, ({ type, hash }) => ({ type, hash }))).toEqual(items)
  expect([...ofType(read, INV.witnessBlock)].map(({ hash }) => hash)).toEqual(
    items.filter(({ type }) => type === INV.witnessBlock).map(({ hash }) => hash),
  )
  expect(lastOfType(read, INV.wtx)?.hash).toBe(items.at(-2)?.hash)
  expect(lastOfType(read, INV.block)).toBeUndefined()
  expect(encode(codec, read)).toEqual(bytes)
  expect(() => decode(codec, bytes.subarray(0, -1))).toThrow(/truncated|announced/)
})
