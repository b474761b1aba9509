// Blocks on their way to the program: told when all of one has been handed to it, so that it can be measured how long it takes
// over them.

import type { Frame } from '../bitcoin/wire/frame.ts'
import { type HashHex, hashToHex } from '../bitcoin/wire/hex.ts'
import { hasher } from '../hash.ts'

const HEADER_BYTES = 80
const HASH_BYTES = 32
/** Blocks and ways that are remembered, so that each is told of once. */
const MAX_REMEMBERED = 300

export class HandedBlocks {
  readonly #told = new Set<string>()
  readonly #tell: (hash: HashHex) => void

  constructor(tell: (hash: HashHex) => void) {
    this.#tell = tell
  }

  /** A message that went to the program: a block, a compact one (BIP152), or what one lacked. */
  handed({ command, payload }: Pick<Frame, 'command' | 'payload'>): void {
    const hash = hashIn(command, payload)
    if (hash === undefined) return
    const key = `${command} ${hash}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    if (this.#told.size > MAX_REMEMBERED) this.#told.delete(this.#told.values().next().value as string)
    this.#tell(hash)
  }
}

function hashIn(command: string, payload: Uint8Array): HashHex | undefined {
  const isBlock = command === 'block' || command === 'cmpctblock'
  if (isBlock && payload.length >= HEADER_BYTES)
    return hashToHex(hasher.sha256d(payload.subarray(0, HEADER_BYTES)))
  if (command === 'blocktxn' && payload.length >= HASH_BYTES)
    return hashToHex(payload.subarray(0, HASH_BYTES))
  return undefined
}
