// Headers that are kept aside until they have proved their work: which go on with them, and how many there may be.

import { describe, expect, test } from 'vitest'
import type { BlockEntry, Header } from '../../node/ledger/chain/types.ts'
import { LowWorkChain } from '../../node/ledger/lowwork.ts'
import type { LedgerPeer } from '../../node/ledger/peers.ts'

const START = { hash: 'start', work: 1_000n } as BlockEntry
/** Each claims two hashes, as on regtest. */
const run = (from: number, count: number) =>
  Array.from({ length: count }, (_, i): Header => {
    const prev = from + i === 0 ? START.hash : `h${from + i - 1}`
    return { prev, hash: `h${from + i}`, bits: 0x207fffff } as Header
  })

const chain = () => new LowWorkChain({} as LedgerPeer, START)

describe('headers kept aside', () => {
  test('go on where they ended, and add their work to that below them', () => {
    const aside = chain()
    expect([aside.last, aside.work]).toEqual(['start', 1_000n])
    expect(aside.add(run(0, 3))).toBe(true)
    expect([aside.last, aside.work]).toEqual(['h2', 1_006n])
    expect(aside.add(run(3, 2))).toBe(true)
    expect([aside.last, aside.work, aside.headers.length]).toEqual(['h4', 1_010n, 5])
  })

  test('that leave a gap, come again or are none change nothing', () => {
    const aside = chain()
    aside.add(run(0, 3))
    for (const other of [run(4, 1), run(0, 3), run(2, 2), []]) expect(aside.add(other)).toBe(false)
    expect([aside.last, aside.work, aside.headers.length]).toEqual(['h2', 1_006n, 3])
  })

  test('are fifty thousand at most', () => {
    const aside = chain()
    for (let i = 0; i < 25; i++) expect(aside.add(run(2_000 * i, 2_000))).toBe(true)
    expect(aside.add(run(50_000, 1))).toBe(false)
    expect(aside.headers).toHaveLength(50_000)
  })
})
