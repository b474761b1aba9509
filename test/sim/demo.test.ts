// What `npm start` promises: within half a minute blocks come, the chain forks by itself, and the network agrees again.

import { describe, expect, it } from 'vitest'
import demo from '../../orchestrator/spec/demo.yaml'
import { loadSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { simulate } from '../support/simulation.ts'

const SEEDS = 40
const HALF_A_MINUTE_MS = 30_000
const TICK_MS = 500

interface Look {
  /** Undefined: not within half a minute. */
  readonly blockMs: number | undefined
  readonly forkMs: number | undefined
  readonly agreedMs: number | undefined
}

/** When what was seen first. */
async function look(seed: number): Promise<Look> {
  const { testnet } = await simulate(`${demo}\nseed: ${seed}`, () => false)
  const first: { blockMs?: number; forkMs?: number; agreedMs?: number } = {}
  for (let ms = TICK_MS; ms <= HALF_A_MINUTE_MS; ms += TICK_MS) {
    await testnet.elapse(TICK_MS, new AbortController().signal)
    const {
      systems: {
        ledger: { height, totals, converged },
      },
    } = testnet.state()
    if (height > 0) first.blockMs ??= ms
    if (totals.staleBlocks > 0) first.forkMs ??= ms
    if (first.forkMs !== undefined && converged) first.agreedMs ??= ms
  }
  await testnet.down('seen enough')
  const { blockMs, forkMs, agreedMs } = first
  return { blockMs, forkMs, agreedMs }
}

describe('the demo', () => {
  it(`forks and agrees within half a minute, with nearly every seed`, async () => {
    const looks: Look[] = []
    for (let seed = 1; seed <= SEEDS; seed++) looks.push(await look(seed))
    const share = (of: (look: Look) => boolean) => looks.filter(of).length / SEEDS
    // One block in four meets another, and there are twenty: 0.75 ** 20 is 0.3 %.
    expect(share(({ forkMs }) => forkMs !== undefined)).toBeGreaterThanOrEqual(0.95)
    expect(share(({ agreedMs }) => agreedMs !== undefined)).toBeGreaterThanOrEqual(0.95)
    // An interval of 1.5 s: exp(-4) of the first blocks take longer than four of them.
    expect(share(({ blockMs = Number.POSITIVE_INFINITY }) => blockMs <= 6_000)).toBeGreaterThanOrEqual(0.9)
  }, 120_000)

  it('is what there is without a spec only, and takes the same flags', () => {
    const [plain, shown] = [loadSpec(undefined), loadSpec(undefined, { demo: true, nodes: '7', seed: '3' })]
    expect(shown.chain.blockInterval).toBeLessThan(plain.chain.blockInterval)
    expect(Number(shown.links.latency)).toBeGreaterThan(Number(plain.links.latency))
    expect(makePlan(shown)).toMatchObject({ network: 'demo', seed: 3, nodes: { length: 7 } })
    const { chain, links } = loadSpec('orchestrator/spec/template.yaml', { demo: true })
    expect([chain.blockInterval, links.latency]).toEqual([plain.chain.blockInterval, plain.links.latency])
  })
})
