// MuHash3072, as Core hashes the set of unspent outputs where the order of its members must not count: each member stands for a
// number of 3,072 bits, and the hash is that of their product modulo a prime.

import { hasher } from '../hash.ts'

const BITS = 3_072n
const BYTES = 384
/** 2^3072 less this is the largest prime below it. */
const SHORT_OF = 1_103_717n
const PRIME = (1n << BITS) - SHORT_OF
const LOW = (1n << BITS) - 1n

export class MuHash {
  #product = 1n

  insert(member: Uint8Array): void {
    this.#product = reduced(this.#product * numberOf(member))
  }

  /** In the order of bytes of a hash. */
  digest(): Uint8Array {
    return hasher.sha256(bytesOf(this.#product % PRIME))
  }
}

/** Below 2^3073: what stands above 3,072 bits comes back as so many times what the prime lacks. */
function reduced(product: bigint): bigint {
  const once = (product >> BITS) * SHORT_OF + (product & LOW)
  return (once >> BITS) * SHORT_OF + (once & LOW)
}

/** The stream of ChaCha20 under the member's SHA-256, read as a number from its low end. */
function numberOf(member: Uint8Array): bigint {
  const stream = keyStream(hasher.sha256(member))
  const view = new DataView(stream.buffer)
  const words: string[] = []
  for (let at = BYTES - 8; at >= 0; at -= 8)
    words.push(view.getBigUint64(at, true).toString(16).padStart(16, '0'))
  return BigInt(`0x${words.join('')}`)
}

function bytesOf(number: bigint): Uint8Array {
  const hex = number.toString(16).padStart(2 * BYTES, '0')
  return Uint8Array.from({ length: BYTES }, (_, i) =>
    Number.parseInt(hex.slice(-2 * i - 2, -2 * i || undefined), 16),
  )
}

/** RFC 8439, 2.3: the constants, the key, a counter from zero, and no nonce. */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]
const WORDS = 16
const DOUBLE_ROUNDS = 10

function keyStream(key: Uint8Array): Uint8Array {
  const keyView = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const start = new Uint32Array(WORDS)
  start.set(CONSTANTS)
  for (let i = 0; i < 8; i++) start[4 + i] = keyView.getUint32(4 * i, true)
  const stream = new Uint8Array(BYTES)
  const out = new DataView(stream.buffer)
  const state = new Uint32Array(WORDS)
  for (let block = 0; block < BYTES / (4 * WORDS); block++) {
    start[12] = block
    state.set(start)
    for (let round = 0; round < DOUBLE_ROUNDS; round++) doubleRound(state)
    for (let i = 0; i < WORDS; i++)
      out.setUint32(4 * (WORDS * block + i), ((state[i] as number) + (start[i] as number)) >>> 0, true)
  }
  return stream
}

/** Columns, then diagonals. */
function doubleRound(state: Uint32Array): void {
  for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + i, 8 + i, 12 + i)
  for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3))
}

function quarterRound(state: Uint32Array, ia: number, ib: number, ic: number, id: number): void {
  let a = state[ia] as number
  let b = state[ib] as number
  let c = state[ic] as number
  let d = state[id] as number
  a = (a + b) | 0
  d = rotated(d ^ a, 16)
  c = (c + d) | 0
  b = rotated(b ^ c, 12)
  a = (a + b) | 0
  d = rotated(d ^ a, 8)
  c = (c + d) | 0
  b = rotated(b ^ c, 7)
  state[ia] = a
  state[ib] = b
  state[ic] = c
  state[id] = d
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
