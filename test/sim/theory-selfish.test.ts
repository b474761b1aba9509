// Adversaries against theory: what selfish mining earns (Eyal and Sirer), how often a double spend comes off (Rosenfeld).

import { describe, expect, test } from 'vitest'
import { doubleSpendChance, selfishRevenue } from '../../orchestrator/research/formulas.ts'
import { luckOf } from '../support/selfish-machine.ts'
import { simulate } from '../support/simulation.ts'
import { apart, apartSpec, doubleSpends, INTERVAL_MS, selfishOutcome } from '../support/theory.ts'

const SEEDS = [21, 22]
const BLOCKS = 1_000
const ALPHAS = [0.25, 0.3, 0.35, 0.4, 0.45]
const GAMMAS = [0, 0.5, 1]
/** Two-sided, 0.1 % for all fifteen pairs together: each is held to 1 − 0.001 / 15. */
const DEVIATIONS = 4

describe('selfish mining earns R(α, γ) of Eyal and Sirer', () => {
  // Most of what chance does to the revenue it does by how many blocks the miner finds, which R at that share takes out. What is
  // left is that of their order, and their state machine on paper knows how much that is.
  test.each(ALPHAS.flatMap(alpha => GAMMAS.map(gamma => [alpha, gamma] as const)))(
    'α = %f, γ = %f',
    async (alpha, gamma) => {
      const { found, revenue } = await selfishOutcome(alpha, gamma, SEEDS, BLOCKS)
      const spread = Math.sqrt((alpha * (1 - alpha)) / (SEEDS.length * BLOCKS))
      expect(Math.abs(found - alpha)).toBeLessThan(DEVIATIONS * spread)
      const { mean, deviation } = luckOf(alpha, gamma, SEEDS.length * BLOCKS)
      expect(Math.abs(revenue - selfishRevenue(found, gamma) - mean)).toBeLessThan(DEVIATIONS * deviation)
    },
  )

  test('in a mesh of equal links nobody hears of its block first, but by compact blocks: γ is between 0 and 1', async () => {
    const { found, revenue } = await selfishOutcome(0.4, undefined, [23], BLOCKS)
    const [low, high] = [luckOf(0.4, 0, BLOCKS), luckOf(0.4, 1, BLOCKS)]
    expect(revenue).toBeGreaterThan(selfishRevenue(found, 0) + low.mean - DEVIATIONS * low.deviation)
    expect(revenue).toBeLessThan(selfishRevenue(found, 1) + high.mean + DEVIATIONS * high.deviation)
  })
})

describe("a private branch beats z confirmations as often as Rosenfeld's formula says", () => {
  test.each([0.1, 0.3])('q = %f', async q => {
    const miners = await apart(24, q, 4_000)
    for (const z of [1, 2, 4, 6]) {
      const { tried, won } = doubleSpends(miners, z)
      const expected = tried * doubleSpendChance(q, z)
      // A binomial's 3.5 deviations (99.95 %), and one more where next to none are expected.
      expect(Math.abs(won - expected)).toBeLessThan(3.5 * Math.sqrt(expected) + 1)
    }
  })

  test('and the real chain follows it: two confirmations are gone when the longer branch comes out', async () => {
    // This seed's attacker has found more than the merchant's miner after ten minutes.
    const { testnet } = await simulate(apartSpec(2, 0.45))
    await testnet.elapse(60 * INTERVAL_MS)
    const [good, evil] = ['good-1', 'evil-1'].map(name => testnet.node(name).ledger.chain.tip)
    expect(evil?.height).toBeGreaterThan(good?.height ?? 0)
    expect(good?.height).toBeGreaterThan(2)
    await testnet.rpc('evil-1', 'addnode', [testnet.node('good-1').address, 'onetry'])
    expect(await testnet.agree(60_000)).toBe(true)
    // What is mined on in the meantime comes on top of it.
    expect(testnet.node('good-1').ledger.chain.at(evil?.height ?? 0)?.hash).toBe(evil?.hash)
    expect(testnet.state().systems.ledger.totals.reorgMaxDepth).toBeGreaterThanOrEqual(good?.height ?? 0)
    await testnet.down('seen')
  })
})
