// Rules between values of a spec that are about the ledger. Each problem names the place to mend.

import { isLight } from '../../spec/light.ts'
import { swarmStrategyOf } from '../bittorrent/strategy.ts'
import { deploymentProblems } from './deployments.ts'
import type { LedgerSpec } from './spec.ts'

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export function ledgerProblems(spec: LedgerSpec): Problem[] {
  return [
    ...miningProblems(spec),
    ...blockSizeProblems(spec),
    ...intervalProblems(spec),
    ...deploymentProblems(spec.chain, spec.nodes),
  ]
}

interface Waits {
  readonly confirmations?: number | undefined
  readonly giveUp?: number | undefined
}

/** It needs no hash power. */
function isLiar({ strategy }: LedgerSpec['nodes'][string]): boolean {
  return strategy === 'liar' || (typeof strategy === 'object' && 'liar' in strategy)
}

/** Of the ledger: what is about swarms is none of its. */
function isAdversary(group: LedgerSpec['nodes'][string]): boolean {
  return group.strategy !== undefined && swarmStrategyOf(group) === undefined
}

function miningProblems(spec: LedgerSpec): Problem[] {
  const problems: Problem[] = []
  const groups = Object.entries(spec.nodes).filter(([, group]) => group.count > 0)
  for (const [name, group] of groups)
    if (group.share !== undefined && group.hashRate !== undefined)
      problems.push({
        path: ['nodes', name, 'share'],
        message: 'give a group either hashRate or share, not both',
      })
  const idle = groups.find(
    ([, group]) =>
      isAdversary(group) && !isLiar(group) && group.share === undefined && group.hashRate === undefined,
  )
  if (idle)
    problems.push({
      path: ['nodes', idle[0], 'strategy'],
      message: 'a strategy is about mining: give the group a share or a hashRate',
    })
  for (const [name, group] of groups) {
    const nested = typeof group.strategy === 'object' && 'double-spend' in group.strategy
    const own = nested ? (group.strategy as { 'double-spend': Waits })['double-spend'] : group
    const path = ['nodes', name, ...(nested ? ['strategy', 'double-spend'] : [])]
    const { confirmations = 6, giveUp = Number.POSITIVE_INFINITY } = own
    if (giveUp < confirmations)
      problems.push({
        path: [...path, 'giveUp'],
        message: `before he has counted ${confirmations} confirmations nothing is lost yet: at least ${confirmations}`,
      })
    const said = (['confirmations', 'giveUp'] as const).find(key => group[key] !== undefined)
    if (said && group.strategy !== 'double-spend')
      problems.push({ path: ['nodes', name, said], message: 'it belongs to strategy: double-spend' })
  }
  // Light clients are nobody's peers.
  const full = groups.filter(([, group]) => !isLight(group))
  const [first] = full
  if (first && full.every(([, group]) => isAdversary(group)))
    problems.push({ path: ['nodes', first[0], 'strategy'], message: 'somebody must be honest: no group is' })
  const shares = groups.filter(([, group]) => group.share !== undefined)
  const sum = shares.reduce((total, [, group]) => total + (group.share ?? 0), 0)
  const [last] = shares.at(-1) ?? []
  if (last !== undefined && Math.abs(sum - 1) > 1e-6)
    problems.push({
      path: ['nodes', last, 'share'],
      message: `the shares of all groups add up to ${+(sum * 100).toFixed(4)}%, not 100%`,
    })
  return problems
}

/** A rule that measures needs time to pass. */
const LEAST_MEASURED_MS = 250

/**
 * A header's time is a whole second and later than the median of the eleven before it: six blocks at least a second. Faster ones
 * put the chain's clock forward, and a rule that measures by that clock takes them for slow and makes them faster still.
 */
function intervalProblems({ chain }: LedgerSpec): Problem[] {
  const { blockInterval, difficulty } = chain
  if (blockInterval >= LEAST_MEASURED_MS || difficulty.rule === 'fixed') return []
  return [
    {
      path: ['chain', 'blockInterval'],
      message: `headers tell whole seconds: below ${LEAST_MEASURED_MS}ms only difficulty.rule fixed works`,
    },
  ]
}

function blockSizeProblems({ chain, links, nodes }: LedgerSpec): Problem[] {
  const { blockSize, maxBlockWeight } = chain
  if (blockSize === undefined) return []
  const path = ['chain', 'blockSize']
  if (blockSize > maxBlockWeight)
    return [{ path, message: `maxBlockWeight allows no block of more than ${maxBlockWeight} bytes` }]
  const limited = [links.access, links.lines, links.bandwidth, links.regions].some(said => said !== undefined)
  if (!limited && Object.values(nodes).every(({ access }) => access === undefined))
    return [
      {
        path,
        message:
          'links without bandwidth carry a block of any size at once: set links.access, links.bandwidth or links.regions',
      },
    ]
  return []
}
