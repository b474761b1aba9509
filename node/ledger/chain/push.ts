// Pushes in scripts, as far as the chain's own rules need them: the height in a coinbase (BIP34) and data carriers.

import { joined } from '../../bitcoin/wire/joined.ts'

/** `OP_RETURN`: an output whose script begins with it can never be spent. */
export const OP_RETURN = 0x6a

/** A push with its length in as few bytes as may be: up to 75 in the opcode itself, up to 255 behind it, up to 65,535 in two. */
export function pushData(data: Uint8Array): Uint8Array {
  const { length } = data
  const prefix =
    length <= 75 ? [length] : length <= 0xff ? [0x4c, length] : [0x4d, length & 0xff, length >> 8]
  if (length > 0xffff) throw new RangeError(`a push of ${length} bytes`)
  return concat(Uint8Array.from(prefix), data)
}

/** The minimal push of a number ≥ 0: OP_0, OP_1 … OP_16, or its little-endian bytes with a sign bit to spare. */
export function pushNumber(value: number): Uint8Array {
  if (value === 0) return Uint8Array.of(0)
  if (value <= 16) return Uint8Array.of(0x50 + value)
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  if ((bytes.at(-1) as number) & 0x80) bytes.push(0)
  return pushData(Uint8Array.from(bytes))
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return joined(parts)
}
