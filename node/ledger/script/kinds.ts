// What an output's script is, by its form alone: the templates that wallets pay to, as Core tells them apart.

import { concat } from '../chain/push.ts'
import { hasKeySize } from './encoding.ts'
import { MAX_MULTISIG_KEYS, MAX_SCRIPT_BYTES } from './limits.ts'
import { OP, smallNumber } from './opcodes.ts'
import { isMinimalPush, isPushOnly, type Operation, operations } from './operation.ts'

export interface WitnessProgram {
  readonly version: number // 0 … 16
  readonly program: Uint8Array // 2 … 40 bytes
}

export type ScriptKind =
  /** `hash`: of the key that can spend it. */
  | { readonly kind: 'p2pkh' | 'p2wpkh'; readonly hash: Uint8Array }
  /** `scriptHash`: of the script that is brought to spend it; 20 bytes of HASH160, or 32 of SHA-256. */
  | { readonly kind: 'p2sh' | 'p2wsh'; readonly scriptHash: Uint8Array }
  /** `key`: 32 bytes, the output key of BIP341. */
  | { readonly kind: 'p2tr'; readonly key: Uint8Array }
  | { readonly kind: 'p2pk'; readonly key: Uint8Array }
  | { readonly kind: 'multisig'; readonly required: number; readonly keys: readonly Uint8Array[] }
  /** Pay to anchor: anyone may spend it. */
  | { readonly kind: 'anchor' }
  /** A witness program without a meaning yet. */
  | { readonly kind: 'witness'; readonly witness: WitnessProgram }
  /** Carries data and can never be spent. */
  | { readonly kind: 'data' }
  | { readonly kind: 'nonstandard' }

const ANCHOR_PROGRAM = Uint8Array.of(0x4e, 0x73)

export function classify(script: Uint8Array): ScriptKind {
  if (isP2pkh(script)) return { kind: 'p2pkh', hash: script.subarray(3, 23) }
  if (isP2sh(script)) return { kind: 'p2sh', scriptHash: script.subarray(2, 22) }
  const witness = witnessProgramOf(script)
  if (witness) return classifyWitness(witness)
  if (script[0] === OP.return) return { kind: isPushOnly(script.subarray(1)) ? 'data' : 'nonstandard' }
  return p2pkOf(script) ?? multisigOf(script) ?? { kind: 'nonstandard' }
}

function classifyWitness(witness: WitnessProgram): ScriptKind {
  const { version, program } = witness
  if (version === 0 && program.length === 20) return { kind: 'p2wpkh', hash: program }
  if (version === 0 && program.length === 32) return { kind: 'p2wsh', scriptHash: program }
  if (version === 0) return { kind: 'nonstandard' }
  if (version === 1 && program.length === 32) return { kind: 'p2tr', key: program }
  return isAnchor(witness) ? { kind: 'anchor' } : { kind: 'witness', witness }
}

/** True if no input can ever spend it: such an output never enters the UTXO set. */
export function isUnspendable(script: Uint8Array): boolean {
  return script[0] === OP.return || script.length > MAX_SCRIPT_BYTES
}

/** BIP141, "Witness program": nothing but a small number and one direct push of 2 to 40 bytes. */
export function witnessProgramOf(script: Uint8Array): WitnessProgram | undefined {
  const { length } = script
  if (length < 4 || length > 42 || script[1] !== length - 2) return undefined
  const version = smallNumber(script[0] as number)
  return version === undefined ? undefined : { version, program: script.subarray(2) }
}

export function isAnchor({ version, program }: WitnessProgram): boolean {
  return version === 1 && program.length === 2 && ANCHOR_PROGRAM.every((byte, i) => byte === program[i])
}

export function isP2pkh(script: Uint8Array): boolean {
  return (
    script.length === 25 &&
    script[0] === OP.dup &&
    script[1] === OP.hash160 &&
    script[2] === 20 &&
    script[23] === OP.equalVerify &&
    script[24] === OP.checkSig
  )
}

/** BIP16. */
export function isP2sh(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === OP.hash160 && script[1] === 20 && script[22] === OP.equal
}

export function p2pkhScript(hash: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(OP.dup, OP.hash160, 20), hash, Uint8Array.of(OP.equalVerify, OP.checkSig))
}

export function p2shScript(hash: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(OP.hash160, 20), hash, Uint8Array.of(OP.equal))
}

/** Of P2WPKH (20 bytes), P2WSH (32) and P2TR alike. */
export function witnessScript({ version, program }: WitnessProgram): Uint8Array {
  const opcode = version === 0 ? OP.zero : OP.reserved + version
  return concat(Uint8Array.of(opcode, program.length), program)
}

export function p2wpkhScript(hash: Uint8Array): Uint8Array {
  return witnessScript({ version: 0, program: hash })
}

function p2pkOf(script: Uint8Array): ScriptKind | undefined {
  const key = script.subarray(1, -1)
  const fits = script[0] === key.length && script.at(-1) === OP.checkSig && hasKeySize(key)
  return fits ? { kind: 'p2pk', key } : undefined
}

/** m, n keys, n, OP_CHECKMULTISIG; all numbers and keys in their shortest pushes. */
function multisigOf(script: Uint8Array): ScriptKind | undefined {
  if (script.at(-1) !== OP.checkMultisig) return undefined
  const [first, ...rest] = operations(script)
  const last = rest.pop()
  const required = countOf(first)
  const total = countOf(rest.pop())
  if (last?.opcode !== OP.checkMultisig || required === undefined || total === undefined) return undefined
  const keys = rest.map(step => step?.data ?? new Uint8Array(0))
  const fits = keys.length === total && required <= total && keys.every(hasKeySize)
  return fits ? { kind: 'multisig', required, keys } : undefined
}

/** 1 … 20, as an opcode or, above 16, as a push of one byte. */
function countOf(step: Operation | undefined): number | undefined {
  if (step === undefined) return undefined
  const { opcode, data } = step
  const value = data?.length === 1 && isMinimalPush(opcode, data) ? data[0] : smallNumber(opcode)
  return value !== undefined && value >= 1 && value <= MAX_MULTISIG_KEYS ? value : undefined
}
