// What a transaction's signature operations cost, as Core counts them (GetTransactionSigOpCost).

import type { Coin, OutPoint, Tx, TxIn } from '../chain/types.ts'
import { isP2sh, type WitnessProgram, witnessProgramOf } from './kinds.ts'
import { MAX_MULTISIG_KEYS } from './limits.ts'
import { OP, smallNumber } from './opcodes.ts'
import { endOf, isPushOnly, operations } from './operation.ts'

/** A legacy signature operation weighs as much as four in a witness. */
const WITNESS_SCALE = 4

/** As counted before P2SH: without looking at what is spent; OP_CHECKMULTISIG counts for 20. */
export function legacySigops(script: Uint8Array): number {
  return sigops(script, false)
}

/**
 * Legacy ones and those behind a P2SH times four; those of a witness of version 0 once; none for taproot, which has a budget of
 * its own. `coinOf` may answer undefined (for a coinbase): then only the legacy ones count.
 */
export function sigopCost(tx: Tx, coinOf: (outpoint: OutPoint) => Coin | undefined): number {
  let legacy = 0
  let witness = 0
  for (const { script } of tx.outputs) legacy += legacySigops(script)
  for (const input of tx.inputs) {
    legacy += legacySigops(input.scriptSig)
    const coin = coinOf(input.previous)
    if (coin === undefined) continue
    const redeem = isP2sh(coin.script) ? redeemScript(input.scriptSig) : undefined
    if (redeem) legacy += sigops(redeem, true)
    const program = witnessProgramOf(redeem ?? coin.script)
    if (program) witness += witnessSigops(program, input)
  }
  return legacy * WITNESS_SCALE + witness
}

/** BIP141, "Sigops". */
function witnessSigops({ version, program }: WitnessProgram, { witness }: TxIn): number {
  if (version !== 0) return 0
  if (program.length === 20) return 1
  const script = witness.at(-1)
  return program.length === 32 && script ? sigops(script, true) : 0
}

/** The script that a scriptSig of pushes brings for a P2SH: what it pushes last. */
export function redeemScript(scriptSig: Uint8Array): Uint8Array | undefined {
  if (!isPushOnly(scriptSig)) return undefined
  const last = [...operations(scriptSig)].at(-1)
  return last && (last.data ?? new Uint8Array(0))
}

/** Of one script. `accurate`: a multisignature of a number of keys that stands before it counts for so many (BIP16). */
export function sigops(script: Uint8Array, accurate: boolean): number {
  let count = 0
  let before = -1
  for (let at: number | undefined = 0; at !== undefined && at < script.length; ) {
    const opcode = script[at] as number
    at = endOf(script, at)
    if (at === undefined) break
    if (opcode === OP.checkSig || opcode === OP.checkSigVerify) count++
    else if (opcode === OP.checkMultisig || opcode === OP.checkMultisigVerify)
      count += (accurate && smallNumber(before)) || MAX_MULTISIG_KEYS
    before = opcode
  }
  return count
}
