// Scripts in words, as Bitcoin Core shows them in `asm`.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { isUnspendable } from '../script/kinds.ts'
import { OPCODE_NAMES } from '../script/names.ts'

/** Of hash types. */
export const SIGHASH_NAMES: ReadonlyMap<number, string> = new Map([
  [0x01, 'ALL'],
  [0x02, 'NONE'],
  [0x03, 'SINGLE'],
  [0x81, 'ALL|ANYONECANPAY'],
  [0x82, 'NONE|ANYONECANPAY'],
  [0x83, 'SINGLE|ANYONECANPAY'],
])

/**
 * Pushes as hex (small ones as numbers), the rest by name; `[error]` where a push runs over the end. `signatures`: what a
 * signature signs is told by name behind it, as in the script of an input; what nobody can spend has none.
 */
export function disassemble(script: Uint8Array, signatures = false): string {
  const isData = isUnspendable(script)
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
    words.push((signatures && !isData && signatureWord(push.data)) || wordOf(push.data))
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

/** A signature without the byte behind it that says what it signs, and that in words; undefined if it is none. */
function signatureWord(data: Uint8Array): string | undefined {
  const name = SIGHASH_NAMES.get(data.at(-1) ?? 0)
  if (name === undefined || !isDer(data.subarray(0, -1))) return undefined
  return `${toHex(data.subarray(0, -1))}[${name}]`
}

/** Two positive numbers in strict DER (BIP66). */
function isDer(bytes: Uint8Array): boolean {
  if (bytes.length < 8 || bytes.length > 72 || bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2)
    return false
  const lengthR = bytes[3] ?? 0
  const atS = 4 + lengthR
  const lengthS = bytes[atS + 1] ?? 0
  return atS + 2 + lengthS === bytes.length && isDerNumber(bytes, 2) && isDerNumber(bytes, atS)
}

/** Without a zero in front that is not needed for the sign. */
function isDerNumber(bytes: Uint8Array, at: number): boolean {
  const [tag, length = 0, first = 0, second = 0] = bytes.subarray(at)
  if (tag !== 0x02 || length === 0 || first >= 0x80) return false
  return length === 1 || first !== 0 || second >= 0x80
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
