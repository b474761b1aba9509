// What a script is, by its form alone: its kind, and how many signature operations it costs.

import { describe, expect, it } from 'vitest'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { OutPoint } from '../../node/ledger/chain/types.ts'
import {
  classify,
  isUnspendable,
  p2pkhScript,
  p2shScript,
  p2wpkhScript,
} from '../../node/ledger/script/kinds.ts'
import { legacySigops, sigopCost } from '../../node/ledger/script/sigops.ts'

describe('signature operations', () => {
  it.each([
    ['', 0],
    ['ac', 1],
    ['adac', 2],
    ['ae', 20],
    ['51af', 20],
    ['01acac', 1], // the first is data
    ['4c02acacac', 1],
    ['acac02ac', 2], // counted up to where the script is cut off
  ])('in %s', (script, count) => {
    expect(legacySigops(fromHex(script) as Uint8Array)).toBe(count)
  })

  it('cost four each, and one for a P2WPKH input', () => {
    const [p2pkh, p2wpkh] = [p2pkhScript(new Uint8Array(20)), p2wpkhScript(new Uint8Array(20))]
    const input = { scriptSig: new Uint8Array(), sequence: 0, witness: [] }
    const inputs = [0, 1].map(index => ({ ...input, previous: { txid: 'ab'.repeat(32), index } }))
    const tx = makeTx({ version: 2, inputs, outputs: [{ valueSat: 0, script: p2pkh }], lockTime: 0 })
    const coinAt = ({ index }: OutPoint) => ({
      ...{ valueSat: 5_000, height: 1, coinbase: false },
      script: index === 0 ? p2wpkh : p2pkh,
    })
    expect(sigopCost(tx, coinAt)).toBe(4 + 1)
    expect(sigopCost(tx, () => undefined)).toBe(4)
  })

  // A multisignature of 2 of 3, behind hashes of all kinds: its script is brought by the input.
  const MULTISIG = fromHex(`52${`21${'02'.repeat(33)}`.repeat(3)}53ae`) as Uint8Array
  const P2WSH = fromHex(`0020${'07'.repeat(32)}`) as Uint8Array
  const P2SH = p2shScript(new Uint8Array(20))

  it.each([
    ['bare: its output cost at once', MULTISIG, {}, 0],
    ['P2SH: four for each key', P2SH, { scriptSig: concat(pushData(P2SH), pushData(MULTISIG)) }, 12],
    [
      'P2SH whose scriptSig does more than push',
      P2SH,
      { scriptSig: concat(Uint8Array.of(0x61), pushData(MULTISIG)) },
      0,
    ],
    ['P2WSH: one for each key', P2WSH, { witness: [new Uint8Array(0), MULTISIG] }, 3],
    ['P2WSH without a witness', P2WSH, {}, 0],
    ['P2WSH in P2SH', P2SH, { scriptSig: pushData(P2WSH), witness: [MULTISIG] }, 3],
    ['P2WPKH in P2SH', P2SH, { scriptSig: pushData(p2wpkhScript(new Uint8Array(20))) }, 1],
    ['taproot', fromHex(`5120${'07'.repeat(32)}`) as Uint8Array, { witness: [MULTISIG] }, 0],
  ])('%s', (_name, script, unlock, cost) => {
    const input = {
      previous: { txid: 'ab'.repeat(32), index: 0 },
      scriptSig: new Uint8Array(),
      sequence: 0,
      witness: [],
    }
    const tx = makeTx({ version: 2, inputs: [{ ...input, ...unlock }], outputs: [], lockTime: 0 })
    expect(sigopCost(tx, () => ({ valueSat: 1, height: 1, coinbase: false, script }))).toBe(cost)
  })
})

describe('kinds of scripts', () => {
  const hash = new Uint8Array(20).fill(9)
  const kindOf = (hex: string) => classify(fromHex(hex) as Uint8Array).kind
  const KEY = `21${'02'.repeat(33)}`
  const LONG_KEY = `41${'04'.repeat(65)}`

  it('are told apart by their whole form', () => {
    expect(classify(p2pkhScript(hash))).toEqual({ kind: 'p2pkh', hash })
    expect(classify(p2wpkhScript(hash))).toEqual({ kind: 'p2wpkh', hash })
    expect(classify(p2shScript(hash))).toEqual({ kind: 'p2sh', scriptHash: hash })
    expect(classify(Uint8Array.of(...p2pkhScript(hash), 0x61)).kind).toBe('nonstandard')
    expect(classify(p2wpkhScript(hash).subarray(0, 21)).kind).toBe('nonstandard')
    expect(isUnspendable(new Uint8Array(10_000))).toBe(false)
    expect(isUnspendable(new Uint8Array(10_001))).toBe(true)
  })

  it.each([
    ['nonstandard', `a814${'07'.repeat(20)}87`],
    ['nonstandard', `a914${'07'.repeat(20)}88`],
    ['nonstandard', `a913${'07'.repeat(20)}87`],
    ['p2wsh', `0020${'07'.repeat(32)}`],
    ['nonstandard', `0021${'07'.repeat(33)}`],
    ['p2tr', `5120${'07'.repeat(32)}`],
    ['witness', `5121${'07'.repeat(33)}`],
    ['witness', `6002751e`],
    ['nonstandard', `600175`],
    ['nonstandard', `6029${'07'.repeat(41)}`],
    ['anchor', '51024e73'],
    ['p2pk', `${KEY}ac`],
    ['p2pk', `${LONG_KEY}ac`],
    ['nonstandard', `${KEY}ad`],
    ['nonstandard', `21${'05'.repeat(33)}ac`],
    ['data', '6a'],
    ['data', '6a020102'],
    ['nonstandard', '6a02'],
    ['nonstandard', '6aac'],
    ['multisig', `51${KEY}51ae`],
    ['multisig', `52${KEY}${LONG_KEY}${KEY}53ae`],
    ['multisig', `51${KEY.repeat(17)}0111ae`],
    ['nonstandard', `52${KEY}51ae`],
    ['nonstandard', `51${KEY}52ae`],
    ['nonstandard', `00${KEY}51ae`],
    ['nonstandard', `51${KEY}0101ae`],
    ['nonstandard', `51${KEY.repeat(21)}0115ae`],
    ['nonstandard', `51${KEY}51af`],
    ['nonstandard', 'ae'],
    ['nonstandard', ''],
  ])('%s: %s', (kind, script) => {
    expect(kindOf(script)).toBe(kind)
  })

  it('says how many of which keys', () => {
    const script = fromHex(`52${KEY}${LONG_KEY}52ae`) as Uint8Array
    const keys = [KEY, LONG_KEY].map(push => fromHex(push.slice(2)))
    expect(classify(script)).toEqual({ kind: 'multisig', required: 2, keys })
  })
})
