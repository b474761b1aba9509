// Messages about one block that all peers make alike: made once by the block's hash, which commits to all of its ancestors, so that
// peers of one process which share their frames encode each of them once.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { PROTOCOL_VERSION } from '../bitcoin/wire/messages.ts'
import { Newest } from '../core/newest.ts'
import { locator } from './chain/tree.ts'
import type { BlockEntry, Header } from './chain/types.ts'
import { INV, type Inventory, type Locator, NO_HASH } from './messages.ts'

/** The newest are kept: those of blocks that are on their way now. */
const KEPT = 64

/** `headers`: this block is new. */
export const headerAlone = onceForEach(({ header }): readonly Header[] => [header])
/** `inv`: likewise. */
export const inventoryOf = onceForEach(({ hash }): readonly Inventory[] => [{ type: INV.block, hash }])
/** `getdata` of it whole, and of its compact form. */
export const wholeWanted = onceForEach(({ hash }): readonly Inventory[] => [{ type: INV.witnessBlock, hash }])
export const compactWanted = onceForEach(({ hash }): readonly Inventory[] => [
  { type: INV.compactBlock, hash },
])
/** `getheaders`: what follows it? */
export const headersAfter = onceForEach(entry => headersBehind(locator(entry)))

/** `getheaders`: what follows the first of these that is known? */
export function headersBehind(hashes: readonly HashHex[]): Locator {
  return { version: PROTOCOL_VERSION, hashes, stop: NO_HASH }
}

function onceForEach<T>(make: (entry: BlockEntry) => T): (entry: BlockEntry) => T {
  const made = new Newest<HashHex, T>(KEPT)
  return entry => {
    const before = made.get(entry.hash)
    if (before !== undefined) return before
    const message = make(entry)
    made.set(entry.hash, message)
    return message
  }
}
