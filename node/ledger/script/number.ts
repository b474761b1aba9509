// Numbers and truth in a script's items: little-endian, the highest bit is the sign, as short as may be.

import { ScriptFault } from './errors.ts'

/** What a number may take as an operand; what comes of operands may be longer, but is no operand again. */
const OPERAND_BYTES = 4

export const FALSE: Uint8Array = new Uint8Array(0)
export const TRUE: Uint8Array = Uint8Array.of(1)

/** The number that an item stands for. `minimal`: refuse longer forms of it. */
export function decodeNumber(item: Uint8Array, minimal: boolean, maxBytes = OPERAND_BYTES): number {
  if (item.length > maxBytes || (minimal && !isMinimalNumber(item))) throw new ScriptFault('UNKNOWN_ERROR')
  if (item.length === 0) return 0
  let value = 0
  for (let i = item.length - 1; i >= 0; i--) value = value * 256 + (item[i] as number)
  const sign = 2 ** (8 * item.length - 1)
  return value >= sign ? 0 - (value - sign) : value
}

/** Its shortest form; for integers that a double holds. */
export function encodeNumber(value: number): Uint8Array {
  if (value === 0) return FALSE
  const bytes: number[] = []
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  const last = bytes.length - 1
  const sign = value < 0 ? 0x80 : 0
  if ((bytes[last] as number) >= 0x80) bytes.push(sign)
  else bytes[last] = (bytes[last] as number) | sign
  return Uint8Array.from(bytes)
}

export function encodeBoolean(value: boolean): Uint8Array {
  return value ? TRUE : FALSE
}

/** Anything but zero; minus zero is one, too. */
export function isTrue(item: Uint8Array): boolean {
  const last = item.length - 1
  for (let i = 0; i <= last; i++) if (item[i] !== 0) return i < last || item[i] !== 0x80
  return false
}

/** The last byte is needed: it holds more than the sign, or the one before it uses the bit of the sign. */
function isMinimalNumber(item: Uint8Array): boolean {
  const last = item[item.length - 1]
  if (last === undefined || (last & 0x7f) !== 0) return true
  return item.length > 1 && ((item[item.length - 2] as number) & 0x80) !== 0
}
