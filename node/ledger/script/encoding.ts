// The forms that flags ask of signatures and keys before anybody looks whether they are valid.

import { decodeLaxDer, hasHighS, isStrictDer } from './der.ts'
import { demand } from './errors.ts'
import { VERIFY } from './flags.ts'
import { SIGHASH } from './sighash-type.ts'
import type { SigVersion } from './version.ts'

const ANY_DER = VERIFY.DERSIG | VERIFY.LOW_S | VERIFY.STRICTENC

/** BIP66, BIP146 and the known hash types. An empty signature is no signature, and of every form. */
export function checkSignatureForm(signature: Uint8Array, flags: number): void {
  if (signature.length === 0) return
  const numbers = signature.subarray(0, -1)
  if (flags & ANY_DER) demand(isStrictDer(numbers), 'SIG_DER')
  if (flags & VERIFY.LOW_S) demand(!hasHighS(decodeLaxDer(numbers) as Uint8Array), 'SIG_HIGH_S')
  if (flags & VERIFY.STRICTENC) demand(isDefinedType(signature.at(-1) as number), 'SIG_HASHTYPE')
}

export function checkKeyForm(publicKey: Uint8Array, version: SigVersion, flags: number): void {
  const compressed = isCompressed(publicKey)
  if (flags & VERIFY.STRICTENC)
    demand(compressed || (publicKey.length === 65 && publicKey[0] === 4), 'PUBKEYTYPE')
  if (flags & VERIFY.WITNESS_PUBKEYTYPE && version === 'witness') demand(compressed, 'WITNESS_PUBKEYTYPE')
}

/** Its first byte says how long it is: 2 and 3 compressed; 4, and the hybrid 6 and 7, whole. */
export function hasKeySize({ length, 0: first = 0 }: Uint8Array): boolean {
  if (length === 33) return first === 2 || first === 3
  return length === 65 && (first === 4 || first === 6 || first === 7)
}

function isCompressed(publicKey: Uint8Array): boolean {
  return publicKey.length === 33 && (publicKey[0] === 2 || publicKey[0] === 3)
}

function isDefinedType(type: number): boolean {
  const covered = type & ~SIGHASH.anyoneCanPay
  return covered >= SIGHASH.all && covered <= SIGHASH.single
}
