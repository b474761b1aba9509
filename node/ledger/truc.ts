// Transactions of version 3, topologically restricted until confirmation (BIP 431): alone, or one parent with one small child.
// In return they may always be replaced, a child may push out its sibling, and a parent may come in by its child's fee.

import type { Tx } from './chain/types.ts'
import { inOrder, type MempoolEntry } from './packages.ts'

export const TRUC_VERSION = 3
const MAX_VSIZE = 10_000
const MAX_CHILD_VSIZE = 1_000
/** A parent and its child. */
const MAX_RELATIVES = 2

export interface TrucFlaw {
  readonly detail: string
  /** The parent's other child, where that could make room under the rules of replacement. */
  readonly sibling?: MempoolEntry | undefined
}

/** What `tx` breaks by itself; `ancestors`: what it hangs on here, `conflicts`: what it would replace. */
export function trucFlaw(
  tx: Tx,
  vsize: number,
  ancestors: ReadonlySet<MempoolEntry>,
  conflicts: ReadonlySet<MempoolEntry>,
): TrucFlaw | undefined {
  const wrong = first(inOrder(ancestors), ancestor => inherits(tx, ancestor.tx))
  if (wrong) return { detail: wrong }
  if (tx.version !== TRUC_VERSION) return undefined
  if (vsize > MAX_VSIZE) return { detail: tooBig(tx, 'tx', vsize, MAX_VSIZE) }
  if (ancestors.size + 1 > MAX_RELATIVES) return { detail: tooManyAncestors(tx) }
  const [parent] = ancestors
  if (!parent) return undefined
  if (vsize > MAX_CHILD_VSIZE) return { detail: tooBig(tx, 'child tx', vsize, MAX_CHILD_VSIZE) }
  const children = [...parent.children]
  if (parent.descendants.count + 1 <= MAX_RELATIVES || children.some(child => conflicts.has(child)))
    return undefined
  const [child] = children
  // More than one child, or a grandchild, only a reorganisation brings.
  const mayYield = parent.descendants.count === 2 && child?.ancestors.count === 2
  return { detail: tooManyDescendants(parent.tx), sibling: mayYield ? child : undefined }
}

export interface Packaged {
  readonly tx: Tx
  readonly vsize: number
  /** In the mempool. */
  readonly ancestors: ReadonlySet<MempoolEntry>
}

/** What a package breaks by how its transactions hang together; parents stand before their children. */
export function trucPackageFlaw(members: readonly Packaged[]): string | undefined {
  for (const [place, member] of members.entries()) {
    const detail = memberFlaw(member, members, place)
    if (detail) return detail
  }
  return undefined
}

function memberFlaw(
  { tx, vsize, ancestors }: Packaged,
  members: readonly Packaged[],
  place: number,
): string | undefined {
  const spent = new Set(tx.inputs.map(({ previous }) => previous.txid))
  const packaged = members.slice(0, place).filter(member => spent.has(member.tx.txid))
  const relatives = [...inOrder(ancestors), ...packaged]
  if (tx.version !== TRUC_VERSION) return first(relatives, relative => inherits(tx, relative.tx))
  if (relatives.length + 1 > MAX_RELATIVES) return tooManyAncestors(tx)
  const [parent] = relatives
  if (!parent) return undefined
  if (vsize > MAX_CHILD_VSIZE) return tooBig(tx, 'child tx', vsize, MAX_CHILD_VSIZE)
  const wrong = inherits(tx, parent.tx)
  if (wrong) return wrong
  for (const other of members) {
    if (other.tx === tx) continue
    for (const { previous } of other.tx.inputs) {
      if (previous.txid === parent.tx.txid) return tooManyDescendants(parent.tx)
      if (previous.txid === tx.txid) return tooManyAncestors(other.tx)
    }
  }
  const [resident] = ancestors
  return resident && resident.descendants.count > 1 ? tooManyDescendants(resident.tx) : undefined
}

/** Those of version 3 hang together with their like alone. */
function inherits(tx: Tx, ancestor: Tx): string | undefined {
  const [own, other] = [tx.version === TRUC_VERSION, ancestor.version === TRUC_VERSION]
  if (own === other) return undefined
  const word = (isTruc: boolean) => (isTruc ? 'version=3' : 'non-version=3')
  return `${word(own)} ${name(tx)} cannot spend from ${word(other)} ${name(ancestor)}`
}

function tooBig(tx: Tx, what: 'tx' | 'child tx', vsize: number, most: number): string {
  return `version=3 ${what} ${tx.txid} (wtxid=${tx.wtxid}) is too big: ${vsize} > ${most} virtual bytes`
}

function tooManyAncestors(tx: Tx): string {
  return `${name(tx)} would have too many ancestors`
}

function tooManyDescendants(parent: Tx): string {
  return `${name(parent)} would exceed descendant count limit`
}

function name({ txid, wtxid }: Tx): string {
  return `tx ${txid} (wtxid=${wtxid})`
}

function first<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item)
    if (found) return found
  }
  return undefined
}
