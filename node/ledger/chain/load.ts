// Reads a stored chain back and checks that it hangs together. Returns what is wrong as text instead of throwing: a damaged store is set
// aside and the chain fetched from peers again.

import type { ChainStore, StoredTip } from './chain-store.ts'
import { BlockTree, pathUp } from './tree.ts'
import type { BlockEntry } from './types.ts'
import { UtxoSet } from './utxo.ts'

/** Blocks at the end of the chain whose bodies and undo data are read to see whether they are whole (Core's figure). */
const CHECKED_BLOCKS = 6

export interface LoadedChain {
  readonly tree: BlockTree
  readonly tip: BlockEntry
  readonly utxo: UtxoSet
}

/** The stored chain, or why it cannot be used. */
export function loadChain(store: ChainStore, stored: StoredTip, genesis: BlockEntry): LoadedChain | string {
  const tree = loadTree(store, genesis)
  if (typeof tree === 'string') return tree
  const tip = tree.get(stored.hash)
  if (tip?.status !== 'valid' || tip.height !== stored.height) return 'the tip is not a connected block'
  const utxo = loadUtxo(store, stored)
  if (typeof utxo === 'string') return utxo
  const recent = pathUp(tree.genesis, tip).slice(-CHECKED_BLOCKS)
  for (const { hash } of recent) {
    const block = store.block(hash)
    if (block === undefined || store.undo(block) === undefined) return `block ${hash} is unreadable`
  }
  return { tree, tip, utxo }
}

function loadTree(store: ChainStore, genesis: BlockEntry): BlockTree | string {
  const stored = [...store.entries()]
  const entries = stored.filter(entry => entry !== undefined)
  if (entries.length < stored.length) return `${stored.length - entries.length} index entries are unreadable`
  entries.sort((a, b) => a.height - b.height)
  const [first, ...others] = entries
  if (first?.header.hash !== genesis.hash) return 'it belongs to another network'
  const tree = new BlockTree(genesis.header)
  Object.assign(tree.genesis, state(first))
  for (const { header, height, ...rest } of others) {
    const parent = tree.get(header.prev)
    if (parent?.height !== height - 1) return `index entry ${header.hash} has no parent`
    Object.assign(tree.add(header, parent), state(rest))
  }
  tree.survey()
  return tree
}

function state({ status, sequence, transactions }: Pick<BlockEntry, 'status' | 'sequence' | 'transactions'>) {
  // Of what was not judged, not all blocks had come.
  return { status: status === 'stored' && transactions === 0 ? 'header' : status, sequence, transactions }
}

function loadUtxo(store: ChainStore, { mark }: StoredTip): UtxoSet | string {
  const utxo = new UtxoSet()
  let unreadable = 0
  for (const record of store.coins()) {
    if (record) utxo.add(record)
    else unreadable++
  }
  if (unreadable > 0) return `${unreadable} coins are unreadable`
  if (utxo.mark.count !== mark.count) return `${utxo.mark.count} coins instead of ${mark.count}`
  if (utxo.mark.sum !== mark.sum) return 'the coins are not those of the tip'
  return utxo
}
