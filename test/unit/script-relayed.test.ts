// What is relayed is held to the rules that will be in force at the end, and called mandatory by them.

import { expect, it } from 'vitest'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { VERIFY } from '../../node/ledger/script/flags.ts'
import { checkInput, checkStandardInput } from '../../node/ledger/script/input.ts'
import { creditAndSpend } from '../support/conformance.ts'

it('what is in force at the end is mandatory for what is relayed, wherever the chain is on its way there', () => {
  const ofNoKeys = Uint8Array.of(0x00, 0x00, 0xae)
  const notEmpty = Uint8Array.of(0x51)
  const { tx } = creditAndSpend(ofNoKeys, 0, { scriptSig: notEmpty, witness: [] })
  const coins = [{ valueSat: 0, script: ofNoKeys, height: 1, coinbase: false }]
  const spend = { tx, index: 0, coins, secp: createSecp256k1() }
  expect(() => checkInput(spend, undefined, VERIFY.P2SH)).not.toThrow()
  expect(() => checkStandardInput(spend, undefined, VERIFY.P2SH)).toThrow(
    'mandatory-script-verify-flag-failed: Dummy CHECKMULTISIG argument must be zero',
  )
})
