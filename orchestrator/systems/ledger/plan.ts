// What the ledger plans: who mines how much, who is dishonest, and the rules of the chain. Pure.

import type { ChainSpec, MiningManner } from '../../../node/api.ts'
import { bitsForExpectedHashes } from '../../../node/ledger/consensus/target.ts'
import type { Plan, PlannedNode, PlannedStrategy } from '../../spec/types.ts'
import { swarmStrategyOf } from '../bittorrent/strategy.ts'
import type { LedgerGroup, LedgerSpec } from './spec.ts'

/** Bitcoin's easiest target on regtest: every second hash meets it. */
const EASIEST_BITS = 0x207fffff
const SAT_PER_COIN = 100_000_000

/** Bitcoin Core's regression test network: its rules, whatever a spec says beside it. The interval is none of them. */
const REGTEST: Omit<ChainSpec, 'network' | 'name' | 'checkProofOfWork' | 'blockIntervalMs'> = {
  genesisTime: 1_296_688_602,
  difficulty: { rule: 'fixed' },
  initialBits: EASIEST_BITS,
  powLimitBits: EASIEST_BITS,
  coinbaseMaturity: 100,
  subsidySat: 50 * SAT_PER_COIN,
  halvingInterval: 150,
  maxBlockWeight: 4_000_000,
}

/** Of each node of the group. */
export function planMining(
  spec: LedgerSpec,
  { count, hashRate, share, threads }: LedgerGroup,
): PlannedNode['mining'] {
  const hashRateHps = hashRate ?? ((share ?? 0) * spec.mining.hashRate) / Math.max(1, count)
  return { mode: hashRateHps > 0 ? miningMode(spec) : 'off', hashRateHps, threads }
}

const CONFIRMATIONS = 6
const BEYOND_CONFIRMATIONS = 10
/** A tenth of a coin. */
const PAID_SAT = 10_000_000

/** Of a group that has one. */
export function planStrategy(group: LedgerGroup): PlannedStrategy | undefined {
  const { strategy } = group
  if (strategy === undefined || swarmStrategyOf(group) !== undefined) return undefined
  if (strategy === 'selfish') return { name: 'selfish' }
  if (strategy === 'double-spend') return planDoubleSpend(group)
  if (strategy === 'liar') return { name: 'liar', lies: ['filters'] }
  if (typeof strategy === 'string') throw new Error(`${strategy} was not read`)
  if ('selfish' in strategy) return { name: 'selfish', ...strategy.selfish }
  if ('liar' in strategy) return { name: 'liar', ...strategy.liar }
  if ('double-spend' in strategy) return planDoubleSpend(strategy['double-spend'])
  const { file, options, code = '', path = '', sha256 = '' } = strategy
  return { name: 'file', file, path, sha256, code, ...(options && { options }) }
}

function planDoubleSpend({
  confirmations = CONFIRMATIONS,
  giveUp = confirmations + BEYOND_CONFIRMATIONS,
}: Pick<LedgerGroup, 'confirmations' | 'giveUp'>): PlannedStrategy {
  return { name: 'double-spend', confirmations, giveUp, amountSat: PAID_SAT }
}

/** Virtual time has no real hashes in it; and those that regtest asks for are too few to keep anybody busy. */
function miningMode({ runtime, mining, chain }: LedgerSpec): MiningManner {
  if (chain.network === 'regtest' && mining.mode === 'real') return 'paced'
  return runtime === 'sim' ? 'simulated' : mining.mode
}

/** What a block is taken to cost where its target does not say it: the hashes of all in one interval. */
export function planPace(spec: LedgerSpec, nodes: readonly PlannedNode[]): Pick<Plan, 'hashesPerBlock'> {
  if (spec.chain.network !== 'regtest') return {}
  // If nobody mines, somebody may join who does.
  const allHps = totalHps(nodes) || spec.mining.hashRate
  return { hashesPerBlock: Math.max(1, (allHps * spec.chain.blockInterval) / 1000) }
}

function totalHps(nodes: readonly PlannedNode[]): number {
  return nodes.reduce((sum, { mining }) => sum + mining.hashRateHps, 0)
}

export function planChain(spec: LedgerSpec, nodes: readonly PlannedNode[]): ChainSpec {
  const { chain } = spec
  const { network } = chain
  const checkProofOfWork = miningMode(spec) !== 'simulated'
  const { blockInterval: blockIntervalMs } = chain
  if (network === 'regtest')
    return { network, name: spec.name, blockIntervalMs, checkProofOfWork, ...REGTEST }
  const allHps = totalHps(nodes)
  return {
    network,
    name: spec.name,
    genesisTime: chain.genesisTime,
    blockIntervalMs,
    difficulty: planDifficulty(spec),
    // So that the first block already takes its expected time.
    initialBits: allHps > 0 ? bitsForExpectedHashes((allHps * blockIntervalMs) / 1000) : EASIEST_BITS,
    powLimitBits: EASIEST_BITS,
    checkProofOfWork,
    coinbaseMaturity: chain.maturity,
    subsidySat: Math.round(chain.subsidy * SAT_PER_COIN),
    halvingInterval: chain.halvingInterval,
    maxBlockWeight: chain.maxBlockWeight,
  }
}

function planDifficulty({ chain }: LedgerSpec): ChainSpec['difficulty'] {
  const { rule, halfLife, window } = chain.difficulty
  if (rule === 'asert') return { rule, halfLifeMs: halfLife ?? 60 * chain.blockInterval }
  if (rule === 'bitcoin') return { rule, windowBlocks: window }
  return { rule }
}
