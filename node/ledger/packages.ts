// Unconfirmed transactions as a graph: who spends whom, and what each costs and pays together with those above or below it.
// The sums are kept up to date at every change, at the price of one walk over the (at most 25) relatives.

import { byHash, type HashHex } from '../bitcoin/wire/hex.ts'
import { outPointKey } from './chain/tx.ts'
import type { OutPointKey, Tx } from './chain/types.ts'

/** What a set of transactions comes to; fees as `own` has them. */
export interface Totals {
  readonly count: number
  readonly vsize: number
  readonly feeSat: number
  readonly weight: number
  readonly sigopCost: number
}

/** What is known of a transaction when it comes in. */
export interface EntryFacts {
  readonly tx: Tx
  readonly feeSat: number
  /** Virtual bytes: a quarter of the weight, or more where signature operations are dense. */
  readonly vsize: number
  readonly sigopCost: number
  /** When it came, ms since the epoch. */
  readonly timeMs: number
  /** Height of the tip when it came. */
  readonly height: number
}

export interface MempoolEntry extends EntryFacts {
  /** Where the mempool stood when it came (Core's sequence); 0 for what came out of the chain: it is no secret that it is here. */
  readonly sequence: number
  /** Of this one alone. Its fee is the one that it was given to be mined by: what it pays, and what `prioritise` put on it. */
  readonly own: Totals
  readonly parents: ReadonlySet<MempoolEntry>
  readonly children: ReadonlySet<MempoolEntry>
  /** Of this one and all that it needs. */
  readonly ancestors: Totals
  /** Of this one and all that need it. */
  readonly descendants: Totals
}

interface Node extends MempoolEntry {
  own: Totals
  readonly parents: Set<Node>
  readonly children: Set<Node>
  ancestors: Totals
  descendants: Totals
}

export class PackageGraph {
  readonly #byTxid = new Map<HashHex, Node>()
  readonly #byWtxid = new Map<HashHex, Node>()
  readonly #spenders = new Map<OutPointKey, Node>()

  get size(): number {
    return this.#byTxid.size
  }

  /** In the order of arrival, so parents before their children. */
  entries(): IterableIterator<MempoolEntry> {
    return this.#byTxid.values()
  }

  get(txid: HashHex): MempoolEntry | undefined {
    return this.#byTxid.get(txid)
  }

  byWtxid(wtxid: HashHex): MempoolEntry | undefined {
    return this.#byWtxid.get(wtxid)
  }

  /** Who spends this output. */
  spender(key: OutPointKey): MempoolEntry | undefined {
    return this.#spenders.get(key)
  }

  /** The transactions here that `tx` spends directly. */
  parentsOf(tx: Tx): Set<MempoolEntry> {
    return this.#parentsOf(tx)
  }

  /**
   * Adds one whose parents are here already, if they ever will, and whose outputs nobody spends yet. `deltaSat`: what its fee
   * counts for beyond what it pays.
   */
  add(facts: EntryFacts, deltaSat = 0, sequence = 0): MempoolEntry {
    const own = totalsOf(facts, deltaSat)
    const node: Node = {
      ...facts,
      sequence,
      own,
      parents: this.#parentsOf(facts.tx),
      children: new Set(),
      ancestors: own,
      descendants: own,
    }
    for (const parent of node.parents) parent.children.add(node)
    for (const ancestor of reach(node.parents, 'parents')) {
      node.ancestors = sum(node.ancestors, ancestor.own, 1)
      ancestor.descendants = sum(ancestor.descendants, own, 1)
    }
    this.#byTxid.set(facts.tx.txid, node)
    this.#byWtxid.set(facts.tx.wtxid, node)
    for (const input of facts.tx.inputs) this.#spenders.set(outPointKey(input.previous), node)
    return node
  }

  /** Its fee counts for so much more from now on, or less. */
  prioritise(entry: MempoolEntry, deltaSat: number): void {
    const node = this.#byTxid.get(entry.tx.txid)
    if (node === undefined) return
    const more = { ...NOTHING, feeSat: deltaSat }
    node.own = sum(node.own, more, 1)
    for (const ancestor of reach([node], 'parents')) ancestor.descendants = sum(ancestor.descendants, more, 1)
    for (const descendant of reach([node], 'children'))
      descendant.ancestors = sum(descendant.ancestors, more, 1)
  }

  /** Removes one that has no parents left here (it was confirmed) or no children (it is given up). */
  remove(entry: MempoolEntry): void {
    const node = this.#byTxid.get(entry.tx.txid)
    if (node === undefined) return
    for (const ancestor of reach(node.parents, 'parents'))
      ancestor.descendants = sum(ancestor.descendants, node.own, -1)
    for (const descendant of reach(node.children, 'children'))
      descendant.ancestors = sum(descendant.ancestors, node.own, -1)
    for (const parent of node.parents) parent.children.delete(node)
    for (const child of node.children) child.parents.delete(node)
    this.#byTxid.delete(node.tx.txid)
    this.#byWtxid.delete(node.tx.wtxid)
    for (const input of node.tx.inputs) this.#spenders.delete(outPointKey(input.previous))
  }

  /** Removes one and all that need it; they are returned, children first. */
  removeWithDescendants(entry: MempoolEntry): MempoolEntry[] {
    // a child has more ancestors than any of them has
    const family = [...reach([entry], 'children')].sort((a, b) => b.ancestors.count - a.ancestors.count)
    for (const member of family) this.remove(member)
    return family
  }

  #parentsOf(tx: Tx): Set<Node> {
    const parents = new Set<Node>()
    for (const { previous } of tx.inputs) {
      const parent = this.#byTxid.get(previous.txid)
      if (parent !== undefined) parents.add(parent)
    }
    return parents
  }
}

/** `starts` and everything reachable from them upwards or downwards. */
export function reach<T extends { readonly [K in 'parents' | 'children']: ReadonlySet<T> }>(
  starts: Iterable<T>,
  relation: 'parents' | 'children',
): Set<T> {
  const found = new Set(starts)
  // a set that grows while it is walked: each new member is visited in its turn
  for (const member of found) for (const next of member[relation]) found.add(next)
  return found
}

/** In the order in which Core looks at a set of them: which of several flaws is told of depends on it. */
export function inOrder(entries: Iterable<MempoolEntry>): MempoolEntry[] {
  const row = [...entries]
  return row.length < 2 ? row : row.sort((a, b) => byHash(a.tx.txid, b.tx.txid))
}

/** What is left of a set of transactions without one of them. */
export function minus(totals: Totals, { own }: MempoolEntry): Totals {
  return sum(totals, own, -1)
}

const NOTHING: Totals = { count: 0, vsize: 0, feeSat: 0, weight: 0, sigopCost: 0 }

function totalsOf({ tx, feeSat, vsize, sigopCost }: EntryFacts, deltaSat: number): Totals {
  return { count: 1, vsize, feeSat: feeSat + deltaSat, weight: tx.weight, sigopCost }
}

function sum(a: Totals, b: Totals, sign: 1 | -1): Totals {
  return {
    count: a.count + sign * b.count,
    vsize: a.vsize + sign * b.vsize,
    feeSat: a.feeSat + sign * b.feeSat,
    weight: a.weight + sign * b.weight,
    sigopCost: a.sigopCost + sign * b.sigopCost,
  }
}
