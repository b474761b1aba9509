// May an input spend its coin? One pure function of the transaction, the coins that it spends and the rules in force.

import { sameBytes } from '../../bitcoin/wire/bytes.ts'
import { pushData } from '../chain/push.ts'
import type { TxIn, TxOut } from '../chain/types.ts'
import { Checker, type Spend } from './checker.ts'
import { demand, type ScriptError, ScriptFault } from './errors.ts'
import { VERIFY } from './flags.ts'
import { execute } from './interpreter.ts'
import { isP2sh, witnessProgramOf } from './kinds.ts'
import { isTrue } from './number.ts'
import { isPushOnly } from './operation.ts'
import { checkWitness } from './witness.ts'

/** Core's VerifyScript: undefined when the spend is good, else why it is not. */
export function verifySpend(spend: Spend, flags: number): ScriptError | undefined {
  try {
    check(spend, flags)
    return undefined
  } catch (error) {
    if (error instanceof ScriptFault) return error.code
    throw error
  }
}

function check(spend: Spend, flags: number): void {
  const { scriptSig, witness } = spend.tx.inputs[spend.index] as TxIn
  const { script } = spend.coins[spend.index] as TxOut
  const checker = new Checker(spend)
  if (flags & VERIFY.SIGPUSHONLY) demand(isPushOnly(scriptSig), 'SIG_PUSHONLY')

  const stack: Uint8Array[] = []
  execute({ script: scriptSig, flags, version: 'base', checker }, stack)
  const brought = [...stack]
  execute({ script, flags, version: 'base', checker }, stack)
  demandTrue(stack)

  const nested = flags & VERIFY.P2SH && isP2sh(script) ? brought.at(-1) : undefined
  const left = nested ? runNested(nested, brought, scriptSig, flags, checker) : stack.length
  const program = flags & VERIFY.WITNESS ? witnessProgramOf(nested ?? script) : undefined
  if (program) {
    // BIP141: what is signed by the witness must not be changed by others through the scriptSig.
    if (!nested) demand(scriptSig.length === 0, 'WITNESS_MALLEATED')
    else demand(isPushOf(scriptSig, nested), 'WITNESS_MALLEATED_P2SH')
    checkWitness(witness, program, flags, checker, nested !== undefined)
  }
  if (flags & VERIFY.CLEANSTACK) demand(program !== undefined || left === 1, 'CLEANSTACK')
  if (flags & VERIFY.WITNESS) demand(program !== undefined || witness.length === 0, 'WITNESS_UNEXPECTED')
}

/** BIP16: what was pushed last is a script, and runs on what was pushed before it. How many items it leaves. */
function runNested(
  script: Uint8Array,
  brought: readonly Uint8Array[],
  scriptSig: Uint8Array,
  flags: number,
  checker: Checker,
): number {
  demand(isPushOnly(scriptSig), 'SIG_PUSHONLY')
  const stack = brought.slice(0, -1)
  execute({ script, flags, version: 'base', checker }, stack)
  demandTrue(stack)
  return stack.length
}

function demandTrue(stack: readonly Uint8Array[]): void {
  const top = stack.at(-1)
  demand(top !== undefined && isTrue(top), 'EVAL_FALSE')
}

function isPushOf(script: Uint8Array, data: Uint8Array): boolean {
  return sameBytes(script, pushData(data))
}
