// Hashes by OpenSSL, which has the processor's own instructions for them where there are any.

import { createHash } from 'node:crypto'
import type { Digests } from '../bittorrent/storage.ts'

export const digests: Digests = {
  sha1: bytes => digest('sha1', bytes),
  sha256: bytes => digest('sha256', bytes),
}

/** Bytes of their own: Node's would be a view of its pool, and of a class of its own. */
function digest(algorithm: string, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(bytes).digest())
}
