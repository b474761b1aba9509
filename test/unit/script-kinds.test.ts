// What a script is, by its form alone: its kind, and how many signature operations it costs.

import { describe, expect, it } from 'vitest'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import { classify, isUnspendable, p2pkhScript, p2wpkhScript } from '../../node/ledger/script/kinds.ts'
import { legacySigops, sigopCost } from '../../node/ledger/script/sigops.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { OutPoint } from '../../node/ledger/chain/types.ts'

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
})

describe('kinds of scripts', () => {
  it('are told apart by their whole form', () => {
    const hash = new Uint8Array(20).fill(9)
    expect(classify(p2pkhScript(hash))).toEqual({ kind: 'p2pkh', hash })
    expect(classify(p2wpkhScript(hash))).toEqual({ kind: 'p2wpkh', hash })
    expect(classify(Uint8Array.of(...p2pkhScript(hash), 0x61)).kind).toBe('unsupported')
    expect(classify(p2wpkhScript(hash).subarray(0, 21)).kind).toBe('unsupported')
    expect(classify(Uint8Array.of(0x6a, 1, 2)).kind).toBe('unspendable')
    expect(isUnspendable(new Uint8Array(10_000))).toBe(false)
    expect(isUnspendable(new Uint8Array(10_001))).toBe(true)
  })
})
