// The graph of unconfirmed transactions: its sums against sums worked out anew, and the orders of eviction and of mining
// against the slow and plain way to the same end.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import { keepingRate, Victims } from '../../node/ledger/eviction.ts'
import { type MempoolEntry, PackageGraph, reach } from '../../node/ledger/packages.ts'
import { selectPackages } from '../../node/ledger/selection.ts'

interface Shape {
  /** Which of the earlier ones it spends. */
  readonly parents: readonly number[]
  readonly feeSat: number
  readonly bytes: number
}

const shapes = fc.array(
  fc.record({
    parents: fc.array(fc.nat(), { maxLength: 3 }),
    feeSat: fc.integer({ min: 0, max: 1_000 }),
    bytes: fc.integer({ min: 1, max: 400 }),
  }),
  { minLength: 1, maxLength: 25 },
)

/** Unsigned transactions in the wanted relations; each parent's output n is for child n. */
function grow(plan: readonly Shape[]): { graph: PackageGraph; entries: MempoolEntry[] } {
  const graph = new PackageGraph()
  const entries: MempoolEntry[] = []
  for (const [n, { parents, feeSat, bytes }] of plan.entries()) {
    const wanted = new Set(n === 0 ? [] : parents.map(parent => parent % n))
    const points = [...wanted].map(parent => ({ txid: entries[parent]?.tx.txid as string, index: n }))
    const own = { txid: n.toString(16).padStart(64, '0'), index: 0 }
    const inputs = [...points, own].map(previous => ({
      previous,
      scriptSig: new Uint8Array(),
      sequence: 0,
      witness: [],
    }))
    const script = new Uint8Array(bytes)
    const tx = makeTx({ version: 2, inputs, outputs: [{ valueSat: 0, script }], lockTime: 0 })
    const vsize = Math.ceil(tx.weight / 4)
    entries.push(graph.add({ tx, feeSat, vsize, sigopCost: n, timeMs: 0, height: 0 }))
  }
  return { graph, entries }
}

const add = (entries: readonly MempoolEntry[], key: 'feeSat' | 'vsize' | 'sigopCost') =>
  entries.reduce((sum, entry) => sum + entry.own[key], 0)

function checkSums(graph: PackageGraph): void {
  for (const entry of graph.entries())
    for (const [relation, sums] of [
      ['parents', entry.ancestors],
      ['children', entry.descendants],
    ] as const) {
      const members = [...reach([entry], relation)]
      expect(sums).toEqual({
        count: members.length,
        feeSat: add(members, 'feeSat'),
        vsize: add(members, 'vsize'),
        sigopCost: add(members, 'sigopCost'),
        weight: members.reduce((sum, member) => sum + member.tx.weight, 0),
      })
    }
}

describe('the graph', () => {
  it('keeps its sums right while packages are given up and their roots confirmed', () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.record({ at: fc.nat(), confirm: fc.boolean() })), (plan, removals) => {
        const { graph } = grow(plan)
        checkSums(graph)
        for (const { at, confirm } of removals) {
          const left = [...graph.entries()].filter(entry => !confirm || entry.parents.size === 0)
          const entry = left[at % Math.max(1, left.length)]
          if (entry === undefined) continue
          const family = reach([entry], 'children')
          if (confirm) graph.remove(entry)
          else expect(new Set(graph.removeWithDescendants(entry))).toEqual(family)
          checkSums(graph)
          expect(graph.get(entry.tx.txid)).toBeUndefined()
          expect(graph.byWtxid(entry.tx.wtxid)).toBeUndefined()
        }
      }),
    )
  })
})

describe('eviction', () => {
  it('always takes the entry that is worth least at that moment, whatever came, went or was prioritised before', () => {
    const changes = fc.array(fc.record({ at: fc.nat(), deltaSat: fc.integer({ min: -500, max: 500 }) }))
    fc.assert(
      fc.property(shapes, changes, (plan, deltas) => {
        const { graph, entries } = grow(plan)
        const victims = new Victims(graph)
        for (const { at, deltaSat } of deltas) {
          const entry = entries[at % entries.length] as MempoolEntry
          graph.prioritise(entry, deltaSat)
          victims.changed([entry])
        }
        checkSums(graph)
        for (let worst = victims.worst(); worst; worst = victims.worst()) {
          const least = Math.min(...Array.from(graph.entries(), keepingRate))
          expect(keepingRate(worst)).toBe(least)
          const family = graph.removeWithDescendants(worst)
          victims.changed(family.flatMap(({ parents }) => [...parents]))
        }
        expect(graph.size).toBe(0)
      }),
    )
  })
})

describe('mining', () => {
  /** Looks through everything for the best package that fits, again and again. */
  function selectSlowly(entries: readonly MempoolEntry[], weight: number): Set<MempoolEntry> {
    const chosen = new Set<MempoolEntry>()
    let room = weight
    for (;;) {
      const packages = entries
        .filter(entry => !chosen.has(entry))
        .map(entry => [...reach([entry], 'parents')].filter(member => !chosen.has(member)))
        .filter(members => members.reduce((sum, { tx }) => sum + tx.weight, 0) <= room)
      if (packages.length === 0) return chosen
      const rate = (members: readonly MempoolEntry[]) => add(members, 'feeSat') / add(members, 'vsize')
      const best = packages.reduce((a, b) => (rate(b) > rate(a) ? b : a))
      for (const member of best) {
        chosen.add(member)
        room -= member.tx.weight
      }
    }
  }

  it('chooses what the slow way chooses, parents first', () => {
    // with fees that differ by powers of two times odd numbers, no two packages are of one rate
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 20_000 }), (plan, weight) => {
        const odd = plan.map((shape, n) => ({ ...shape, feeSat: shape.feeSat * 1_009 + n * n + 1 }))
        const { entries } = grow(odd)
        const fast = selectPackages(entries, { weight, sigopCost: 1e9, minSatPerKvb: 0 })
        expect(new Set(fast)).toEqual(selectSlowly(entries, weight))
        for (const [i, entry] of fast.entries())
          for (const parent of entry.parents) expect(fast.indexOf(parent)).toBeLessThan(i)
        for (const entry of fast) for (const parent of entry.parents) expect(fast).toContain(parent)
      }),
    )
  })
})
