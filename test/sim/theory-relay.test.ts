// Ways of relay over block intervals from 25 minutes to a second: what goes stale grows as theory says, by how often each way
// crosses a link, and they rank alike at every interval.

import { expect, test } from 'vitest'
import { delayOf, isStale, type Mesh, meshSpec, mine, RELAY, relayStaleRate } from '../support/theory.ts'

const MODES = ['inv', 'headers', 'unsolicited', 'compact'] as const
type Mode = (typeof MODES)[number]
/** Few blocks where next to none goes stale, many where the ways differ. */
const BLOCKS = [
  [1_500_000, 500],
  [60_000, 500],
  [10_000, 1_000],
  [1_000, 2_000],
] as const
/** Of each of 32 comparisons: one in 300 such suites fails with any of its seeds. */
const CHANCE = 0.0001

/** Of a Poisson variable: that it is so large, or so small. */
function tails(count: number, mean: number): { readonly atLeast: number; readonly atMost: number } {
  let term = Math.exp(-mean)
  let below = 0
  for (let i = 0; i < count; i++) {
    below += term
    term *= mean / (i + 1)
  }
  return { atLeast: 1 - below, atMost: below + term }
}

interface Measured {
  readonly stale: number
  readonly found: number
}

const measured = new Map<string, Measured>()
const at = (mode: Mode, intervalMs: number): Measured => {
  const found = measured.get(`${mode} ${intervalMs}`)
  if (!found) throw new Error(`${mode} at ${intervalMs} ms was not measured`)
  return found
}

test.each(MODES)('%s: as many as its crossings say, from 25 minutes to a second', async relay => {
  for (const [intervalMs, blocks] of BLOCKS) {
    const mesh: Mesh = { ...RELAY, seed: 5, relay, intervalMs }
    const found = await mine(meshSpec(mesh), blocks * intervalMs)
    const stale = found.filter(isStale).length
    measured.set(`${relay} ${intervalMs}`, { stale, found: found.length })
    const expected = found.length * relayStaleRate(mesh)
    // What the formula leaves out is about (Δ/T)² of itself.
    const odd = (delayOf(mesh) / intervalMs) ** 2
    const what = `${stale} of ${found.length} at ${intervalMs} ms, ${expected.toFixed(1)} expected`
    expect(tails(stale, expected * (1 + odd)).atLeast, what).toBeGreaterThan(CHANCE)
    expect(tails(stale, expected * (1 - odd)).atMost, what).toBeGreaterThan(CHANCE)
  }
})

// Of two Poisson counts of about as many blocks, the difference has the sum as its variance: 3.1 deviations, one-sided, are 0.1 %.
const deviations = (many: number, few: number) => (many - few) / Math.sqrt(many + few)

test('an inventory costs more than a header, a header more than a block unasked, at a block a second (99.9 %)', () => {
  const [inv = 0, headers = 0, unsolicited = 0, compact = 0] = MODES.map(mode => at(mode, 1_000).stale)
  expect(deviations(inv, headers)).toBeGreaterThan(3.1)
  expect(deviations(headers, unsolicited)).toBeGreaterThan(3.1)
  expect(deviations(headers, compact)).toBeGreaterThan(3.1)
  // One crossing each: alike, two-sided.
  expect(Math.abs(deviations(unsolicited, compact))).toBeLessThan(3.3)
})

test('they rank so at each shorter interval, and at 25 minutes hardly a block goes stale whatever the way', () => {
  for (const intervalMs of [10_000, 1_000]) {
    const oneCrossing = (at('unsolicited', intervalMs).stale + at('compact', intervalMs).stale) / 2
    expect(at('headers', intervalMs).stale).toBeGreaterThan(oneCrossing)
    expect(at('inv', intervalMs).stale).toBeGreaterThan(at('headers', intervalMs).stale)
  }
  const rates = BLOCKS.map(([intervalMs]) => {
    const all = MODES.map(mode => at(mode, intervalMs))
    const stale = all.reduce((sum, { stale }) => sum + stale, 0)
    return stale / all.reduce((sum, { found }) => sum + found, 0)
  })
  expect(rates).toEqual([...rates].sort((a, b) => a - b))
  expect(rates[0]).toBeLessThan(0.001)
  expect(rates[3]).toBeGreaterThan(0.05)
})
