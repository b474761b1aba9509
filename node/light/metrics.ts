// A light client's numbers for the exporter, read when they are scraped.

import type { MetricReading } from '../core/service.ts'
import type { LightParts } from './parts.ts'

const SAT_PER_COIN = 100_000_000

export function readLightMetrics(parts: LightParts): readonly MetricReading[] {
  const { blocks, commitments, counts, env, filterHeaders, scan, wallet } = parts
  return [
    gauge('light_height', 'Height of the last header.', env.chain.tip.height),
    gauge(
      'light_filter_height',
      'Height up to which the peers agree on the filters.',
      commitments.top.height,
    ),
    gauge('light_scanned_height', 'Height up to which the wallet has looked.', scan.scanned.height),
    gauge('light_balance_coins', 'What the wallet can spend.', wallet.balance().trustedSat / SAT_PER_COIN),
    counter('light_filters', 'Filters that were looked at.', scan.counts.filters),
    counter('light_filter_matches', 'Filters that matched: their blocks were fetched.', scan.counts.matches),
    counter('light_blocks', 'Whole blocks fetched.', blocks.fetched),
    counter('light_reorgs', 'Times that the chain went another way.', counts.reorgs),
    counter('light_disputes', 'Times that peers differed about a filter.', filterHeaders.disputes),
    ...Object.entries(counts.liars).map(([lie, count]) => ({
      ...counter('light_liars', 'Peers that were proven to lie, by lie.', count),
      labels: { lie },
    })),
  ]
}

function gauge(name: string, help: string, value: number): MetricReading {
  return { name: `netsplit_${name}`, help, kind: 'gauge', value }
}

function counter(name: string, help: string, value: number): MetricReading {
  return { name: `netsplit_${name}_total`, help, kind: 'counter', value }
}
