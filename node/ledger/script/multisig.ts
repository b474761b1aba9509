// OP_CHECKMULTISIG: m signatures by m of n keys, in the keys' order. And an item that it takes too many, a bug of the first
// client that is now a rule (BIP147).

import { checkKeyForm, checkSignatureForm } from './encoding.ts'
import { demand } from './errors.ts'
import { VERIFY } from './flags.ts'
import { MAX_MULTISIG_KEYS } from './limits.ts'
import type { Machine } from './machine.ts'
import { OP } from './opcodes.ts'
import { signedCode } from './operations-crypto.ts'
import type { Operations } from './operations-flow.ts'

export const MULTISIG: Operations = [
  [OP.checkMultisig, machine => machine.pushBoolean(checkSignatures(machine))],
  [OP.checkMultisigVerify, machine => demand(checkSignatures(machine), 'CHECKMULTISIGVERIFY')],
]

/** Where the arguments lie, counted from the top; each list is looked through from there downwards. */
interface Arguments {
  readonly signatures: readonly Uint8Array[]
  readonly keys: readonly Uint8Array[]
  /** With both counts, without the item below. */
  readonly items: number
}

function checkSignatures(machine: Machine): boolean {
  demand(machine.program.version !== 'tapscript', 'TAPSCRIPT_CHECKMULTISIG')
  const { signatures, keys, items } = argumentsOf(machine)
  const code = signedCode(machine, signatures)
  const valid = haveSigned(machine, signatures, keys, code)
  machine.stack.length -= items
  if (!valid && machine.has(VERIFY.NULLFAIL))
    demand(
      signatures.every(signature => signature.length === 0),
      'SIG_NULLFAIL',
    )
  const dummy = machine.pop()
  demand(dummy.length === 0 || !machine.has(VERIFY.NULLDUMMY), 'SIG_NULLDUMMY')
  return valid
}

function argumentsOf(machine: Machine): Arguments {
  const keyCount = machine.number(machine.top())
  demand(keyCount >= 0 && keyCount <= MAX_MULTISIG_KEYS, 'PUBKEY_COUNT')
  machine.count(keyCount)
  machine.need(keyCount + 2)
  const signatureCount = machine.number(machine.top(keyCount + 2))
  demand(signatureCount >= 0 && signatureCount <= keyCount, 'SIG_COUNT')
  const items = keyCount + signatureCount + 2
  machine.need(items + 1)
  const from = (depth: number, count: number) =>
    Array.from({ length: count }, (_, i) => machine.top(depth + i))
  return { keys: from(2, keyCount), signatures: from(keyCount + 3, signatureCount), items }
}

/** Each signature is tried on the next keys until one has made it; as soon as too few are left, no. */
function haveSigned(
  machine: Machine,
  signatures: readonly Uint8Array[],
  keys: readonly Uint8Array[],
  code: Uint8Array,
): boolean {
  const { checker, flags, version: rules } = machine.program
  const version = rules === 'witness' ? 'witness' : 'base'
  let next = 0
  for (const [i, key] of keys.entries()) {
    const signature = signatures[next]
    if (signature === undefined) return true
    if (signatures.length - next > keys.length - i) return false
    checkSignatureForm(signature, flags)
    checkKeyForm(key, version, flags)
    if (checker.isSigned(signature, key, code, version)) next++
  }
  return next === signatures.length
}
