// Golomb-coded sets (BIP158): a few bits an element, a known share of false hits, and no element that is in the set is missed.

import { type Reader, Writer } from '../../bitcoin/wire/codec.ts'
import { ProtocolError } from '../../errors.ts'
import { sipHash24 } from '../siphash.ts'

/** Bits of a distance that are written as they are, in basic filters. */
const REMAINDER_BITS = 19
/** One of so many that are not in the set is found in it all the same. */
const FALSE_HITS = 784_931n

/** The set as bytes: its size, and its elements as distances. `key`: 16 bytes. `elements`: no two the same. */
export function golombSet(elements: readonly Uint8Array[], key: Uint8Array): Uint8Array {
  const writer = new Writer()
  writer.varint(elements.length)
  const bits = new BitWriter(writer)
  let previous = 0
  for (const value of placesOf(elements, elements.length, key)) {
    const distance = value - previous
    const quotient = Math.floor(distance / 2 ** REMAINDER_BITS)
    for (let i = 0; i < quotient; i++) bits.write(1, 1)
    bits.write(0, 1)
    bits.write(distance % 2 ** REMAINDER_BITS, REMAINDER_BITS)
    previous = value
  }
  bits.finish()
  return writer.finish()
}

/** Whether one of these may be in the set. Throws ProtocolError where the bytes are none. */
export function golombMatches(set: Reader, elements: readonly Uint8Array[], key: Uint8Array): boolean {
  const count = set.varint()
  const wanted = placesOf(elements, count, key)
  const bits = new BitReader(set)
  let value = 0
  let next = 0
  for (let i = 0; i < count; i++) {
    while (bits.read(1) === 1) value += 2 ** REMAINDER_BITS
    value += bits.read(REMAINDER_BITS)
    while (next < wanted.length && (wanted[next] as number) < value) next++
    if (wanted[next] === value) return true
  }
  return false
}

/** Where elements fall in the range of a set of `count`, ascending. It is below 2^53 for any block. */
function placesOf(elements: readonly Uint8Array[], count: number, key: Uint8Array): number[] {
  const range = BigInt(count) * FALSE_HITS
  return elements
    .map(element => {
      const { low, high } = sipHash24(key, element)
      return Number((((BigInt(high) << 32n) | BigInt(low)) * range) >> 64n)
    })
    .sort((a, b) => a - b)
}

/** Highest bit first; the last byte is filled up with zeros. */
class BitWriter {
  readonly #writer: Writer
  #byte = 0
  #free = 8

  constructor(writer: Writer) {
    this.#writer = writer
  }

  write(value: number, bits: number): void {
    for (let at = bits - 1; at >= 0; at--) {
      this.#byte = (this.#byte << 1) | ((value >>> at) & 1)
      if (--this.#free > 0) continue
      this.#writer.u8(this.#byte)
      this.#byte = 0
      this.#free = 8
    }
  }

  finish(): void {
    if (this.#free < 8) this.#writer.u8(this.#byte << this.#free)
  }
}

class BitReader {
  readonly #reader: Reader
  #byte = 0
  #left = 0

  constructor(reader: Reader) {
    this.#reader = reader
  }

  read(bits: number): number {
    let value = 0
    for (let i = 0; i < bits; i++) {
      if (this.#left === 0) {
        if (this.#reader.remaining === 0) throw new ProtocolError('truncated', 'the set ends early')
        this.#byte = this.#reader.u8()
        this.#left = 8
      }
      value = value * 2 + ((this.#byte >>> --this.#left) & 1)
    }
    return value
  }
}
