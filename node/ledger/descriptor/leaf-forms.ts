// The forms of tapscript leaves that descriptors make: one key that signs (BIP386), some of several (BIP387).

import { toHex } from '../../bitcoin/wire/hex.ts'
import { OP } from '../script/opcodes.ts'
import { operations } from '../script/operation.ts'
import { multiAScript } from './node.ts'

const KEY_BYTES = 32

/** The key, by its x. */
export function matchPkLeaf(script: Uint8Array): Uint8Array | undefined {
  const fits = script.length === KEY_BYTES + 2 && script[0] === KEY_BYTES && script[33] === OP.checkSig
  return fits ? script.subarray(1, 33) : undefined
}

export function matchMultiA(
  script: Uint8Array,
): { readonly needed: number; readonly keys: readonly Uint8Array[] } | undefined {
  const keys: Uint8Array[] = []
  for (const step of operations(script)) {
    if (step === undefined) return undefined
    if (step.data?.length === KEY_BYTES) keys.push(step.data)
  }
  // Of as many keys as stand there, it is the one script that needs this many of them, or it is none.
  if (keys.length === 0) return undefined
  const needed = neededIn(script, keys.length)
  const again = needed >= 1 && needed <= keys.length ? multiAScript(needed, keys) : undefined
  return again && toHex(again) === toHex(script) ? { needed, keys } : undefined
}

/** The number behind the last key and its opcode. */
function neededIn(script: Uint8Array, count: number): number {
  const tail = script.subarray(count * (KEY_BYTES + 2), -1)
  if (tail.length === 1) return (tail[0] as number) - OP.reserved
  return tail.subarray(1).reduceRight((sum, byte) => sum * 256 + byte, 0)
}
