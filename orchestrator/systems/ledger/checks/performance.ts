// Performance: how fast blocks travel, how many are found in vain, who finds them, and whether they come as chance has them.

import { type Check, type Ground, poll, setting, some, startOf, type Verdict } from '../../../checks/check.ts'
import { fitsExponential, wilson } from '../../../checks/statistics.ts'
import { plural } from '../../../format.ts'
import { expectedBlocks } from '../observe/power.ts'

const PERCENTILES = ['p50', 'p90', 'p99'] as const

export const propagation: Check = {
  name: 'propagation',
  describe:
    'the middle block of the best chain reaches 50, 90 and 99 % of the running nodes within these times',
  run: async (ground, wish) => {
    await startOf(ground, wish)
    const {
      systems: {
        ledger: { propagation: found },
      },
    } = ground.state()
    const limits = PERCENTILES.flatMap(name => {
      const mostMs = wish.numbers[name]
      return mostMs === undefined ? [] : [{ name, mostMs, ms: found[`${name}Ms`] }]
    })
    return {
      passed: found.blocks > 0 && limits.every(({ mostMs, ms = Infinity }) => ms <= mostMs),
      asked: limits.map(({ name, mostMs }) => `${name} ≤ ${mostMs} ms`).join(', '),
      measured: `${limits.map(({ name, ms }) => `${name} ${ms?.toFixed(1) ?? '–'} ms`).join(', ')} over ${plural(found.blocks, 'block')}${found.short > 0 ? `; ${found.short} more did not reach 90 % of the nodes` : ''}`,
      ...(found.blocks === 0 && { message: 'no block reached 90 % of the running nodes' }),
    }
  },
}

export const staleRate: Check = {
  name: 'stale-rate',
  describe: 'few blocks are found beside the best chain',
  run: (ground, wish) =>
    afterBlocks(ground, wish, setting(wish, 'blocks'), () => {
      const { blocks, staleBlocks } = ground.state().systems.ledger.totals
      const most = setting(wish, 'most')
      return {
        passed: staleBlocks <= most * blocks,
        asked: `at most ${percent(most)} stale`,
        measured: `${staleBlocks} of ${plural(blocks, 'block')}, ${percent(staleBlocks / blocks)}`,
      }
    }),
}

export const hashShare: Check = {
  name: 'hash-share',
  describe:
    'every miner finds the share of blocks that its hash rate was of the whole while it ran, as far as chance allows',
  run: (ground, wish) =>
    afterBlocks(ground, wish, setting(wish, 'blocks'), () => shares(ground, setting(wish, 'level'))),
}

/** Held against what each was to find while it ran: a miner that was down is not asked for blocks of that time. */
function shares(ground: Ground, level: number): Verdict {
  const { nodes, systems } = ground.state()
  const miners = nodes
    .map(({ name, systems: { ledger } }) => ({
      ...{ name, askedHps: ledger.askedHps, found: ledger.blocksMined },
      due: expectedBlocks(ledger, systems.ledger),
    }))
    // A trace may ask nothing of it any more.
    .filter(({ askedHps, due }) => askedHps > 0 || due > 0)
  const total = miners.reduce((sum, { found }) => sum + found, 0)
  const due = miners.reduce((sum, miner) => sum + miner.due, 0)
  // Many intervals at once: each is so much wider that all of them hold together at the level (Bonferroni).
  const each = 1 - (1 - level) / miners.length
  const off = miners.flatMap(miner => {
    const share = miner.due / due
    const { low, high } = wilson(miner.found, total, each)
    const line = `${miner.name} found ${miner.found} of ${total}, so ${percent(low)} to ${percent(high)}, and its share of the hash power was ${percent(share)}`
    return share < low || share > high ? [line] : []
  })
  return {
    passed: miners.length > 0 && off.length === 0,
    asked: `${miners.length} shares of blocks within chance of the hash rates, at ${percent(level)}`,
    measured: `${miners.length - off.length} of ${miners.length}, over ${plural(total, 'block')}`,
    ...(off.length > 0 && { message: some(off) }),
  }
}

export const blockIntervals: Check = {
  name: 'block-intervals',
  describe: 'the times between blocks are exponential: Kolmogorov–Smirnov against their own mean',
  run: (ground, wish) =>
    afterBlocks(ground, wish, setting(wish, 'blocks'), () => {
      const level = setting(wish, 'level')
      const intervals = intervalsMs(ground)
      const { statistic, critical, mean } = fitsExponential(intervals, level)
      return {
        passed: statistic <= critical,
        asked: `exponential at ${percent(level)}: a distance of at most ${critical.toFixed(3)}`,
        measured: `${statistic.toFixed(3)} over ${plural(intervals.length, 'interval')}, ${(mean / 1000).toFixed(2)} s on average`,
      }
    }),
}

/** Between first sights of blocks that follow each other on the best chain. */
function intervalsMs(ground: Ground): number[] {
  const seen = new Map(ground.state().systems.ledger.blocks.map(block => [block.hash, block]))
  return [...seen.values()].flatMap(block => {
    const parent = seen.get(block.prev)
    return block.active && parent ? [Math.max(0, block.firstSeenMs - parent.firstSeenMs)] : []
  })
}

/** Judges once there are enough blocks to judge by; too few by the deadline is a failure. */
function afterBlocks(
  ground: Ground,
  wish: Parameters<typeof poll>[1],
  least: number,
  judge: () => Verdict,
): Promise<Verdict> {
  return poll(ground, wish, async () => {
    const { blocks } = ground.state().systems.ledger.totals
    // Waiting mends nothing once there is a verdict: it would only ask again until chance agrees.
    if (blocks > least) return { ...judge(), final: true }
    return {
      passed: false,
      asked: `more than ${plural(least, 'block')} to judge by`,
      measured: plural(blocks, 'block'),
    }
  })
}

function percent(share: number): string {
  return `${+(share * 100).toFixed(2)}%`
}
