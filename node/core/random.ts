// The seeded generator: xoshiro128++ (Blackman and Vigna, 2019) over a state that SHA-256 makes from the seed.
// 32-bit words only, so it is as fast in JavaScript as Math.random; not for secrets that an opponent must not guess.

import { hasher } from '../hash.ts'
import type { Random } from './host.ts'

const TWO_POW_26 = 2 ** 26
const TWO_POW_MINUS_53 = 2 ** -53

/** A generator whose draws depend on nothing but `seed`. */
export function createRandom(seed: string | Uint8Array): Random {
  return new SeededRandom(hasher.sha256(typeof seed === 'string' ? utf8(seed) : seed))
}

/** The bare generator. Its words lie in the object itself: where thousands of links have a generator each, one is not in the caches. */
class Xoshiro128pp {
  #a: number
  #b: number
  #c: number
  #d: number

  /** Not all zeros. */
  constructor([a = 0, b = 0, c = 0, d = 0]: readonly number[]) {
    this.#a = a | 0
    this.#b = b | 0
    this.#c = c | 0
    this.#d = d | 0
  }

  /** The next 32-bit word. */
  next(): number {
    const a = this.#a
    const b = this.#b
    const d = this.#d
    const mixed = this.#c ^ a
    const turned = d ^ b
    this.#a = a ^ turned
    this.#b = b ^ mixed
    this.#c = mixed ^ (b << 9)
    this.#d = rotateLeft(turned, 11)
    return (rotateLeft((a + d) | 0, 7) + a) >>> 0
  }
}

class SeededRandom extends Xoshiro128pp implements Random {
  /** As a string, which takes 48 bytes: an array of 32 takes 230, in three objects, and every link has a generator. */
  readonly #key: string

  /** `key`: 32 bytes. The first 16 are the state; all of it is the root of the forks, so forking draws nothing. */
  constructor(key: Uint8Array) {
    super([0, 4, 8, 12].map(at => wordAt(key, at)))
    this.#key = String.fromCharCode.apply(null, key as unknown as number[]) // spread, it would pass through an iterator
  }

  /** 53 bits: the high 27 of one word and the high 26 of the next. */
  float(): number {
    const high = this.next() >>> 5
    return (high * TWO_POW_26 + (this.next() >>> 6)) * TWO_POW_MINUS_53
  }

  /** The bias is below / 2^53: nothing, for every range that is used here. */
  int(below: number): number {
    return Math.floor(this.float() * below)
  }

  u64(): bigint {
    const high = BigInt(this.next())
    return (high << 32n) | BigInt(this.next())
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    for (let i = 0; i < count; i++) bytes[i] = this.next() >>> 24
    return bytes
  }

  fork(label: string): Random {
    const key = Uint8Array.from(this.#key, character => character.charCodeAt(0))
    return new SeededRandom(hasher.sha256(join(key, utf8(label))))
  }
}

/** The bare generator: each call gives the next 32-bit word. The state must not be all zeros. */
export function xoshiro128pp(state: readonly number[]): () => number {
  const generator = new Xoshiro128pp(state)
  return () => generator.next()
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

/** Little-endian. Read byte by byte: any view of such a small array would have it moved out of the heap. */
function wordAt(bytes: Uint8Array, at: number): number {
  const byte = (i: number) => bytes[at + i] as number
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both
}
