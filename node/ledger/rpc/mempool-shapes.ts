// The mempool's entries as the JSON that Bitcoin Core 28 answers with.

import { inOrder, type MempoolEntry, reach } from '../packages.ts'
import { signalsReplacement } from '../replacement.ts'
import type { Unbroadcast } from '../unbroadcast.ts'
import { coins } from './arguments.ts'

export function entriesShape(
  entries: Iterable<MempoolEntry>,
  unbroadcast: Pick<Unbroadcast, 'has'>,
): Record<string, unknown> {
  return Object.fromEntries(Array.from(entries, entry => [entry.tx.txid, entryShape(entry, unbroadcast)]))
}

export function entryShape(
  entry: MempoolEntry,
  unbroadcast: Pick<Unbroadcast, 'has'>,
): Record<string, unknown> {
  const { tx, ancestors, descendants } = entry
  return {
    vsize: entry.vsize,
    weight: tx.weight,
    time: Math.floor(entry.timeMs / 1000),
    height: entry.height,
    descendantcount: descendants.count,
    descendantsize: descendants.vsize,
    ancestorcount: ancestors.count,
    ancestorsize: ancestors.vsize,
    wtxid: tx.wtxid,
    fees: {
      base: coins(entry.feeSat),
      modified: coins(entry.own.feeSat),
      ancestor: coins(ancestors.feeSat),
      descendant: coins(descendants.feeSat),
    },
    depends: txidsOf(entry.parents).sort(),
    spentby: txidsOf(inOrder(entry.children)),
    'bip125-replaceable': isSignalled(entry),
    unbroadcast: unbroadcast.has(tx.txid),
  }
}

export function txidsOf(entries: Iterable<MempoolEntry>): string[] {
  return Array.from(entries, entry => entry.tx.txid)
}

/** It says that it may be replaced, or something does that it hangs on. */
function isSignalled(entry: MempoolEntry): boolean {
  for (const { tx } of reach([entry], 'parents')) if (signalsReplacement(tx)) return true
  return false
}
