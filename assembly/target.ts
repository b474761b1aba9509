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

/** Are two digests equal? `memory.compare` goes byte by byte where addresses are not aligned alike. */
@inline
export function equal(x: usize, y: usize): bool {
  return (
    load<u64>(x, 0) == load<u64>(y, 0) &&
    load<u64>(x, 8) == load<u64>(y, 8) &&
    load<u64>(x, 16) == load<u64>(y, 16) &&
    load<u64>(x, 24) == load<u64>(y, 24)
  )
}

/** TARGET ← the target that `bits` state in compact form. False for a negative, zero or overflowing one: no hash meets it. */
export function expandBits(bits: u32): bool {
  const size = bits >> 24
  const mantissa = bits & 0x007fffff
  const bytes: u32 = mantissa > 0xffff ? 3 : mantissa > 0xff ? 2 : 1
  if (bits & 0x00800000 || size + bytes > 35) return false
  for (let i: usize = 0; i < 32; i += 8) store<u64>(TARGET + i, 0)
  if (size <= 3) store<u32>(TARGET, mantissa >> (8 * (3 - size)))
  else for (let i: u32 = 0; i < bytes; i++) store<u8>(TARGET + size - 3 + i, u8(mantissa >> (8 * i)))
  return (load<u64>(TARGET) | load<u64>(TARGET, 8) | load<u64>(TARGET, 16) | load<u64>(TARGET, 24)) != 0
}
