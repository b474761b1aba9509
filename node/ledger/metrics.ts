// The ledger's numbers for the exporter, read when they are scraped.

import type { MetricReading } from '../core/service.ts'
import { difficultyOfBits } from './consensus/target.ts'
import type { LedgerParts } from './parts.ts'

const SAT_PER_COIN = 100_000_000

export function readLedgerMetrics(parts: LedgerParts): readonly MetricReading[] {
  return [...chainMetrics(parts), ...mempoolMetrics(parts), ...miningMetrics(parts)]
}

function gauge(
  name: string,
  help: string,
  value: number,
  labels?: Readonly<Record<string, string>>,
): MetricReading {
  return { name: `netsplit_${name}`, help, kind: 'gauge', value, ...(labels && { labels }) }
}

function counter(
  name: string,
  help: string,
  value: number,
  labels?: Readonly<Record<string, string>>,
): MetricReading {
  return { name: `netsplit_${name}_total`, help, kind: 'counter', value, ...(labels && { labels }) }
}

function chainMetrics({ deployments, env, download, intake, relay }: LedgerParts): MetricReading[] {
  const { bestHeader, refusedAhead, tip } = env.chain
  const { received, duplicate, rejected, reorgs } = intake.counts
  return [
    gauge('chain_height', 'Height of the tip.', tip.height),
    gauge(
      'chain_refused_height',
      'Height of a chain that is refused though it has more work than the tip’s; 0 when there is none.',
      refusedAhead?.height ?? 0,
    ),
    ...deployments.standing().map(({ name, state }) =>
      gauge(
        'chain_deployment_active',
        '1 when the next block is held to the rule of the deployment.',
        state === 'active' ? 1 : 0,
        {
          deployment: name,
        },
      ),
    ),
    gauge('chain_headers', 'Height of the best known header.', bestHeader.height),
    gauge(
      'chain_difficulty',
      'Difficulty of the tip, 1 being target 1d00ffff.',
      difficultyOfBits(tip.header.bits),
    ),
    gauge('chain_tip_timestamp_seconds', 'Time in the header of the tip.', tip.header.time),
    gauge('blocks_in_flight', 'Blocks asked for and not here yet.', download.inFlight),
    ...Object.entries(received).map(([by, count]) =>
      counter('blocks_received', 'Whole blocks taken, by how they came.', count, { by }),
    ),
    counter('blocks_duplicate', 'Whole blocks that came again.', duplicate),
    counter('blocks_rejected', 'Blocks that broke a rule.', rejected),
    counter('announcements_held', 'Times a tip was announced late: the line to a peer was full.', relay.held),
    counter('reorgs', 'Times the tip moved to another branch.', reorgs),
  ]
}

function mempoolMetrics({ env, transactions }: LedgerParts): MetricReading[] {
  const { mempool } = env
  const { accepted, duplicate, rejected } = transactions.counts
  return [
    gauge('mempool_transactions', 'Transactions in the mempool.', mempool.size),
    gauge('mempool_bytes', 'Virtual size of the mempool.', mempool.bytes),
    gauge('orphan_transactions', 'Transactions kept until their parents come.', transactions.orphans),
    counter('transactions_accepted', 'Transactions taken into the mempool.', accepted),
    counter('transactions_duplicate', 'Whole transactions that came again.', duplicate),
    ...Object.entries(rejected).map(([reason, count]) =>
      counter('transactions_rejected', 'Transactions refused.', count, { reason }),
    ),
  ]
}

function miningMetrics({ mining, wallet }: LedgerParts): MetricReading[] {
  const stats = mining.miner?.stats()
  const { trustedSat, immatureSat, pendingSat } = wallet.balance()
  return [
    counter('hashes', 'Hashes tried by the miner.', stats?.hashes ?? 0),
    gauge('hash_rate_hashes_per_second', 'Measured hash rate of the miner.', stats?.hashRateHps ?? 0),
    gauge('wallet_balance_coins', 'Coins of the wallet.', trustedSat / SAT_PER_COIN, { kind: 'trusted' }),
    gauge('wallet_balance_coins', 'Coins of the wallet.', immatureSat / SAT_PER_COIN, { kind: 'immature' }),
    gauge('wallet_balance_coins', 'Coins of the wallet.', pendingSat / SAT_PER_COIN, { kind: 'pending' }),
  ]
}
