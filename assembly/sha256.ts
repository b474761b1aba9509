// SHA-256 of one message (FIPS 180-4), piece by piece, with the scalar compression.

import { DATA, DIGEST, STATE, TAIL } from './layout'
import { compress, rehash } from './unrolled'

/** Σ of FIPS 180-4, 4.1.2. */
@inline
export function bigSigma(x: u32, r: u32, s: u32, t: u32): u32 {
  return rotr<u32>(x, r) ^ rotr<u32>(x, s) ^ rotr<u32>(x, t)
}

/** σ of FIPS 180-4, 4.1.2. */
@inline
export function sigma(x: u32, r: u32, s: u32, shift: u32): u32 {
  return rotr<u32>(x, r) ^ rotr<u32>(x, s) ^ (x >> shift)
}

/** Ch: e ? f : g, bit by bit. */
@inline
export function choose(e: u32, f: u32, g: u32): u32 {
  return g ^ (e & (f ^ g))
}

/** The initial hash value (5.3.3). */
export const IV: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
])

/** STATE ← the initial hash value. */
export function begin(): void {
  memory.copy(STATE, IV, 32)
}

/** Takes the first `blocks` 64-byte blocks of DATA in. */
export function absorb(blocks: u32): void {
  absorbFrom(DATA, blocks)
}

export function absorbFrom(source: usize, blocks: u32): void {
  for (let i: u32 = 0; i < blocks; i++) compress(STATE, source + 64 * i)
}

/** Takes the message's rest in, `rest` < 64 bytes at `source`, and its padding. `bytes`: length of the whole message. */
export function pad(source: usize, rest: u32, bytes: u64): void {
  memory.fill(TAIL, 0, 128)
  memory.copy(TAIL, source, rest)
  store<u8>(TAIL + rest, 0x80)
  const end: usize = rest < 56 ? TAIL + 64 : TAIL + 128
  store<u64>(end - 8, bswap<u64>(8 * bytes))
  compress(STATE, TAIL)
  if (rest >= 56) compress(STATE, TAIL + 64)
}

/** Eight words → bytes in wire order. */
export function writeDigest(state: usize, target: usize): void {
  for (let i: usize = 0; i < 32; i += 4) store<u32>(target + i, bswap<u32>(load<u32>(state + i)))
}

/** DIGEST ← SHA-256 of what was absorbed and `rest` bytes of DATA. An f64, because a JS number reaches 2^53. */
export function finish(rest: u32, bytes: f64): void {
  pad(DATA, rest, u64(bytes))
  writeDigest(STATE, DIGEST)
}

/** DIGEST ← SHA-256 of the first `length` bytes of DATA. */
export function sha256(length: u32): void {
  hashOf(DATA, length)
  writeDigest(STATE, DIGEST)
}

/** DIGEST ← SHA-256 of SHA-256 of the first `length` bytes of DATA. */
export function sha256d(length: u32): void {
  doubleHashOf(DATA, length)
  writeDigest(STATE, DIGEST)
}

export function doubleHashOf(source: usize, length: u32): void {
  hashOf(source, length)
  rehash(STATE, 0)
}

function hashOf(source: usize, length: u32): void {
  begin()
  absorbFrom(source, length >> 6)
  pad(source + (length & ~63), length & 63, length)
}
