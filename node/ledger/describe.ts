// What the ledger adds to what the node tells of its peers and of its network (getpeerinfo, getnetworkinfo).

import type { LedgerParts } from './parts.ts'
import type { LedgerPeer } from './peers.ts'
import { coins } from './rpc/arguments.ts'
import { warningsOf } from './rpc/deployments.ts'

export function describePeer({ env, relay, sync }: LedgerParts, peer: LedgerPeer): Record<string, unknown> {
  const { chain } = env
  const heights = [...peer.inFlight.keys()].flatMap(hash => chain.entry(hash)?.height ?? [])
  return {
    bip152_hb_to: relay.prefers(peer),
    bip152_hb_from: peer.wantsHighBandwidth,
    presynced_headers: sync.presyncedHeight(peer),
    synced_headers: peer.best?.height ?? -1,
    synced_blocks: peer.best ? chain.forkPoint(peer.best, chain.tip).height : -1,
    inflight: heights,
    minfeefilter: coins(peer.feeFilter),
  }
}

export function describeNetwork(parts: LedgerParts): Record<string, unknown> {
  const { minRelaySatPerKvb, incrementalSatPerKvb } = parts.env.mempool.policy
  const fees = { relayfee: coins(minRelaySatPerKvb), incrementalfee: coins(incrementalSatPerKvb) }
  return { ...fees, warnings: warningsOf(parts) }
}
