// Stale blocks against theory: (Δ/T)(1 − Σh²) over delays, intervals, block sizes and ways of relay; and whose blocks they are.

import { expect, test } from 'vitest'
import { minerStaleRate, staleRate } from '../../orchestrator/research/formulas.ts'
import { delayOf, type Found, INTERVAL_MS, isStale, type Mesh, meshSpec, mine } from '../support/theory.ts'

const QUARTERS = [0.25, 0.25, 0.25, 0.25]
const BLOCKS = 1_200
const BANDWIDTH_BPS = 20e6

/** Stale blocks, and as many as theory expects among those found. */
async function compare(mesh: Mesh): Promise<{ stale: number; expected: number }> {
  const intervalMs = mesh.intervalMs ?? INTERVAL_MS
  const found = await mine(meshSpec(mesh), BLOCKS * intervalMs)
  return {
    stale: found.filter(isStale).length,
    expected: found.length * staleRate(delayOf(mesh), intervalMs, mesh.shares),
  }
}

/** Rare events are Poisson: 3.7 deviations are 0.02 % by chance. The formula leaves out terms of about Δ/T of itself. */
function agrees(stale: number, expected: number, ratio: number): void {
  expect(Math.abs(stale - expected)).toBeLessThan(3.7 * Math.sqrt(expected) + 2 * ratio * expected)
}

const POINTS: readonly (readonly [what: string, mesh: Omit<Mesh, 'seed' | 'shares'>])[] = [
  ['100 ms away', { latencyMs: 100 }],
  ['400 ms away', { latencyMs: 400 }],
  ['a block every 4 s', { latencyMs: 200, intervalMs: 4_000 }],
  ['a block every 20 s', { latencyMs: 200, intervalMs: 20_000 }],
  ['a quarter of a megabyte', { latencyMs: 50, block: { bytes: 250_000, bandwidthBps: BANDWIDTH_BPS } }],
  ['one and a half megabytes', { latencyMs: 50, block: { bytes: 1_500_000, bandwidthBps: BANDWIDTH_BPS } }],
  ['legacy inv', { latencyMs: 150, relay: 'inv' }],
  ['headers', { latencyMs: 150, relay: 'headers' }],
  ['compact blocks', { latencyMs: 150, relay: 'compact' }],
]
const measured = new Map<string, { stale: number; expected: number }>()

test.each(POINTS)('%s: as many as (Δ/T)(1 − Σh²) says', async (what, point) => {
  const mesh = { seed: 11, shares: QUARTERS, ...point }
  const { stale, expected } = await compare(mesh)
  measured.set(what, { stale, expected })
  agrees(stale, expected, delayOf(mesh) / (mesh.intervalMs ?? INTERVAL_MS))
})

test.each([
  ['100 ms away', '400 ms away'],
  ['a block every 20 s', 'a block every 4 s'],
  ['a quarter of a megabyte', 'one and a half megabytes'],
  ['compact blocks', 'legacy inv'],
])('%s: fewer go stale than with %s (99.9 %)', (few, many) => {
  const [a, b] = [measured.get(few), measured.get(many)]
  if (!a || !b) throw new Error('not measured')
  // Of two Poisson counts of about as many blocks, the difference has the sum as its variance: 3.1 deviations, one-sided.
  expect(b.stale - a.stale).toBeGreaterThan(3.1 * Math.sqrt(a.stale + b.stale))
})

test('small miners lose a larger part of their blocks than large ones', async () => {
  const shares = [0.5, 0.2, 0.2, 0.1]
  const latencyMs = 500
  const found: Found[] = []
  for (const seed of [1, 2, 3])
    found.push(...(await mine(meshSpec({ seed, shares, latencyMs }), 1_500 * INTERVAL_MS)))
  const rateOf = (i: number) => {
    const own = found.filter(({ miner }) => miner === `m${i}-1`)
    const expected = own.length * minerStaleRate(latencyMs, INTERVAL_MS, i, shares)
    const stale = own.filter(isStale).length
    agrees(stale, expected, latencyMs / INTERVAL_MS)
    return stale / own.length
  }
  const [large = 0, , , small = 0] = shares.map((_, i) => rateOf(i))
  expect(small).toBeGreaterThan(large)
})
