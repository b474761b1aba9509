// Keys in descriptors (BIP380, "Key Expressions"): one that stands there, or those that follow from an extended key; with or
// without a note on where it comes from.

import { fromHex, toHex } from '../../bitcoin/wire/hex.ts'
import { hash160 } from '../chain/hash160.ts'
import type { Secp256k1 } from '../services.ts'
import { decodeHdKey, HARDENED, type HdKey, pathText } from './hd-key.ts'
import { type KeyOrigin, originText, parsePath } from './key-path.ts'
import { decodeWif, encodeWif } from './wif.ts'

export interface DerivedKey {
  /** 33 or 65 bytes; of one that was given by its x alone, the even one. */
  readonly publicKey: Uint8Array
  readonly origin: KeyOrigin
}

/** A word on why a text is no key. */
export class BadKey extends Error {}

/** Which keys a place takes: all, compressed ones only, or also such as are given by their x alone (BIP386). */
export type KeyPlace = 'any' | 'compressed' | 'xonly'

export interface KeyExpression {
  /** Stands for a key at each position. */
  readonly isRange: boolean
  /** Of each of its keys, in bytes. */
  readonly size: number
  /** Undefined where it takes a private key that is not there. */
  at(position: number): DerivedKey | undefined
  privateAt(position: number): Uint8Array | undefined
  readonly hasPrivate: boolean
  /** The extended key that it begins with. */
  readonly root: HdKey | undefined
  text(): string
  /** Undefined where a private key is not there. */
  privateText(): string | undefined
  /** With the public key behind the last hardened step, and the way there as its origin. */
  normalText(): string | undefined
}

/** Throws BadKey with Core's words. */
export function parseKey(secp: Secp256k1, text: string, place: KeyPlace): KeyExpression {
  const parts = text.split(']')
  if (parts.length > 2) throw new BadKey("Multiple ']' characters found for a single pubkey")
  const [origin = '', key] = parts
  if (key === undefined) return parseBare(secp, origin, place)
  if (!origin.startsWith('['))
    throw new BadKey(
      `Key origin start '[ character expected but not found, got '${origin[0] ?? ']'}' instead`,
    )
  const [print = '', ...steps] = origin.slice(1).split('/')
  if (print.length !== 8)
    throw new BadKey(`Fingerprint is not 4 bytes (${print.length} characters instead of 8 characters)`)
  const fingerprint = fromHex(print)
  if (!fingerprint) throw new BadKey(`Fingerprint '${print}' is not hex`)
  const { path, mark } = pathOf(steps)
  return new OriginKey({ fingerprint, path }, parseBare(secp, key, place), mark)
}

function parseBare(secp: Secp256k1, text: string, place: KeyPlace): KeyExpression {
  const [first = '', ...steps] = text.split('/')
  if (first === '') throw new BadKey('No key provided')
  if (steps.length === 0) {
    const single = parseSingle(secp, first, place)
    if (single) return single
  }
  const root = decodeHdKey(secp, first)
  if (!root) throw new BadKey(`key '${first}' is not valid`)
  const last = steps.at(-1)
  const range = last === '*' ? 'plain' : last === '*h' || last === "*'" ? 'hardened' : undefined
  const { path, mark } = pathOf(range ? steps.slice(0, -1) : steps)
  return new ExtendedKey(root, path, range, range === 'hardened' ? (last?.at(-1) as 'h' | "'") : mark)
}

function parseSingle(secp: Secp256k1, text: string, place: KeyPlace): KeyExpression | undefined {
  const bytes = fromHex(text)
  if (bytes) {
    const [prefix = 0] = bytes
    if (bytes.length === 65 && (prefix === 6 || prefix === 7))
      throw new BadKey('Hybrid public keys are not allowed')
    if (isPoint(secp, bytes)) {
      if (place !== 'any' && bytes.length !== 33) throw new BadKey('Uncompressed keys are not allowed')
      return new SingleKey(bytes, undefined, false)
    }
    const even = place === 'xonly' && bytes.length === 32 ? Uint8Array.of(2, ...bytes) : undefined
    if (even && secp.isPoint(even)) return new SingleKey(even, undefined, true)
    throw new BadKey(`Pubkey '${text}' is invalid`)
  }
  const secret = decodeWif(secp, text)
  if (!secret) return undefined
  if (place !== 'any' && secret.publicKey.length !== 33) throw new BadKey('Uncompressed keys are not allowed')
  return new SingleKey(secret.publicKey, secret.privateKey, place === 'xonly')
}

/** Of the forms that have a length of their own, on the curve. */
function isPoint(secp: Secp256k1, bytes: Uint8Array): boolean {
  const [prefix = 0] = bytes
  const fits = bytes.length === 33 ? prefix === 2 || prefix === 3 : bytes.length === 65 && prefix === 4
  return fits && secp.isPoint(bytes)
}

function pathOf(steps: readonly string[]): { path: number[]; mark?: 'h' | "'" } {
  const parsed = parsePath(steps)
  if (typeof parsed === 'string') throw new BadKey(parsed)
  return parsed
}

export class SingleKey implements KeyExpression {
  readonly isRange = false
  readonly root = undefined
  readonly #publicKey: Uint8Array
  readonly #privateKey: Uint8Array | undefined
  readonly #byX: boolean

  constructor(publicKey: Uint8Array, privateKey: Uint8Array | undefined, byX: boolean) {
    this.#publicKey = publicKey
    this.#privateKey = privateKey
    this.#byX = byX
  }

  get size(): number {
    return this.#publicKey.length
  }

  get hasPrivate(): boolean {
    return this.#privateKey !== undefined
  }

  at(): DerivedKey {
    const fingerprint = hash160(this.#publicKey).subarray(0, 4)
    return { publicKey: this.#publicKey, origin: { fingerprint, path: [] } }
  }

  privateAt(): Uint8Array | undefined {
    return this.#privateKey
  }

  text(): string {
    return toHex(this.#byX ? this.#publicKey.subarray(1) : this.#publicKey)
  }

  privateText(): string | undefined {
    return this.#privateKey && encodeWif(this.#privateKey, this.#publicKey.length === 33)
  }

  normalText(): string {
    return this.text()
  }
}

export class ExtendedKey implements KeyExpression {
  readonly size = 33
  readonly root: HdKey
  readonly #path: readonly number[]
  readonly #range: 'plain' | 'hardened' | undefined
  readonly #mark: 'h' | "'"
  /** What the path leads to. */
  #parent: HdKey | undefined

  constructor(
    root: HdKey,
    path: readonly number[],
    range: 'plain' | 'hardened' | undefined,
    mark: 'h' | "'" = 'h',
  ) {
    this.root = root
    this.#path = path
    this.#range = range
    this.#mark = mark
  }

  get isRange(): boolean {
    return this.#range !== undefined
  }

  get hasPrivate(): boolean {
    return this.root.privateKey !== undefined
  }

  at(position: number): DerivedKey | undefined {
    const key = this.#keyAt(position)
    const path = this.#range ? [...this.#path, this.#step(position)] : this.#path
    return key && { publicKey: key.publicKey, origin: { fingerprint: this.root.fingerprint, path } }
  }

  privateAt(position: number): Uint8Array | undefined {
    return this.#keyAt(position)?.privateKey
  }

  text(): string {
    return `${this.root}${this.#steps(this.#mark)}`
  }

  privateText(): string | undefined {
    const root = this.root.toPrivateString()
    return root && `${root}${this.#steps(this.#mark)}`
  }

  normalText(): string | undefined {
    if (this.#range === 'hardened') return `${this.root}${this.#steps('h')}`
    const last = this.#path.findLastIndex(number => number >= HARDENED)
    if (last === -1) return this.text()
    const hardened = this.#path.slice(0, last + 1)
    const key = this.root.derive(hardened)
    const origin = originText({ fingerprint: this.root.fingerprint, path: hardened })
    const rest = `${pathText(this.#path.slice(last + 1))}${this.#range ? '/*' : ''}`
    return key && `[${origin}]${key.neutered()}${rest}`
  }

  #keyAt(position: number): HdKey | undefined {
    this.#parent ??= this.root.derive(this.#path)
    return this.#range ? this.#parent?.child(this.#step(position)) : this.#parent
  }

  #step(position: number): number {
    return this.#range === 'hardened' ? position + HARDENED : position
  }

  #steps(mark: 'h' | "'"): string {
    const star = this.#range === 'hardened' ? `/*${mark}` : this.#range ? '/*' : ''
    return `${pathText(this.#path, mark)}${star}`
  }
}

/** A key, and in front of it where it comes from. */
export class OriginKey implements KeyExpression {
  readonly #origin: KeyOrigin
  readonly #key: KeyExpression
  readonly #mark: 'h' | "'"

  constructor(origin: KeyOrigin, key: KeyExpression, mark: 'h' | "'" = 'h') {
    this.#origin = origin
    this.#key = key
    this.#mark = mark
  }

  get isRange(): boolean {
    return this.#key.isRange
  }

  get size(): number {
    return this.#key.size
  }

  get hasPrivate(): boolean {
    return this.#key.hasPrivate
  }

  get root(): HdKey | undefined {
    return this.#key.root
  }

  at(position: number): DerivedKey | undefined {
    const derived = this.#key.at(position)
    if (!derived) return undefined
    const { fingerprint, path } = this.#origin
    return { ...derived, origin: { fingerprint, path: [...path, ...derived.origin.path] } }
  }

  privateAt(position: number): Uint8Array | undefined {
    return this.#key.privateAt(position)
  }

  text(): string {
    return `[${originText(this.#origin, this.#mark)}]${this.#key.text()}`
  }

  privateText(): string | undefined {
    const key = this.#key.privateText()
    return key && `[${originText(this.#origin, this.#mark)}]${key}`
  }

  normalText(): string | undefined {
    const key = this.#key.normalText()
    if (key === undefined) return undefined
    const origin = `[${originText(this.#origin)}`
    // The key's own way from its root goes on where this one ends; the fingerprint of that root is in between.
    return key.startsWith('[') ? `${origin}${key.slice(9)}` : `${origin}]${key}`
  }
}
