// Segwit addresses: Bech32 for witness version 0 (BIP173), Bech32m for later ones (BIP350).

import type { WitnessProgram } from './script/kinds.ts'

export const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
export const CHECKSUM_DIGITS = 6
export const MAX_CHARACTERS = 90
/** What the checksum polynomial must come to. */
export const BECH32 = 1
export const BECH32M = 0x2bc830a3

export function encodeSegwit(hrp: string, { version, program }: WitnessProgram): string {
  const digits = [version, ...(regroup(program, 8, 5, true) ?? [])]
  const seed = [...expand(hrp), ...digits, ...new Array<number>(CHECKSUM_DIGITS).fill(0)]
  const sum = polymod(seed) ^ constant(version)
  for (let i = CHECKSUM_DIGITS - 1; i >= 0; i--) digits.push((sum >>> (5 * i)) & 31)
  return `${hrp}1${digits.map(digit => ALPHABET[digit]).join('')}`
}

/** The witness program; undefined unless `text` is a whole, valid address with this human-readable part. */
export function decodeSegwit(hrp: string, text: string): WitnessProgram | undefined {
  const lower = text.toLowerCase()
  if (text.length > MAX_CHARACTERS || (text !== lower && text !== text.toUpperCase())) return undefined
  if (lower.lastIndexOf('1') !== hrp.length || !lower.startsWith(hrp)) return undefined
  const digits = Array.from(lower.slice(hrp.length + 1), character => ALPHABET.indexOf(character))
  if (digits.length <= CHECKSUM_DIGITS || digits.includes(-1)) return undefined
  const version = digits[0] as number
  if (polymod([...expand(hrp), ...digits]) !== constant(version)) return undefined
  const program = regroup(digits.slice(1, -CHECKSUM_DIGITS), 5, 8, false)
  if (program === undefined) return undefined
  const witness = { version, program: Uint8Array.from(program) }
  return isWitnessProgram(witness) ? witness : undefined
}

/** Version and length are such as BIP141 allows. */
export function isWitnessProgram({ version, program: { length } }: WitnessProgram): boolean {
  if (version === 0) return length === 20 || length === 32
  return version > 0 && version <= 16 && length >= 2 && length <= 40
}

function constant(version: number): number {
  return version === 0 ? BECH32 : BECH32M
}

/** The human-readable part as it enters the checksum. */
export function expand(hrp: string): number[] {
  const codes = Array.from(hrp, character => character.charCodeAt(0))
  return [...codes.map(code => code >>> 5), 0, ...codes.map(code => code & 31)]
}

/** The BCH code of BIP173. */
export function polymod(digits: readonly number[]): number {
  let sum = 1
  for (const digit of digits) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ digit
    for (const [i, term] of GENERATOR.entries()) if ((top >>> i) & 1) sum ^= term
  }
  return sum
}

/** Groups of `from` bits → groups of `to` bits. Without `pad`, undefined if what is left over is not a short run of zeros. */
export function regroup(
  groups: Iterable<number>,
  from: number,
  to: number,
  pad: boolean,
): number[] | undefined {
  const result: number[] = []
  let bits = 0
  let held = 0
  for (const group of groups) {
    bits = ((bits << from) | group) & 0xfff
    for (held += from; held >= to; ) {
      held -= to
      result.push((bits >>> held) & (2 ** to - 1))
    }
  }
  const rest = (bits << (to - held)) & (2 ** to - 1)
  if (!pad) return held < from && rest === 0 ? result : undefined
  if (held > 0) result.push(rest)
  return result
}
