// What is already signed in a transaction's input: it may be complete, or have some signatures of several.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { hash160 } from '../chain/hash160.ts'
import type { TxIn, TxOut } from '../chain/types.ts'
import { Checker, type Spend } from '../script/checker.ts'
import { STANDARD_FLAGS } from '../script/flags.ts'
import { classify } from '../script/kinds.ts'
import { smallNumber } from '../script/opcodes.ts'
import { operations } from '../script/operation.ts'
import { verifySpend } from '../script/verify.ts'
import { SignatureData } from './signature-data.ts'

export function extractSignatures(spend: Spend): SignatureData {
  const data = new SignatureData()
  const input = spend.tx.inputs[spend.index] as TxIn
  const { script } = spend.coins[spend.index] as TxOut
  data.scriptSig = input.scriptSig
  data.witness = input.witness
  if (verifySpend(spend, STANDARD_FLAGS) === undefined) {
    data.complete = true
    return data
  }
  let items = pushesOf(input.scriptSig)
  let inner = script
  if (classify(inner).kind === 'p2sh' && (items.at(-1)?.length ?? 0) > 0) {
    inner = items.at(-1) as Uint8Array
    data.redeemScript = inner
    items = items.slice(0, -1)
  }
  const inWitness = classify(inner).kind === 'p2wsh' && (input.witness.at(-1)?.length ?? 0) > 0
  if (inWitness) {
    inner = input.witness.at(-1) as Uint8Array
    data.witnessScript = inner
    items = input.witness.slice(0, -1)
  }
  matchSignatures(new Checker(spend), inner, items, inWitness ? 'witness' : 'base', data)
  return data
}

/** Tells of which key of a multisignature each signature is: both have the same order. */
function matchSignatures(
  checker: Checker,
  script: Uint8Array,
  items: readonly Uint8Array[],
  version: 'base' | 'witness',
  data: SignatureData,
): void {
  const kind = classify(script)
  if (kind.kind !== 'multisig') return
  let from = 0
  for (const signature of items) {
    if (signature.length === 0) continue
    const at = kind.keys.findIndex((key, i) => i >= from && checker.isSigned(signature, key, script, version))
    if (at === -1) continue
    const publicKey = kind.keys[at] as Uint8Array
    data.signatures.set(toHex(hash160(publicKey)), { publicKey, signature })
    from = at + 1
  }
}

/** The items that a script of pushes leaves; none where it does anything else. */
function pushesOf(script: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = []
  for (const step of operations(script)) {
    const number = step && step.data === undefined ? smallNumber(step.opcode) : undefined
    const item = step?.data ?? (number === undefined ? undefined : numberBytes(number))
    if (item === undefined) return []
    items.push(item)
  }
  return items
}

function numberBytes(number: number): Uint8Array {
  return number === 0 ? new Uint8Array(0) : Uint8Array.of(number)
}
