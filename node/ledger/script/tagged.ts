// BIP340's tagged hashes: what is hashed for one purpose is never what is hashed for another.

import { hasher } from '../../hash.ts'
import { concat } from '../chain/push.ts'

export type Tag = 'TapLeaf' | 'TapBranch' | 'TapTweak' | 'TapSighash'

const prefixes = new Map<Tag, Uint8Array>()

/** SHA-256 of the tag's hash, the tag's hash, and the parts. */
export function taggedHash(tag: Tag, ...parts: readonly Uint8Array[]): Uint8Array {
  return hasher.sha256(concat(prefixOf(tag), ...parts))
}

function prefixOf(tag: Tag): Uint8Array {
  let prefix = prefixes.get(tag)
  if (prefix === undefined) {
    const hash = hasher.sha256(Uint8Array.from(tag, character => character.charCodeAt(0)))
    prefix = concat(hash, hash)
    prefixes.set(tag, prefix)
  }
  return prefix
}
