// Inbound peers for tests of who is evicted.

import type { EvictionCandidate } from '../../node/bitcoin/eviction.ts'

/** Peers as an attacker has them: young, slow, useless, of one group; a higher id is younger. */
export function crowd(
  count: number,
  change: (i: number) => Partial<EvictionCandidate> = () => ({}),
): EvictionCandidate[] {
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    connectedMs: 1000 + i,
    minPingMs: 500,
    lastBlockMs: 0,
    lastTransactionMs: 0,
    relaysTransactions: true,
    group: 'one',
    keyedGroup: 7,
    ...change(i),
  }))
}
