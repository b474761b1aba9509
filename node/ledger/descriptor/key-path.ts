// Where a key comes from: the fingerprint of a master key and the path from it (BIP32), as descriptors and PSBTs have it.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { HARDENED, pathText } from './hd-key.ts'

export interface KeyOrigin {
  /** Four bytes. */
  readonly fingerprint: Uint8Array
  readonly path: readonly number[]
}

const MAX_UINT32 = 0xffffffff

/** The path in steps of text, `h` or an apostrophe behind hardened ones; else a word on why not. */
export function parsePath(steps: readonly string[]): { path: number[]; mark?: 'h' | "'" } | string {
  const path: number[] = []
  let mark: 'h' | "'" | undefined
  for (const step of steps) {
    const last = step.at(-1)
    const hardened = last === "'" || last === 'h'
    if (hardened) mark = last
    const digits = hardened ? step.slice(0, -1) : step
    const number = /^\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN
    if (!(number <= MAX_UINT32)) return `Key path value '${digits}' is not a valid uint32`
    if (number >= HARDENED) return `Key path value ${number} is out of range`
    path.push(number + (hardened ? HARDENED : 0))
  }
  return mark ? { path, mark } : { path }
}

/** Without brackets: `d34db33f/44h/0h`. */
export function originText({ fingerprint, path }: KeyOrigin, mark: 'h' | "'" = 'h'): string {
  return `${toHex(fingerprint)}${pathText(path, mark)}`
}
