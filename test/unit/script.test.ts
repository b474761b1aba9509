// What it takes to spend a coin: real signatures by a real library, and every way in which they can be wrong.

import fc from 'fast-check'
import { pointFromScalar } from 'tiny-secp256k1'
import { describe, expect, it } from 'vitest'
import { decode } from '../../node/bitcoin/wire/codec.ts'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import { ConsensusError } from '../../node/errors.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { pushData } from '../../node/ledger/chain/push.ts'
import { makeTx, txCodec } from '../../node/ledger/chain/tx.ts'
import type { Coin, Tx, TxIn } from '../../node/ledger/chain/types.ts'
import { decodeDer, encodeDer } from '../../node/ledger/script/der.ts'
import { CONSENSUS_FLAGS, STANDARD_FLAGS, VERIFY } from '../../node/ledger/script/flags.ts'
import { checkInput, checkStandardInput, SignatureCache } from '../../node/ledger/script/input.ts'
import { p2pkhScript, p2wpkhScript } from '../../node/ledger/script/kinds.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'
import { SIGHASH } from '../../node/ledger/script/sighash-type.ts'
import { segwitSighash } from '../../node/ledger/script/sighash-witness.ts'
import type { Secp256k1 } from '../../node/ledger/services.ts'
import { creditAndSpend } from '../support/conformance.ts'

const bytes = (hex: string) => fromHex(hex) as Uint8Array
const secp = createSecp256k1()
const KEY = new Uint8Array(32).fill(0x42)
const COMPRESSED = secp.publicKey(KEY)
/** The same point in its long form, and in the odd one with a redundant parity bit. */
const UNCOMPRESSED = pointFromScalar(KEY, false) as Uint8Array
const HYBRID = Uint8Array.of(6 + ((UNCOMPRESSED[64] as number) & 1), ...UNCOMPRESSED.subarray(1))
const NOTHING = new Uint8Array()

const concat = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]))
const coinOf = (script: Uint8Array, valueSat = 5_000_000): Coin => ({
  script,
  valueSat,
  height: 1,
  coinbase: false,
})
const bare = (previous: string): TxIn => ({
  previous: { txid: previous.repeat(32), index: 7 },
  scriptSig: NOTHING,
  sequence: 0xfffffffd,
  witness: [],
})

/** Two inputs and two outputs, nothing signed. */
const UNSIGNED = makeTx({
  version: 2,
  inputs: [bare('ab'), bare('cd')],
  outputs: [
    { valueSat: 1_000, script: p2wpkhScript(new Uint8Array(20)) },
    { valueSat: 2_000, script: Uint8Array.of(0x6a) },
  ],
  lockTime: 0,
})

function withInput(tx: Tx, index: number, change: Partial<TxIn>): Tx {
  return makeTx({
    ...tx,
    inputs: tx.inputs.map((input, i) => (i === index ? { ...input, ...change } : input)),
  })
}

const signatureOf = (digest: Uint8Array, type: number) =>
  concat(encodeDer(secp.sign(digest, KEY)), Uint8Array.of(type))

function spendP2pkh(publicKey: Uint8Array = COMPRESSED, type: number = SIGHASH.all, index = 0) {
  const coin = coinOf(p2pkhScript(hash160(publicKey)))
  const signature = signatureOf(legacySighash(UNSIGNED, index, coin.script, type), type)
  const scriptSig = concat(pushData(signature), pushData(publicKey))
  return { coin, signature, tx: withInput(UNSIGNED, index, { scriptSig }) }
}

function spendP2wpkh(publicKey: Uint8Array = COMPRESSED, type: number = SIGHASH.all, index = 0) {
  const hash = hash160(publicKey)
  const coin = coinOf(p2wpkhScript(hash))
  const signature = signatureOf(segwitSighash(UNSIGNED, index, p2pkhScript(hash), coin.valueSat, type), type)
  return { coin, signature, tx: withInput(UNSIGNED, index, { witness: [signature, publicKey] }) }
}

type Rules = 'consensus' | 'standard'
const CHECKS = { consensus: checkInput, standard: checkStandardInput }

/** An input, with every input's coin alike. */
const spendOf = (tx: Tx, coin: Coin, index = 0, library: Secp256k1 = secp) => ({
  tx,
  index,
  coins: tx.inputs.map(() => coin),
  secp: library,
})

/** Undefined when the spend is good, else why not. */
function reasonOf(tx: Tx, coin: Coin, rules: Rules = 'consensus', index = 0): string | undefined {
  try {
    CHECKS[rules](spendOf(tx, coin, index))
    return undefined
  } catch (error) {
    if (error instanceof ConsensusError) return error.reason
    throw error
  }
}

const BROKEN = 'mandatory-script-verify-flag-failed'
const FROWNED = 'non-mandatory-script-verify-flag'

describe('a good spend', () => {
  const types = [1, 2, 3, 0x81, 0x82, 0x83]
  it.each(types)('of P2PKH passes with hash type %i, on any input', type => {
    for (const index of [0, 1])
      for (const key of [COMPRESSED, UNCOMPRESSED]) {
        const { tx, coin } = spendP2pkh(key, type, index)
        expect(reasonOf(tx, coin, 'standard', index)).toBeUndefined()
      }
  })

  it.each(types)('of P2WPKH passes with hash type %i, on any input', type => {
    for (const index of [0, 1]) {
      const { tx, coin } = spendP2wpkh(COMPRESSED, type, index)
      expect(reasonOf(tx, coin, 'standard', index)).toBeUndefined()
    }
  })

  it('is the one that BIP143 publishes', () => {
    const tx = decode(
      txCodec,
      bytes(
        '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000',
      ),
    )
    const script = bytes('00141d0f172a0ecb48aee1be1f2687d2963ae33f71a1')
    expect(reasonOf(tx, coinOf(script, 600_000_000), 'standard', 1)).toBeUndefined()
    expect(reasonOf(tx, coinOf(script, 600_000_001), 'standard', 1)).toBe(BROKEN)
  })
})

describe("Core's own script tests", () => {
  /** The pair of transactions that Core's script_tests.json means. */
  function pair(script: Uint8Array, valueSat: number, unlock: Partial<TxIn>) {
    const { tx } = creditAndSpend(script, valueSat, { scriptSig: NOTHING, witness: [], ...unlock })
    return { tx, coin: coinOf(script, valueSat) }
  }

  it('P2PKH', () => {
    const good = pair(p2pkhScript(bytes('1018853670f9f3b0582c5b9ee8ce93764ac32b93')), 0, {
      scriptSig: bytes(
        '47304402206e05a6fe23c59196ffe176c9ddc31e73a9885638f9d1328d47c0c703863b8876022076feb53811aa5b04e0e79f938eb19906cc5e67548bc555a8e8b8b0fc603d840c0121038282263212c609d9ea2a6e3e172de238d8c39cabd5ac1ca10646e23fd5f51508',
      ),
    })
    expect(reasonOf(good.tx, good.coin, 'standard')).toBeUndefined()
  })

  it('Basic P2WPKH, and with the wrong value', () => {
    const script = p2wpkhScript(bytes('91b24bf9f5288532960ac687abb035127b1d28a5'))
    const witness = [
      '304402201e7216e5ccb3b61d46946ec6cc7e8c4e0117d13ac2fd4b152197e4805191c74202203e9903e33e84d9ee1dd13fb057afb7ccfb47006c23f6a067185efbc9dd780fc501',
      '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
    ].map(bytes)
    const good = pair(script, 1, { witness })
    const wrong = pair(script, 0, { witness })
    expect(reasonOf(good.tx, good.coin)).toBeUndefined()
    expect(reasonOf(good.tx, good.coin, 'standard')).toBe(FROWNED)
    expect(reasonOf(wrong.tx, wrong.coin)).toBe(BROKEN)
  })
})

describe('a signature covers what its type says', () => {
  const changed = (tx: Tx, output: number): Tx =>
    makeTx({
      ...tx,
      outputs: tx.outputs.map((o, i) => (i === output ? { ...o, valueSat: o.valueSat + 1 } : o)),
    })

  for (const [name, spend] of [
    ['P2PKH', spendP2pkh],
    ['P2WPKH', spendP2wpkh],
  ] as const) {
    it(`${name}: ALL every output, SINGLE its own, NONE no one's`, () => {
      const survives = (type: number, output: number) => {
        const { tx, coin } = spend(COMPRESSED, type)
        return reasonOf(changed(tx, output), coin) === undefined
      }
      expect([survives(1, 0), survives(1, 1)]).toEqual([false, false])
      expect([survives(3, 0), survives(3, 1)]).toEqual([false, true])
      expect([survives(2, 0), survives(2, 1)]).toEqual([true, true])
    })

    it(`${name}: the other inputs, unless ANYONECANPAY`, () => {
      const survives = (type: number, change: Partial<TxIn>) => {
        const { tx, coin } = spend(COMPRESSED, type)
        return reasonOf(withInput(tx, 1, change), coin) === undefined
      }
      const other = { previous: { txid: 'ee'.repeat(32), index: 0 } }
      expect([survives(1, other), survives(0x81, other)]).toEqual([false, true])
      // NONE and SINGLE leave the others their sequence
      expect([
        survives(1, { sequence: 5 }),
        survives(2, { sequence: 5 }),
        survives(3, { sequence: 5 }),
      ]).toEqual([false, true, true])
    })
  }

  it('P2PKH: SINGLE without its output signs the number one, so that anything may be paid', () => {
    const three = makeTx({ ...UNSIGNED, inputs: [...UNSIGNED.inputs, bare('ef')] })
    const one = Uint8Array.of(1, ...new Uint8Array(31))
    const scriptSig = concat(pushData(signatureOf(one, SIGHASH.single)), pushData(COMPRESSED))
    const coin = coinOf(p2pkhScript(hash160(COMPRESSED)))
    const tx = withInput(three, 2, { scriptSig })
    expect(reasonOf(tx, coin, 'consensus', 2)).toBeUndefined()
    expect(reasonOf(changed(tx, 0), coin, 'consensus', 2)).toBeUndefined()
  })
})

describe('a bad spend is refused by consensus', () => {
  const legacy = spendP2pkh()
  const segwit = spendP2wpkh()
  const stack = (...items: Uint8Array[]) =>
    withInput(UNSIGNED, 0, { scriptSig: concat(...items.map(pushData)) })
  const witness = (...items: Uint8Array[]) => withInput(UNSIGNED, 0, { witness: items })
  const notDer = concat(legacy.signature.subarray(0, -1), Uint8Array.of(0, 1))
  const otherKey = secp.publicKey(new Uint8Array(32).fill(1))
  const offCurve = Uint8Array.of(2, ...new Uint8Array(32).fill(0xff))

  it.each([
    ['nothing at all, P2PKH', legacy.coin, UNSIGNED],
    ['nothing at all, P2WPKH', segwit.coin, UNSIGNED],
    ['only a key', legacy.coin, stack(COMPRESSED)],
    ['an empty signature', legacy.coin, stack(NOTHING, COMPRESSED)],
    ['an empty signature in the witness', segwit.coin, witness(NOTHING, COMPRESSED)],
    ['a key of another hash', legacy.coin, stack(legacy.signature, otherKey)],
    ['a key that is no point', coinOf(p2pkhScript(hash160(offCurve))), stack(legacy.signature, offCurve)],
    ['a key that is empty', coinOf(p2pkhScript(hash160(NOTHING))), stack(legacy.signature, NOTHING)],
    ['a signature that is not strict DER', legacy.coin, stack(notDer, COMPRESSED)],
    ['a signature of another input', legacy.coin, stack(spendP2pkh(COMPRESSED, 1, 1).signature, COMPRESSED)],
    ['a legacy signature in the witness', segwit.coin, witness(legacy.signature, COMPRESSED)],
    ['a witness signature in the script', legacy.coin, stack(segwit.signature, COMPRESSED)],
    ['three witness items', segwit.coin, witness(NOTHING, segwit.signature, COMPRESSED)],
    ['a witness item of 521 bytes', segwit.coin, witness(new Uint8Array(521), COMPRESSED)],
    ['a witness for P2PKH', legacy.coin, withInput(legacy.tx, 0, { witness: [NOTHING] })],
    ['a scriptSig for P2WPKH', segwit.coin, withInput(segwit.tx, 0, { scriptSig: Uint8Array.of(0) })],
    ['a push that is cut off', legacy.coin, withInput(UNSIGNED, 0, { scriptSig: Uint8Array.of(5, 1) })],
    ['OP_RESERVED', legacy.coin, withInput(UNSIGNED, 0, { scriptSig: Uint8Array.of(0x50) })],
    ['a script of 10,001 bytes', legacy.coin, withInput(UNSIGNED, 0, { scriptSig: new Uint8Array(10_001) })],
    ['1,001 items', legacy.coin, withInput(UNSIGNED, 0, { scriptSig: new Uint8Array(1_001) })],
  ])('%s', (_name, coin, tx) => {
    expect(reasonOf(tx, coin)).toBe(BROKEN)
  })

  it('whenever one bit of signature or key is another', () => {
    const flip = fc.record({
      item: fc.integer({ min: 0, max: 1 }),
      at: fc.nat(),
      bit: fc.integer({ min: 0, max: 7 }),
    })
    fc.assert(
      fc.property(flip, ({ item, at, bit }) => {
        const items = [segwit.signature.slice(), COMPRESSED.slice()]
        const target = items[item] as Uint8Array
        const place = at % target.length
        target[place] = (target[place] as number) ^ (1 << bit)
        expect(reasonOf(witness(...items), segwit.coin)).toBe(BROKEN)
      }),
      { numRuns: 200 },
    )
  })
})

describe('scripts of other kinds', () => {
  it.each([
    ['an empty one', ''],
    ['a bare key', `21${'02'.repeat(33)}ac`],
    ['P2SH', `a914${'00'.repeat(20)}87`],
    ['P2WSH', `0020${'00'.repeat(32)}`],
    ['taproot', `5120${'00'.repeat(32)}`],
    ['OP_RETURN', '6a'],
  ])('%s asks for more than nothing', (_name, script) => {
    expect(reasonOf(UNSIGNED, coinOf(bytes(script)))).toBe(BROKEN)
  })

  it.each([
    ['OP_1', '51'],
    ['an unknown witness version', `5220${'07'.repeat(32)}`],
    ['an anchor', '51024e73'],
  ])('%s can be spent by anyone', (_name, script) => {
    expect(reasonOf(UNSIGNED, coinOf(bytes(script)))).toBeUndefined()
  })

  it('an unknown witness version is not for relay', () => {
    const coin = coinOf(bytes(`5220${'07'.repeat(32)}`))
    expect(reasonOf(UNSIGNED, coin, 'standard')).toBe(FROWNED)
  })

  it('a scriptSig may compute', () => {
    const { tx, coin } = spendP2pkh()
    const scriptSig = concat(Uint8Array.of(0x51, 0x75), tx.inputs[0]?.scriptSig as Uint8Array)
    expect(reasonOf(withInput(tx, 0, { scriptSig }), coin)).toBeUndefined()
  })
})

describe('forms that consensus takes and relay does not', () => {
  const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const highS = (signature: Uint8Array) => {
    const numbers = decodeDer(signature.subarray(0, -1)) as Uint8Array
    const s = BigInt(`0x${Buffer.from(numbers.subarray(32)).toString('hex')}`)
    numbers.set(bytes((ORDER - s).toString(16).padStart(64, '0')), 32)
    return concat(encodeDer(numbers), signature.subarray(-1))
  }
  const legacy = spendP2pkh()
  const segwit = spendP2wpkh()
  const scripted = (...parts: Uint8Array[]) => withInput(UNSIGNED, 0, { scriptSig: concat(...parts) })

  it.each([
    [
      'a high s in the script',
      { ...legacy, tx: scripted(pushData(highS(legacy.signature)), pushData(COMPRESSED)) },
    ],
    [
      'a high s in the witness',
      { ...segwit, tx: withInput(UNSIGNED, 0, { witness: [highS(segwit.signature), COMPRESSED] }) },
    ],
    ['a hash type without a meaning', spendP2pkh(COMPRESSED, 5)],
    ['hash type 0', spendP2wpkh(COMPRESSED, 0)],
    ['a hybrid key', spendP2pkh(HYBRID)],
    ['an uncompressed key in the witness', spendP2wpkh(UNCOMPRESSED)],
    [
      'something below the signature',
      { ...legacy, tx: scripted(Uint8Array.of(0x51), pushData(legacy.signature), pushData(COMPRESSED)) },
    ],
    [
      'a push longer than needed',
      {
        ...legacy,
        tx: scripted(Uint8Array.of(0x4c, legacy.signature.length), legacy.signature, pushData(COMPRESSED)),
      },
    ],
  ])('%s', (_name, { tx, coin }) => {
    expect(reasonOf(tx, coin, 'consensus')).toBeUndefined()
    expect(reasonOf(tx, coin, 'standard')).toBe(FROWNED)
  })
})

describe('the signature cache', () => {
  const counted = () => {
    let calls = 0
    const counting: Secp256k1 = { ...secp, verify: (...args) => ++calls > 0 && secp.verify(...args) }
    return { counting, calls: () => calls }
  }

  it('spares a block what the mempool verified', () => {
    const { tx, coin } = spendP2wpkh()
    const cache = new SignatureCache()
    const { counting, calls } = counted()
    checkStandardInput(spendOf(tx, coin, 0, counting), cache)
    checkStandardInput(spendOf(tx, coin, 0, counting), cache)
    checkInput(spendOf(tx, coin, 0, counting), cache)
    expect(calls()).toBe(1)
  })

  it('does not take a signature that only consensus accepts for a standard one', () => {
    const { tx, coin } = spendP2wpkh(UNCOMPRESSED)
    const cache = new SignatureCache()
    cache.add(tx, 0, CONSENSUS_FLAGS)
    checkInput(spendOf(tx, coin), cache)
    expect(() => checkStandardInput(spendOf(tx, coin), cache)).toThrow(FROWNED)
    expect(cache.size).toBe(1)
  })

  it('answers for the flags that it was told, and for a part of those that are relayed', () => {
    const cache = new SignatureCache()
    cache.add(UNSIGNED, 0, STANDARD_FLAGS)
    cache.add(UNSIGNED, 1, VERIFY.P2SH)
    const known = (index: number, ...flags: number[]) => flags.map(each => cache.has(UNSIGNED, index, each))
    expect(known(0, STANDARD_FLAGS, CONSENSUS_FLAGS, 0, VERIFY.SIGPUSHONLY)).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect(known(1, STANDARD_FLAGS, CONSENSUS_FLAGS, 0, VERIFY.P2SH)).toEqual([false, false, false, true])
  })

  it('knows nothing of another witness or another input', () => {
    const { tx, coin } = spendP2wpkh()
    const cache = new SignatureCache()
    checkStandardInput(spendOf(tx, coin), cache)
    const other = withInput(tx, 0, { witness: [NOTHING, COMPRESSED] })
    expect(other.txid).toBe(tx.txid)
    expect(() => checkInput(spendOf(other, coin), cache)).toThrow(BROKEN)
    expect(() => checkInput(spendOf(tx, coin, 1), cache)).toThrow(BROKEN)
  })

  it('keeps at most as many as it was told, the newest ones', () => {
    const cache = new SignatureCache(3)
    for (let i = 0; i < 10; i++) cache.add(UNSIGNED, i, STANDARD_FLAGS)
    expect(cache.size).toBe(3)
    expect([6, 7, 8, 9].map(i => cache.has(UNSIGNED, i, STANDARD_FLAGS))).toEqual([false, true, true, true])
  })
})
