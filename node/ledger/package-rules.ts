// What a row of transactions must be to be looked at as a package, by their bytes alone; reasons are Bitcoin Core's.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { outPointKey } from './chain/tx.ts'
import type { Tx } from './chain/types.ts'

export const MAX_PACKAGE_COUNT = 25
/** 101 kvB, and as much as one transaction's relatives may come to. */
const MAX_PACKAGE_WEIGHT = 404_000

export type FormFlaw =
  | 'package-too-many-transactions'
  | 'package-too-large'
  | 'package-contains-duplicates'
  | 'package-not-sorted'
  | 'conflict-in-package'

export function formFlaw(txs: readonly Tx[]): FormFlaw | undefined {
  if (txs.length > MAX_PACKAGE_COUNT) return 'package-too-many-transactions'
  const weight = txs.reduce((sum, tx) => sum + tx.weight, 0)
  if (txs.length > 1 && weight > MAX_PACKAGE_WEIGHT) return 'package-too-large'
  if (idsOf(txs).size < txs.length) return 'package-contains-duplicates'
  if (!isSorted(txs)) return 'package-not-sorted'
  return isConsistent(txs) ? undefined : 'conflict-in-package'
}

/** All but the last are parents of the last. */
export function isChildWithParents(txs: readonly Tx[]): boolean {
  const parents = txs.slice(0, -1)
  const spent = new Set(txs.at(-1)?.inputs.map(({ previous }) => previous.txid))
  return parents.length > 0 && parents.every(({ txid }) => spent.has(txid))
}

/** And no parent hangs on another. */
export function isChildWithParentsTree(txs: readonly Tx[]): boolean {
  const parents = txs.slice(0, -1)
  const ids = idsOf(parents)
  return (
    isChildWithParents(txs) &&
    parents.every(({ inputs }) => inputs.every(({ previous }) => !ids.has(previous.txid)))
  )
}

/** Nobody spends what comes later, or himself. */
function isSorted(txs: readonly Tx[]): boolean {
  const later = idsOf(txs)
  return txs.every(({ inputs, txid }) => {
    const isPlaced = inputs.every(({ previous }) => !later.has(previous.txid))
    later.delete(txid)
    return isPlaced
  })
}

/** No two spend the same. One that spends something twice is for its own check to find. */
function isConsistent(txs: readonly Tx[]): boolean {
  const spent = new Set<string>()
  for (const { inputs } of txs) {
    const keys = inputs.map(({ previous }) => outPointKey(previous))
    if (keys.length === 0 || keys.some(key => spent.has(key))) return false
    for (const key of keys) spent.add(key)
  }
  return true
}

function idsOf(txs: readonly Tx[]): Set<HashHex> {
  return new Set(txs.map(tx => tx.txid))
}
