// The rows of the bench `attack` that are one call: the signatures of the largest transaction that spends legacy coins.

import { hasher } from '../../node/hash.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { encodeDer } from '../../node/ledger/script/der.ts'
import { checkInput } from '../../node/ledger/script/input.ts'
import { p2pkhScript } from '../../node/ledger/script/kinds.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'
import { SIGHASH } from '../../node/ledger/script/sighash-type.ts'
import type { BenchResult } from './result.ts'

const INPUTS = 6_500
/** Of the inputs, so many are hashed as before; the rest would cost the same. */
const SAMPLE = 100

export function largestTransaction(): Pick<BenchResult, 'rows' | 'ratios'> {
  const secp = createSecp256k1({ atOnce: true })
  const key = new Uint8Array(32).fill(1)
  const publicKey = secp.publicKey(key)
  const script = p2pkhScript(hash160(publicKey))
  const blank = Array.from({ length: INPUTS }, (_, index) => ({
    ...{ previous: { txid: '11'.repeat(32), index }, scriptSig: new Uint8Array(0) },
    ...{ sequence: 0xffffffff, witness: [] },
  }))
  const unsigned = makeTx({ version: 2, inputs: blank, outputs: [{ valueSat: 1, script }], lockTime: 0 })
  const inputs = blank.map((input, index) => {
    const signature = secp.sign(legacySighash(unsigned, index, script, SIGHASH.all, secp.sha256), key)
    const scriptSig = concat(
      pushData(concat(encodeDer(signature), Uint8Array.of(SIGHASH.all))),
      pushData(publicKey),
    )
    return { ...input, scriptSig }
  })
  const tx = makeTx({ version: 2, inputs, outputs: unsigned.outputs, lockTime: 0 })
  const coins = inputs.map(() => ({ valueSat: 1, script }))
  const verifyS = secondsFor(() => {
    for (let index = 0; index < INPUTS; index++) checkInput({ tx, index, coins, secp })
  })
  const hashS = secondsFor(() => {
    for (let index = 0; index < INPUTS; index++) legacySighash(tx, index, script, SIGHASH.all, secp.sha256)
  })
  const beforeS =
    (secondsFor(() => {
      for (let index = 0; index < SAMPLE; index++) hashedForItself(tx, index, script)
    }) *
      INPUTS) /
    SAMPLE
  const row = (subject: string, value: number, unit: string) => ({ subject, value, unit })
  return {
    rows: [
      row('largest legacy transaction', tx.bytes.length / 1000, 'kB'),
      row('its signatures, verified', verifyS, 's'),
      row('what they sign, hashed', hashS, 's'),
      row('the same, each input for itself', beforeS, 's'),
    ],
    ratios: { 'hashed before/now': beforeS / hashS },
  }
}

/** Written and hashed anew, as a node did before. */
function hashedForItself(tx: Tx, index: number, script: Uint8Array): Uint8Array {
  const inputs = tx.inputs.map((input, i) => ({
    ...input,
    scriptSig: i === index ? script : new Uint8Array(0),
  }))
  const { bytes } = makeTx({ ...tx, inputs })
  return hasher.sha256d(concat(bytes, Uint8Array.of(SIGHASH.all, 0, 0, 0)))
}

function secondsFor(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
