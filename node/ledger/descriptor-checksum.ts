// The checksum of an output descriptor (BIP380): eight characters of a BCH code over the text's characters.

const INPUT =
  "0123456789()[],'/*abcdefgh@:$%{}" + 'IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~' + 'ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
const OUTPUT = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn]
const DIGITS = 8

/** Undefined if the text has a character that no descriptor may have. */
export function descriptorChecksum(text: string): string | undefined {
  let sum = 1n
  let group = 0
  let inGroup = 0
  for (const character of text) {
    const at = INPUT.indexOf(character)
    if (at === -1) return undefined
    sum = step(sum, at & 31)
    group = group * 3 + (at >> 5)
    if (++inGroup < 3) continue
    sum = step(sum, group)
    group = inGroup = 0
  }
  if (inGroup > 0) sum = step(sum, group)
  for (let i = 0; i < DIGITS; i++) sum = step(sum, 0)
  sum ^= 1n
  let digits = ''
  for (let i = DIGITS - 1; i >= 0; i--) digits += OUTPUT.charAt(Number((sum >> BigInt(5 * i)) & 31n))
  return digits
}

export function withChecksum(descriptor: string): string {
  return `${descriptor}#${descriptorChecksum(descriptor)}`
}

function step(sum: bigint, digit: number): bigint {
  const top = sum >> 35n
  let next = ((sum & 0x7ffffffffn) << 5n) ^ BigInt(digit)
  for (const [i, term] of GENERATOR.entries()) if ((top >> BigInt(i)) & 1n) next ^= term
  return next
}
