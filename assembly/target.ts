// Targets: the 256-bit numbers that a block's hash must not exceed. Hashes and targets are 32 bytes, little-endian.

import { TARGET } from './layout'

/** Is a digest, as a number, not above a target? */
export function atMost(digest: usize, target: usize): bool {
  for (let i: isize = 24; i >= 0; i -= 8) {
    const word = load<u64>(digest + i)
    const limit = load<u64>(target + i)
    if (word != limit) return word < limit
  }
  return true
}

/** Does a digest meet a compact target? Negative, zero and overflowing ones are met by none. TARGET ← the target. */
export function meetsBits(digest: usize, bits: u32): bool {
  const size = bits >> 24
  const mantissa = bits & 0x007fffff
  const bytes: u32 = mantissa > 0xffff ? 3 : mantissa > 0xff ? 2 : 1
  if (bits & 0x00800000 || size + bytes > 35) return false
  memory.fill(TARGET, 0, 32)
  if (size <= 3) store<u32>(TARGET, mantissa >> (8 * (3 - size)))
  else for (let i: u32 = 0; i < bytes; i++) store<u8>(TARGET + size - 3 + i, u8(mantissa >> (8 * i)))
  const isZero =
    (load<u64>(TARGET) | load<u64>(TARGET, 8) | load<u64>(TARGET, 16) | load<u64>(TARGET, 24)) == 0
  return !isZero && atMost(digest, TARGET)
}
