// SipHash-2-4 (Aumasson & Bernstein): a short keyed hash; compact blocks name transactions by it (BIP152).
// 64-bit words as pairs of 32-bit halves: several times faster than BigInt, and a mempool is hashed per compact block.

/** The state: v0 … v3, each as low half, high half. */
type State = Int32Array

function add(v: State, a: number, b: number): void {
  const low = (v[a] as number) + (v[b] as number)
  const sum = low | 0
  const carry = sum >>> 0 < (v[b] as number) >>> 0 ? 1 : 0
  v[a] = sum
  v[a + 1] = ((v[a + 1] as number) + (v[b + 1] as number) + carry) | 0
}

/** a = rotl64(a, bits), for 0 < bits < 32. */
function rotate(v: State, a: number, bits: number): void {
  const low = v[a] as number
  const high = v[a + 1] as number
  v[a] = (low << bits) | (high >>> (32 - bits))
  v[a + 1] = (high << bits) | (low >>> (32 - bits))
}

/** rotl64(a, 32): the halves change places. */
function swap(v: State, a: number): void {
  const low = v[a] as number
  v[a] = v[a + 1] as number
  v[a + 1] = low
}

function xor(v: State, a: number, b: number): void {
  v[a] = (v[a] as number) ^ (v[b] as number)
  v[a + 1] = (v[a + 1] as number) ^ (v[b + 1] as number)
}

const V0 = 0
const V1 = 2
const V2 = 4
const V3 = 6

function round(v: State): void {
  add(v, V0, V1)
  rotate(v, V1, 13)
  xor(v, V1, V0)
  swap(v, V0)
  add(v, V2, V3)
  rotate(v, V3, 16)
  xor(v, V3, V2)
  add(v, V0, V3)
  rotate(v, V3, 21)
  xor(v, V3, V0)
  add(v, V2, V1)
  rotate(v, V1, 17)
  xor(v, V1, V2)
  swap(v, V2)
}

function absorb(v: State, low: number, high: number): void {
  v[V3] = (v[V3] as number) ^ low
  v[V3 + 1] = (v[V3 + 1] as number) ^ high
  round(v)
  round(v)
  v[V0] = (v[V0] as number) ^ low
  v[V0 + 1] = (v[V0 + 1] as number) ^ high
}

/** 64-bit result as unsigned halves. `key`: 16 bytes. */
export function sipHash24(
  key: Uint8Array,
  message: Uint8Array,
): { readonly low: number; readonly high: number } {
  const k = new DataView(key.buffer, key.byteOffset, 16)
  const k0 = [k.getInt32(0, true), k.getInt32(4, true)] as const
  const k1 = [k.getInt32(8, true), k.getInt32(12, true)] as const
  // "somepseudorandomlygeneratedbytes", as the paper has it.
  const v = Int32Array.of(
    k0[0] ^ 0x70736575,
    k0[1] ^ 0x736f6d65,
    k1[0] ^ 0x6e646f6d,
    k1[1] ^ 0x646f7261,
    k0[0] ^ 0x6e657261,
    k0[1] ^ 0x6c796765,
    k1[0] ^ 0x79746573,
    k1[1] ^ 0x74656462,
  )
  const whole = message.length & ~7
  const words = new DataView(message.buffer, message.byteOffset, message.length)
  for (let at = 0; at < whole; at += 8) absorb(v, words.getInt32(at, true), words.getInt32(at + 4, true))

  const last = new Uint8Array(8)
  last.set(message.subarray(whole))
  last[7] = message.length & 0xff
  const tail = new DataView(last.buffer)
  absorb(v, tail.getInt32(0, true), tail.getInt32(4, true))

  v[V2] = (v[V2] as number) ^ 0xff
  for (let i = 0; i < 4; i++) round(v)
  xor(v, V0, V1)
  xor(v, V0, V2)
  xor(v, V0, V3)
  return { low: (v[V0] as number) >>> 0, high: (v[V0 + 1] as number) >>> 0 }
}
