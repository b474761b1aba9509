// The seeded generator: xoshiro128++ (Blackman and Vigna, 2019) over a state that SHA-256 makes from the seed.
// 32-bit words only, so it is as fast in JavaScript as Math.random; not for secrets that an opponent must not guess.

import { hasher } from '../hash.ts'
import type { Random } from './host.ts'

const TWO_POW_26 = 2 ** 26
const TWO_POW_MINUS_53 = 2 ** -53

/** A generator whose draws depend on nothing but `seed`. */
export function createRandom(seed: string | Uint8Array): Random {
  return fromKey(hasher.sha256(typeof seed === 'string' ? utf8(seed) : seed))
}

/** `key`: 32 bytes. The first 16 are the state; all of it is the root of the forks, so forking draws nothing. */
function fromKey(key: Uint8Array): Random {
  const view = new DataView(key.buffer, key.byteOffset, 16)
  const next = xoshiro128pp([0, 4, 8, 12].map(offset => view.getUint32(offset, true)))

  // 53 bits: the high 27 of one word and the high 26 of the next.
  const float = () => ((next() >>> 5) * TWO_POW_26 + (next() >>> 6)) * TWO_POW_MINUS_53

  return {
    float,
    // The bias is below / 2^53: nothing, for every range that is used here.
    int: below => Math.floor(float() * below),
    u64: () => (BigInt(next()) << 32n) | BigInt(next()),
    bytes(count) {
      const bytes = new Uint8Array(count)
      for (let i = 0; i < count; i++) bytes[i] = next() >>> 24
      return bytes
    },
    fork: label => fromKey(hasher.sha256(join(key, utf8(label)))),
  }
}

/** The bare generator: each call gives the next 32-bit word. The state must not be all zeros. */
export function xoshiro128pp(state: readonly number[]): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = state
  return () => {
    const result = (rotateLeft((a + d) | 0, 7) + a) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotateLeft(d, 11)
    return result
  }
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
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
