// A race between an adversary's block and an honest one.

import type { HashHex } from '../bitcoin/wire/hex.ts'

/** Two blocks of one height are out, the adversary's and an honest one. */
export interface Race {
  readonly own: HashHex
  readonly other: HashHex
}
