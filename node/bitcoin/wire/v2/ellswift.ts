// ElligatorSwift (BIP324): x coordinates of the curve secp256k1 as 64 bytes that look like any others, many for each, and back. Of
// numbers that are public, so it matters to nobody how long it takes; points are multiplied elsewhere. @scure/btc-signer has the
// same, and tests hold this against it: loading that costs every node that starts 8 ms and 70 kB of its bundle, this nothing.

export const FIELD_BYTES = 32
/** The prime of the curve's field. */
const P = 2n ** 256n - 2n ** 32n - 977n
/** y² = x³ + 7. */
const B = 7n
/** The square root of −3 that is a square. */
const C = 0xa2d2ba93507f1df233770c2a797962cc61f6d15da14ecd47d8d27ae1cd5f852n
const HALF = (P + 1n) / 2n

/** Draws bytes that nobody can foresee. */
export type RandomBytes = (count: number) => Uint8Array

/** One encoding of the `x` of a point, each as likely (XElligatorSwift). */
export function encodeX(x: Uint8Array, random: RandomBytes): Uint8Array {
  const number = toNumber(x)
  for (;;) {
    const u = toNumber(random(FIELD_BYTES)) % P
    const [kind = 0] = random(1)
    const t = u === 0n ? undefined : inverseOf(number, u, kind)
    if (t !== undefined) return toBytes(u, t)
  }
}

/** The `x` of the point that these 64 bytes stand for: there are none that stand for nothing. */
export function decodeX(bytes: Uint8Array): Uint8Array {
  const [u, t] = [bytes.subarray(0, FIELD_BYTES), bytes.subarray(FIELD_BYTES)].map(half => toNumber(half) % P)
  return toBytes(xOf(u || 1n, t || 1n))
}

/** XSwiftEC. */
function xOf(u: bigint, t: bigint): bigint {
  const g = onCurve(u)
  if (mod(g + t * t) === 0n) return xOf(u, mod(2n * t))
  const twiceT = mod(2n * t)
  const X = mod((g - t * t) * invert(twiceT))
  const cu = mod(C * u)
  const Y = mod((X + t) * invert(cu))
  const first = mod(u + 4n * Y * Y)
  if (isX(first)) return first
  const XbyY = mod(X * invert(Y))
  const second = mod((-XbyY - u) * HALF)
  return isX(second) ? second : mod((XbyY - u) * HALF)
}

/** XSwiftECInv: the `t` that gives `x` with this `u`, of those of one kind, of which there are eight; of some kinds there is none. */
function inverseOf(x: bigint, u: bigint, kind: number): bigint | undefined {
  const found = (kind & 2) === 0 ? firstCase(x, u) : secondCase(x, u, (kind & 1) === 1)
  const w = found && root(found.s)
  if (!found || w === undefined) return undefined
  const sign = (kind & 5) === 0 || (kind & 5) === 5 ? -w : w
  const factor = (kind & 1) === 1 ? 1n + C : 1n - C
  return mod(sign * mod(u * mod(factor * HALF) + found.v))
}

interface Found {
  readonly s: bigint
  readonly v: bigint
}

function firstCase(x: bigint, u: bigint): Found | undefined {
  if (isX(mod(-x - u))) return undefined
  return { v: x, s: mod(-onCurve(u) * invert(mod(u * u + u * x + x * x))) }
}

function secondCase(x: bigint, u: bigint, isOdd: boolean): Found | undefined {
  const s = mod(x - u)
  if (s === 0n) return undefined
  const r = root(mod(-s * mod(4n * onCurve(u) + 3n * s * mod(u * u))))
  if (r === undefined || (isOdd && r === 0n)) return undefined
  return { s, v: mod((r * invert(s) - u) * HALF) }
}

/** What y² is at this x. */
function onCurve(x: bigint): bigint {
  return mod(mod(x * x) * x + B)
}

function isX(x: bigint): boolean {
  return root(onCurve(x)) !== undefined
}

function mod(number: bigint): bigint {
  const rest = number % P
  return rest < 0n ? rest + P : rest
}

/** The root that is a square itself: the power (P + 1) / 4, whose bits are 223 ones, 22 ones behind a zero, and 00001100. */
function root(square: bigint): bigint | undefined {
  const ones2 = powers(square, 1, square)
  const ones3 = powers(ones2, 1, square)
  const ones6 = powers(ones3, 3, ones3)
  const ones9 = powers(ones6, 3, ones3)
  const ones11 = powers(ones9, 2, ones2)
  const ones22 = powers(ones11, 11, ones11)
  const ones44 = powers(ones22, 22, ones22)
  const ones88 = powers(ones44, 44, ones44)
  const ones176 = powers(ones88, 88, ones88)
  const ones220 = powers(ones176, 44, ones44)
  const ones223 = powers(ones220, 3, ones3)
  const found = powers(powers(powers(ones223, 23, ones22), 6, ones2), 2, 1n)
  return mod(found * found) === square ? found : undefined
}

/** Squared so many times, and then this. */
function powers(base: bigint, squarings: number, factor: bigint): bigint {
  let power = base
  for (let i = 0; i < squarings; i++) power = (power * power) % P
  return (power * factor) % P
}

/** By Euclid's algorithm; of 0 it is 0, as in BIP324. */
function invert(number: bigint): bigint {
  let [a, b, x, y] = [P, number, 0n, 1n]
  while (b !== 0n) {
    const times = a / b
    ;[a, b, x, y] = [b, a - times * b, y, x - times * y]
  }
  return number === 0n ? 0n : mod(x)
}

function toNumber(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FIELD_BYTES)
  let number = 0n
  for (let at = 0; at < FIELD_BYTES; at += 8) number = (number << 64n) | view.getBigUint64(at)
  return number
}

function toBytes(...numbers: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * FIELD_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [i, number] of numbers.entries())
    for (let word = 0; word < 4; word++)
      view.setBigUint64(i * FIELD_BYTES + 8 * word, BigInt.asUintN(64, number >> BigInt(192 - 64 * word)))
  return bytes
}
