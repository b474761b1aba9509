// What a peer must offer to be worth a connection that is opened from here.

import type { LedgerEnv } from './peers.ts'
import { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } from './service-bits.ts'

/** With a tip of that age the last blocks of a peer are all that is missing. */
const NEAR_TIP_MS = 24 * 60 * 60_000

/** Blocks with witnesses: all of them, or the last ones where no others are missing here. */
export function neededServices({ chain, net }: Pick<LedgerEnv, 'chain' | 'net'>, offered: bigint): bigint {
  const isFresh = net.clock.now() - chain.tip.header.time * 1000 < NEAR_TIP_MS
  const limited = isFresh && (offered & NODE_NETWORK_LIMITED) !== 0n
  return (limited ? NODE_NETWORK_LIMITED : NODE_NETWORK) | NODE_WITNESS
}
