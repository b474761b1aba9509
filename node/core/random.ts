// The seeded generator: xoshiro128++ (Blackman and Vigna, 2019) over a state that SHA-256 makes from the seed.
// 32-bit words only, so it is as fast in JavaScript as Math.random; not for secrets that an opponent must not guess.

import { hasher } from '../hash.ts'
import type { Random } from './host.ts'

const TWO_POW_26 = 2 ** 26
const TWO_POW_MINUS_53 = 2 ** -53

/** A generator whose draws depend on nothing but `seed`. */
export function createRandom(seed: string | Uint8Array): Random {
  return new Xoshiro(hasher.sha256(typeof seed === 'string' ? utf8(seed) : seed))
}

/** One object and its state: where thousands of links have a generator each, closures would cost more than what they do. */
class Xoshiro implements Random {
  readonly #key: Uint8Array
  readonly #state: Int32Array

  /** `key`: 32 bytes. The first 16 are the state; all of it is the root of the forks, so forking draws nothing. */
  constructor(key: Uint8Array) {
    this.#key = key
    this.#state = Int32Array.from([0, 4, 8, 12], at => wordAt(key, at))
  }

  /** 53 bits: the high 27 of one word and the high 26 of the next. */
  float(): number {
    const high = step(this.#state) >>> 5
    return (high * TWO_POW_26 + (step(this.#state) >>> 6)) * TWO_POW_MINUS_53
  }

  /** The bias is below / 2^53: nothing, for every range that is used here. */
  int(below: number): number {
    return Math.floor(this.float() * below)
  }

  u64(): bigint {
    const high = BigInt(step(this.#state))
    return (high << 32n) | BigInt(step(this.#state))
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    for (let i = 0; i < count; i++) bytes[i] = step(this.#state) >>> 24
    return bytes
  }

  fork(label: string): Random {
    return new Xoshiro(hasher.sha256(join(this.#key, utf8(label))))
  }
}

/** The bare generator: each call gives the next 32-bit word. The state must not be all zeros. */
export function xoshiro128pp(state: readonly number[]): () => number {
  const words = Int32Array.from(state)
  return () => step(words)
}

function step(state: Int32Array): number {
  const [a, b, c, d] = [state[0] as number, state[1] as number, state[2] as number, state[3] as number]
  const mixed = c ^ a
  const turned = d ^ b
  state[0] = a ^ turned
  state[1] = b ^ mixed
  state[2] = mixed ^ (b << 9)
  state[3] = rotateLeft(turned, 11)
  return (rotateLeft((a + d) | 0, 7) + a) >>> 0
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

/** Little-endian. Read byte by byte: a view of such a small array would have it moved out of the heap. */
function wordAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + 4)
  return a | (b << 8) | (c << 16) | (d << 24)
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
