// PSBTs of many inputs: each coin is read a few times, however many others there are; and coins that need no signature are done.

import { expect, it } from 'vitest'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import { INPUT } from '../../node/ledger/psbt/fields.ts'
import { makePsbt, type Psbt } from '../../node/ledger/psbt/psbt.ts'
import { finalizePsbt, knownInputs, NOBODY, signInput } from '../../node/ledger/psbt/sign.ts'
import { coinBytes } from '../../node/ledger/psbt/values.ts'
import { secp } from '../support/chain.ts'

const ANYBODY = Uint8Array.of(0x51)
const NO_SCRIPT = new Uint8Array(0)

/** A PSBT that spends so many coins of this script; `onRead`: a map of an input was asked for its coin. */
function psbtOf(count: number, script: Uint8Array, onRead = () => {}): Psbt {
  const inputs = Array.from({ length: count }, (_, index) => ({
    previous: { txid: 'dd'.repeat(32), index },
    scriptSig: NO_SCRIPT,
    sequence: 0,
    witness: [],
  }))
  const tx = makeTx({ version: 2, inputs, outputs: [{ valueSat: 0, script: NO_SCRIPT }], lockTime: 0 })
  class Watched extends Map<string, Uint8Array> {
    override get(key: string) {
      if (key === INPUT.witnessUtxo) onRead()
      return super.get(key)
    }
  }
  const maps = inputs.map(() => new Watched([[INPUT.witnessUtxo, coinBytes({ valueSat: 0, script })]]))
  return { ...makePsbt(tx), inputs: maps }
}

it('a coin that anybody may spend needs nothing to be finished', () => {
  const psbt = psbtOf(2, ANYBODY)
  expect(finalizePsbt(psbt, secp)).toBe(true)
  expect(knownInputs(psbt, secp).good).toEqual([true, true])
  expect(signInput(psbt, 0, NOBODY, { secp }).complete).toBe(true)
  expect(finalizePsbt(psbtOf(1, Uint8Array.of(0x00)), secp)).toBe(false)
})

it('each coin is read as often among many as among few', () => {
  const readsAmong = (count: number) => {
    let reads = 0
    finalizePsbt(
      psbtOf(count, ANYBODY, () => reads++),
      secp,
    )
    return reads / count
  }
  expect(readsAmong(64)).toBe(readsAmong(4))
})
