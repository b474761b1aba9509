// Headers, transactions and blocks as bytes: known blocks of Bitcoin, and codecs that never surprise.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { ProtocolError } from '../../node/errors.ts'
import { blockCodec, makeBlock, merkleRootOf } from '../../node/ledger/chain/block.ts'
import { checkBlock } from '../../node/ledger/chain/block-rules.ts'
import { bitcoinGenesis, genesisBlock, networkMagic } from '../../node/ledger/chain/genesis.ts'
import { hashHeaders, headerCodec, makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx, txCodec } from '../../node/ledger/chain/tx.ts'
import type { Header } from '../../node/ledger/chain/types.ts'
import { type ChainSpec, chainParams, REGTEST, REGTEST_SPEC } from '../../node/params.ts'

const bytes = (max: number) => fc.uint8Array({ maxLength: max })
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(b => Array.from(b, x => x.toString(16).padStart(2, '0')).join(''))
const u32 = fc.nat({ max: 0xffffffff })

const anyTx = fc
  .record({
    version: u32,
    inputs: fc.array(
      fc.record({
        previous: fc.record({ txid: hash, index: u32 }),
        scriptSig: bytes(300),
        sequence: u32,
        witness: fc.array(bytes(80), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    outputs: fc.array(
      fc.record({
        valueSat: fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
        script: bytes(60),
      }),
      { maxLength: 4 },
    ),
    lockTime: u32,
  })
  .map(makeTx)

const anyHeader = fc
  .record({
    version: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    prev: hash,
    merkleRoot: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    time: u32,
    bits: u32,
    nonce: u32,
  })
  .map(makeHeader)

const PAYMENT_170 =
  '0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3ac00000000'

/** A transaction's id by Node's own hash. */
function independentId(hex: string): string {
  const once = createHash('sha256').update(Buffer.from(hex, 'hex')).digest()
  return createHash('sha256').update(once).digest().reverse().toString('hex')
}

const netsplit: ChainSpec = {
  ...REGTEST_SPEC,
  network: 'netsplit',
  name: 'demo',
  genesisTime: 1_700_000_000,
  blockIntervalMs: 5_000,
  difficulty: { rule: 'asert', halfLifeMs: 60_000 },
}

describe('genesis blocks', () => {
  test('mainnet’s has the hash that everybody knows', () => {
    const block = bitcoinGenesis(1_231_006_505, 0x1d00ffff, 2_083_236_893)
    expect(block.hash).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f')
    expect(toHex(block.header.merkleRoot)).toBe(
      '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a',
    )
    expect(block.size).toBe(285)
    expect(block.weight).toBe(4 * 285)
  })

  test('regtest’s is Bitcoin’s own, and so is its magic', () => {
    expect(genesisBlock(REGTEST).hash).toBe(
      '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    )
    expect(toHex(networkMagic(REGTEST))).toBe('fabfb5da')
  })

  test('every parameter of a netsplit network changes both its genesis block and its magic', () => {
    const variants: Partial<ChainSpec>[] = [
      {},
      { name: 'other' },
      { genesisTime: 1_700_000_001 },
      { blockIntervalMs: 5_001 },
      { difficulty: { rule: 'asert', halfLifeMs: 60_001 } },
      { difficulty: { rule: 'fixed' } },
      { difficulty: { rule: 'bitcoin', windowBlocks: 20 } },
      { initialBits: 0x1f00ffff },
      { powLimitBits: 0x2100ffff },
      { checkProofOfWork: false },
      { coinbaseMaturity: 99 },
      { subsidySat: 4_999_999_999 },
      { halvingInterval: 151 },
      { maxBlockWeight: 3_999_999 },
    ]
    const all = variants.map(change => chainParams({ ...netsplit, ...change }))
    expect(new Set(all.map(params => genesisBlock(params).hash)).size).toBe(variants.length)
    expect(new Set(all.map(params => toHex(networkMagic(params)))).size).toBe(variants.length)
    expect(Object.isFrozen(all[0])).toBe(true)
  })

  test('the order in which a spec lists its fields does not matter', () => {
    const reversed = Object.fromEntries(Object.entries(netsplit).reverse()) as unknown as ChainSpec
    expect(genesisBlock(chainParams(reversed)).hash).toBe(genesisBlock(chainParams(netsplit)).hash)
  })

  test('regtest without proof of work is not Bitcoin’s network any more', () => {
    const simulated = chainParams({ ...REGTEST_SPEC, checkProofOfWork: false })
    expect(toHex(networkMagic(simulated))).not.toBe('fabfb5da')
    expect(genesisBlock(simulated).hash).toBe(genesisBlock(REGTEST).hash)
  })

  test.each<[Partial<ChainSpec>, string]>([
    [{ halvingInterval: 0 }, 'halvingInterval'],
    [{ subsidySat: 0.5 }, 'subsidySat'],
    [{ subsidySat: 2e15, halvingInterval: 1e6 }, '2^53'],
    [{ maxBlockWeight: 4_000_001 }, 'maxBlockWeight'],
    [{ blockIntervalMs: Number.NaN }, 'blockIntervalMs'],
    [{ difficulty: { rule: 'asert', halfLifeMs: 0 } }, 'halfLifeMs'],
    [{ difficulty: { rule: 'bitcoin', windowBlocks: 1 } }, 'windowBlocks'],
  ])('parameters that cannot work are refused by name: %j', (change, name) => {
    expect(() => chainParams({ ...netsplit, ...change })).toThrow(name)
  })
})

describe('many headers', () => {
  const bits = fc.constantFrom(0x207fffff, 0x1d00ffff, 0x03000001, 0x00800000, 0xff123456)
  const anyRun = fc.array(fc.record({ linked: fc.boolean(), prev: hash, bits, nonce: u32 }), {
    maxLength: 12,
  })

  test('are hashed and checked together as each is by itself, linked or not, good or not', () => {
    fc.assert(
      fc.property(anyRun, run => {
        const headers: Header[] = []
        for (const { linked, prev, bits, nonce } of run) {
          const parent = headers.at(-1)
          const link = linked && parent ? parent.hash : prev
          const merkleRoot = new Uint8Array(32)
          headers.push(makeHeader({ version: 1, prev: link, merkleRoot, time: 0, bits, nonce }))
        }
        expect(hashHeaders(headers.map(header => header.bytes))).toEqual(headers)
      }),
    )
  })

  test('prove their work when their hash meets the target that they state', () => {
    const { header } = bitcoinGenesis(1231006505, 0x1d00ffff, 2083236893)
    expect(header.provesWork).toBe(true)
    expect(makeHeader({ ...header, nonce: 0 }).provesWork).toBe(false)
    expect(makeHeader({ ...header, bits: 0x00800000 }).provesWork).toBe(false)
  })
})

describe('codecs', () => {
  test('block 170’s payment, the first between two people, has its known id', () => {
    const tx = decode(txCodec, fromHex(PAYMENT_170) as Uint8Array)
    expect(tx.txid).toBe('f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16')
    expect(tx.outputs.map(output => output.valueSat)).toEqual([1_000_000_000, 4_000_000_000])
    expect(tx.wtxid).toBe(tx.txid)
    expect(tx.weight).toBe(4 * 275)
  })

  test('block 170 of mainnet, the first with a payment, comes out of its bytes', () => {
    const header =
      '0100000055bd840a78798ad0da853f68974f3d183e2bd1db6a842c1feecf222a00000000ff104ccb05421ab93e63f8c3ce5c2c2e9dbb37de2764b3a3175c8166562cac7d51b96a49ffff001d283e9e70'
    const coinbase =
      '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff0704ffff001d0102ffffffff0100f2052a01000000434104d46c4968bde02899d2aa0963367c7a6ce34eec332b32e42e5f3407e052d64ac625da6f0718e7b302140434bd725706957c092db53805b821a85b23a7ac61725bac00000000'
    const wire = fromHex(`${header}02${coinbase}${PAYMENT_170}`) as Uint8Array
    const block = decode(blockCodec, wire)
    expect(block.hash).toBe('00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee')
    expect(block.transactions.map(tx => tx.txid)).toEqual([
      'b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082',
      'f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16',
    ])
    expect(() => checkBlock(block)).not.toThrow()
    expect(block.size).toBe(490)
    expect(encode(blockCodec, block)).toEqual(wire)
  })

  test('a segwit transaction of BIP143 keeps its bytes, and its id leaves the witness out', () => {
    const hex =
      '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000'
    const tx = decode(txCodec, fromHex(hex) as Uint8Array)
    expect(tx.hasWitness).toBe(true)
    expect(toHex(encode(txCodec, tx))).toBe(hex)
    expect(makeTx(tx)).toEqual(tx)
    const witnessStart = hex.indexOf('000247304402')
    const stripped = hex.slice(0, 8) + hex.slice(12, witnessStart) + hex.slice(-8)
    expect(tx.txid).toBe(independentId(stripped))
    expect(tx.wtxid).toBe(independentId(hex))
    expect(tx.weight).toBe((3 * stripped.length + hex.length) / 2)
  })

  test('decode(encode(x)) = x for headers, transactions and blocks', () => {
    fc.assert(
      fc.property(anyHeader, h => {
        expect(decode(headerCodec, encode(headerCodec, h))).toEqual(h)
      }),
    )
    fc.assert(
      fc.property(anyTx, tx => {
        expect(decode(txCodec, encode(txCodec, tx))).toEqual(tx)
      }),
    )
    fc.assert(
      fc.property(anyHeader, fc.array(anyTx, { maxLength: 4 }), (h, txs) => {
        const block = makeBlock(h, txs)
        const wire = encode(blockCodec, block)
        expect(wire.length).toBe(block.size)
        expect(decode(blockCodec, wire)).toEqual(block)
      }),
      { numRuns: 50 },
    )
  })

  test('whatever the bytes, decoders throw nothing but ProtocolError', () => {
    const survives = (input: Uint8Array) => {
      for (const codec of [headerCodec, txCodec, blockCodec]) {
        try {
          decode<unknown>(codec as typeof txCodec, input)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives))
    // Cut and flipped bytes of real values reach deeper than noise.
    fc.assert(
      fc.property(anyTx, fc.nat(), fc.nat(), fc.nat({ max: 255 }), (tx, cut, at, value) => {
        const wire = tx.bytes.slice(0, cut % (tx.bytes.length + 1))
        if (wire.length > 0) wire[at % wire.length] = value
        survives(wire)
      }),
    )
  })

  test('forms that Bitcoin Core refuses are refused', () => {
    const tx = makeTx({
      version: 2,
      inputs: [
        {
          previous: { txid: '11'.repeat(32), index: 0 },
          scriptSig: new Uint8Array(0),
          sequence: 0,
          witness: [],
        },
      ],
      outputs: [],
      lockTime: 0,
    })
    const plain = toHex(tx.bytes)
    const superfluous = `${plain.slice(0, 8)}0001${plain.slice(8, -8)}00${plain.slice(-8)}`
    const unknownFlag = `${plain.slice(0, 8)}0002${plain.slice(8)}`
    for (const hex of [superfluous, unknownFlag])
      expect(() => decode(txCodec, fromHex(hex) as Uint8Array)).toThrow(
        expect.objectContaining({ code: 'malformed' }),
      )
    expect(() => decode(txCodec, fromHex(`${plain}00`) as Uint8Array)).toThrow(
      expect.objectContaining({ code: 'trailing-bytes' }),
    )
    // Nothing in, nothing out: the one form in which a count of 0 inputs is no marker.
    expect(decode(txCodec, fromHex('02000000000000000000') as Uint8Array).inputs).toEqual([])
  })

  test('a block of a lone transaction has that transaction’s id as its root', () => {
    const block = genesisBlock(REGTEST)
    expect(merkleRootOf(block.transactions)).toEqual({ root: block.header.merkleRoot, mutated: false })
  })
})

test.each([1, 252, 253, 65_535, 65_536])('a block of %i transactions is as large as its bytes', count => {
  const tx = makeTx({
    version: 1,
    inputs: [
      {
        previous: { txid: 'ab'.repeat(32), index: 0 },
        scriptSig: new Uint8Array(),
        sequence: 0,
        witness: [],
      },
    ],
    outputs: [],
    lockTime: 0,
  })
  const block = makeBlock(genesisBlock(REGTEST).header, Array(count).fill(tx))
  const { length } = encode(blockCodec, block)
  expect(block.size).toBe(length)
  expect(block.weight).toBe(4 * length)
})
