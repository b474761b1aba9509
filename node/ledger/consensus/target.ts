// Compact targets ("bits"), the 256-bit targets they stand for, and the work they prove. Formats are Bitcoin's.

import { sixteenDigits } from '../../core/digits.ts'
import { ConsensusError } from '../../errors.ts'

const TWO_256 = 1n << 256n
/** The target of difficulty 1: 1d00ffff. */
const DIFFICULTY_1 = 0xffff * 2 ** 208

/** Decodes a compact target: a byte of size, a sign bit, 23 bits of mantissa. Negative, zero and overflowing ones are `bad-diffbits`. */
export function bitsToTarget(bits: number): bigint {
  const size = bits >>> 24
  const mantissa = bits & 0x007fffff
  const target =
    size <= 3 ? BigInt(mantissa >>> (8 * (3 - size))) : BigInt(mantissa) << BigInt(8 * (size - 3))
  const negative = (bits & 0x00800000) !== 0
  if (negative || target === 0n || target >= TWO_256)
    throw new ConsensusError('bad-diffbits', `${hex(bits)} is no target`)
  return target
}

/** Encodes a target, rounding down to the 23 bits that fit. */
export function targetToBits(target: bigint): number {
  let size = Math.ceil(bitLength(target) / 8)
  let mantissa = Number(size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)))
  // The highest mantissa bit is the sign; a mantissa that reaches it moves one byte down.
  if (mantissa & 0x00800000) {
    mantissa >>>= 8
    size++
  }
  return ((size << 24) | mantissa) >>> 0
}

/** The target as the miner compares it: 32 bytes, little-endian. */
export function targetBytes(bits: number): Uint8Array {
  let rest = bitsToTarget(bits)
  const bytes = new Uint8Array(32)
  for (let i = 0; rest > 0n; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}

/** Of the bits that were asked for lately: a division of 257 bits for each header of each peer adds up. */
const knownWork = new Map<number, bigint>()
const KNOWN_WORK = 256

/** Expected hashes to meet the target, rounded down: floor(2^256 / (target + 1)). */
export function workOfBits(bits: number): bigint {
  const known = knownWork.get(bits)
  if (known !== undefined) return known
  const work = TWO_256 / (bitsToTarget(bits) + 1n)
  if (knownWork.size >= KNOWN_WORK) knownWork.clear()
  knownWork.set(bits, work)
  return work
}

/** How many times harder than 1d00ffff, as `getdifficulty` shows it. */
export function difficultyOfBits(bits: number): number {
  return sixteenDigits(DIFFICULTY_1 / Number(bitsToTarget(bits)))
}

/** The compact target that takes about `hashes` tries (from one to 2^255). */
export function bitsForExpectedHashes(hashes: number): number {
  const tries = Math.min(Math.max(hashes, 1), 2 ** 255)
  // 32 fraction bits, so that small expectations are not rounded to whole hashes.
  return targetToBits((TWO_256 << 32n) / BigInt(Math.round(tries * 2 ** 32)) - 1n)
}

/** True when a header's hash (display hex) proves work for its bits. */
export function meetsTarget(hash: string, target: bigint): boolean {
  return BigInt(`0x${hash}`) <= target
}

/** True when a header's hash proves the work that its bits state; false for bits that are no target. */
export function meetsBits(hash: string, bits: number): boolean {
  const target = claimedTarget(bits)
  return target !== undefined && meetsTarget(hash, target)
}

/** The target that a header states; undefined for bits that are none. */
export function claimedTarget(bits: number): bigint | undefined {
  try {
    return bitsToTarget(bits)
  } catch {
    return undefined
  }
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0')
}
