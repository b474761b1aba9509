// A script as a row of operations: where each begins and ends, and what it pushes. Nothing is executed here.

import { concat } from '../chain/push.ts'
import { OP } from './opcodes.ts'

export interface Operation {
  readonly opcode: number
  /** What a push carries: a view; undefined for what carries no data of its own. */
  readonly data: Uint8Array | undefined
  /** Where the next begins. */
  readonly end: number
}

const NO_DATA = new Uint8Array(0)

/** The operation at `at`; undefined if it is cut off. */
export function operation(script: Uint8Array, at: number): Operation | undefined {
  const opcode = script[at] as number
  const end = endOf(script, at)
  if (end === undefined) return undefined
  if (opcode > OP.pushData4) return { opcode, data: undefined, end }
  if (opcode === OP.zero) return { opcode, data: NO_DATA, end }
  return { opcode, data: script.subarray(at + 1 + lengthDigits(opcode), end), end }
}

/** Where the operation at `at` ends; undefined if it is cut off. For those who look at many and need no more of them. */
export function endOf(script: Uint8Array, at: number): number | undefined {
  const opcode = script[at] as number
  const start = at + 1
  if (opcode > OP.pushData4 || opcode === OP.zero) return start
  if (opcode < OP.pushData1) return start + opcode <= script.length ? start + opcode : undefined
  const digits = lengthDigits(opcode)
  if (start + digits > script.length) return undefined
  let length = 0
  for (let i = digits - 1; i >= 0; i--) length = length * 256 + (script[start + i] as number)
  const end = start + digits + length
  return end <= script.length ? end : undefined
}

/** Of the length of a push, where it stands behind the opcode. */
function lengthDigits(opcode: number): number {
  if (opcode < OP.pushData1) return 0
  return opcode === OP.pushData1 ? 1 : opcode === OP.pushData2 ? 2 : 4
}

/** All operations up to the end, or up to where the script is cut off: then undefined comes last. */
export function* operations(script: Uint8Array): Generator<Operation | undefined> {
  for (let at = 0; at < script.length; ) {
    const step = operation(script, at)
    yield step
    if (step === undefined) return
    at = step.end
  }
}

/** Nothing but pushes (OP_RESERVED, which fails when executed, is one in Core's eyes). */
export function isPushOnly(script: Uint8Array): boolean {
  for (const step of operations(script)) if (step === undefined || step.opcode > OP.sixteen) return false
  return true
}

/** Is this the shortest way to push this? (BIP62, rule 3) */
export function isMinimalPush(opcode: number, data: Uint8Array): boolean {
  const [first = 0] = data
  if (data.length === 0) return opcode === OP.zero
  if (data.length === 1 && ((first >= 1 && first <= 16) || first === 0x81)) return false
  if (data.length < OP.pushData1) return opcode === data.length
  if (data.length <= 0xff) return opcode === OP.pushData1
  return data.length > 0xffff || opcode === OP.pushData2
}

/**
 * Core's FindAndDelete: the script without `part`, wherever an operation begins with it. Of scripts before segwit only, whose
 * signatures were once thought to sign themselves.
 */
export function findAndDelete(
  script: Uint8Array,
  part: Uint8Array,
): { readonly script: Uint8Array; readonly found: number } {
  const kept: Uint8Array[] = []
  let found = 0
  let from = 0
  for (let at = 0; part.length > 0; ) {
    const begin = at
    while (startsAt(script, at, part)) at += part.length
    if (at > begin) {
      found += (at - begin) / part.length
      kept.push(script.subarray(from, begin))
      from = at
    }
    const step = at < script.length ? operation(script, at) : undefined
    if (step === undefined) break
    at = step.end
  }
  return found === 0 ? { script, found } : { script: concat(...kept, script.subarray(from)), found }
}

/** What legacy signatures sign of a script: all but its OP_CODESEPARATORs. */
export function withoutCodeSeparators(script: Uint8Array): Uint8Array {
  if (!script.includes(OP.codeSeparator)) return script
  const kept: Uint8Array[] = []
  let from = 0
  let at = 0
  for (const step of operations(script)) {
    if (step === undefined) break
    if (step.opcode === OP.codeSeparator) {
      kept.push(script.subarray(from, at))
      from = step.end
    }
    at = step.end
  }
  return concat(...kept, script.subarray(from))
}

function startsAt(script: Uint8Array, at: number, part: Uint8Array): boolean {
  if (at + part.length > script.length) return false
  for (let i = 0; i < part.length; i++) if (script[at + i] !== part[i]) return false
  return true
}
