// Scripts in words, as Bitcoin Core shows them in `asm`.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { OPCODE_NAMES } from '../script/names.ts'

/** Pushes as hex (small ones as numbers), the rest by name; `[error]` where a push runs over the end. */
export function disassemble(script: Uint8Array): string {
  const words: string[] = []
  let at = 0
  while (at < script.length) {
    const opcode = script[at++] as number
    if (opcode > 0x4e) {
      words.push(nameOf(opcode))
      continue
    }
    const push = pushAt(script, opcode, at)
    if (!push) {
      words.push('[error]')
      break
    }
    words.push(wordOf(push.data))
    at = push.next
  }
  return words.join(' ')
}

/** The data of a push whose opcode stood before `at`. */
function pushAt(
  script: Uint8Array,
  opcode: number,
  at: number,
): { data: Uint8Array; next: number } | undefined {
  const lengthBytes = opcode < 0x4c ? 0 : 1 << (opcode - 0x4c)
  let length = opcode
  if (lengthBytes > 0) {
    if (at + lengthBytes > script.length) return undefined
    length = 0
    for (let i = lengthBytes - 1; i >= 0; i--) length = length * 256 + (script[at + i] as number)
  }
  const next = at + lengthBytes + length
  return next > script.length ? undefined : { data: script.subarray(at + lengthBytes, next), next }
}

/** Up to four bytes are a number in the script's own form: little-endian, the highest bit is the sign. */
function wordOf(data: Uint8Array): string {
  if (data.length > 4) return toHex(data)
  let value = 0
  for (let i = data.length - 1; i >= 0; i--) value = value * 256 + (data[i] as number)
  const sign = 2 ** (8 * data.length - 1)
  return String(data.length > 0 && value >= sign ? sign - value : value)
}

function nameOf(opcode: number): string {
  if (opcode === 0x4f) return '-1'
  if (opcode > 0x50 && opcode <= 0x60) return String(opcode - 0x50)
  const name = OPCODE_NAMES[opcode]
  return name === undefined ? 'OP_UNKNOWN' : `OP_${name}`
}
