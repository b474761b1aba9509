// Which pieces somebody has: bits as the wire has them, the most significant first (BEP 3), and how many are set.

export class Bits {
  readonly length: number
  readonly bytes: Uint8Array
  /** How many are set. */
  count = 0

  constructor(length: number) {
    this.length = length
    this.bytes = new Uint8Array(bitfieldBytes(length))
  }

  /** Undefined: of another length, or with bits set behind the last. */
  static from(bytes: Uint8Array, length: number): Bits | undefined {
    if (bytes.length !== bitfieldBytes(length)) return undefined
    const bits = new Bits(length)
    bits.bytes.set(bytes)
    const spare = length % 8 === 0 ? 0 : 0xff >> (length % 8)
    if (((bits.bytes.at(-1) ?? 0) & spare) !== 0) return undefined
    for (const byte of bytes) bits.count += ONES[byte] as number
    return bits
  }

  has(index: number): boolean {
    return ((this.bytes[index >> 3] as number) & (0x80 >> (index & 7))) !== 0
  }

  /** False: it was set already. */
  set(index: number): boolean {
    if (this.has(index)) return false
    this.bytes[index >> 3] = (this.bytes[index >> 3] as number) | (0x80 >> (index & 7))
    this.count++
    return true
  }

  clear(index: number): boolean {
    if (!this.has(index)) return false
    this.bytes[index >> 3] = (this.bytes[index >> 3] as number) & ~(0x80 >> (index & 7))
    this.count--
    return true
  }

  fill(): void {
    for (let index = 0; index < this.length; index++) this.set(index)
  }

  get full(): boolean {
    return this.count === this.length
  }

  /** Bits that are set here and not there. */
  beyond(other: Bits): number {
    let count = 0
    for (let at = 0; at < this.bytes.length; at++)
      count += ONES[(this.bytes[at] as number) & ~(other.bytes[at] as number)] as number
    return count
  }
}

export function bitfieldBytes(length: number): number {
  return Math.ceil(length / 8)
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1
  return ones
})
