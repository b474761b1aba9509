// Operations that hash, and those that check one signature. Of many: multisig.ts.

import { ripemd160, sha1 } from '@noble/hashes/legacy.js'
import { hasher } from '../../hash.ts'
import { hash160 } from '../chain/hash160.ts'
import { pushData } from '../chain/push.ts'
import { checkKeyForm, checkSignatureForm } from './encoding.ts'
import { demand, ScriptFault } from './errors.ts'
import { VERIFY } from './flags.ts'
import type { LeafContext, Machine } from './machine.ts'
import { OP } from './opcodes.ts'
import { findAndDelete } from './operation.ts'
import type { Execute, Operations } from './operations-flow.ts'

/** BIP342, "Resource limits": what a signature that is checked costs. */
const SIGNATURE_WEIGHT = 50
const SCHNORR_KEY_BYTES = 32

export const CRYPTO: Operations = [
  [OP.ripemd160, hashing(ripemd160)],
  [OP.sha1, hashing(sha1)],
  [OP.sha256, hashing(hasher.sha256)],
  [OP.hash160, hashing(hash160)],
  [OP.hash256, hashing(hasher.sha256d)],
  [
    OP.codeSeparator,
    machine => {
      machine.codeStart = machine.next
      machine.codeSeparator = machine.at
    },
  ],
  [OP.checkSig, machine => machine.pushBoolean(checkSignature(machine))],
  [OP.checkSigVerify, machine => demand(checkSignature(machine), 'CHECKSIGVERIFY')],
  [OP.checkSigAdd, addSignature],
]

function hashing(hash: (item: Uint8Array) => Uint8Array): Execute {
  return machine => machine.push(hash(machine.pop()))
}

/** Takes a key and a signature below it. */
function checkSignature(machine: Machine): boolean {
  machine.need(2)
  const valid = isValid(machine, machine.top(2), machine.top())
  machine.pop()
  machine.pop()
  return valid
}

/** BIP342: a key, a number and a signature; the number is one more if the signature is good. */
function addSignature(machine: Machine): void {
  demand(machine.program.version === 'tapscript', 'BAD_OPCODE')
  machine.need(3)
  const count = machine.number(machine.top(2))
  const valid = isValid(machine, machine.top(3), machine.top())
  machine.stack.length -= 3
  machine.pushNumber(count + (valid ? 1 : 0))
}

function isValid(machine: Machine, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const { leaf } = machine.program
  return leaf
    ? isValidInLeaf(machine, leaf, signature, publicKey)
    : isValidEcdsa(machine, signature, publicKey)
}

function isValidEcdsa(machine: Machine, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const { program } = machine
  const version = program.version === 'witness' ? 'witness' : 'base'
  const code = signedCode(machine, [signature])
  checkSignatureForm(signature, program.flags)
  checkKeyForm(publicKey, version, program.flags)
  const valid = program.checker.isSigned(signature, publicKey, code, version)
  demand(valid || !machine.has(VERIFY.NULLFAIL) || signature.length === 0, 'SIG_NULLFAIL')
  return valid
}

/** BIP342, "Rules for signature opcodes": an empty signature is no, any other must be good. */
function isValidInLeaf(
  machine: Machine,
  leaf: LeafContext,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  const { annex, hash } = leaf
  const present = signature.length > 0
  if (present) {
    leaf.weightLeft -= SIGNATURE_WEIGHT
    demand(leaf.weightLeft >= 0, 'TAPSCRIPT_VALIDATION_WEIGHT')
  }
  if (publicKey.length === 0) throw new ScriptFault('PUBKEYTYPE')
  if (publicKey.length === SCHNORR_KEY_BYTES) {
    const context = { annex, leaf: { hash, codeSeparator: machine.codeSeparator } }
    if (present) machine.program.checker.checkSchnorr(signature, publicKey, context)
  } else demand(!machine.has(VERIFY.DISCOURAGE_UPGRADABLE_PUBKEYTYPE), 'DISCOURAGE_UPGRADABLE_PUBKEYTYPE')
  return present
}

/** What signatures sign of a script before taproot; before segwit without themselves. */
export function signedCode(machine: Machine, signatures: readonly Uint8Array[]): Uint8Array {
  const { script, version } = machine.program
  let code = script.subarray(machine.codeStart)
  if (version !== 'base') return code
  for (const signature of signatures) {
    const without = findAndDelete(code, pushData(signature))
    demand(without.found === 0 || !machine.has(VERIFY.CONST_SCRIPTCODE), 'SIG_FINDANDDELETE')
    code = without.script
  }
  return code
}
