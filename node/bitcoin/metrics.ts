// What the core counts, for export.

import type { MetricReading } from '../core/service.ts'
import type { AddressManager } from './addrman.ts'
import type { Peers } from './peers.ts'

export interface CoreCounts {
  readonly misbehaviours: number
  readonly unreadable: number
  readonly dialFailures: number
}

export function readCoreMetrics(
  peers: Peers,
  addresses: AddressManager,
  counts: CoreCounts,
): MetricReading[] {
  const ready = peers.ready()
  const inbound = ready.filter(peer => peer.inbound).length
  return [
    ...family('netsplit_peers', 'gauge', 'Connected peers.', 'direction', {
      inbound,
      outbound: ready.length - inbound,
    }),
    ...traffic(peers, 'netsplit_p2p_bytes_total', 'Bytes of P2P messages.', 'bytes'),
    ...traffic(peers, 'netsplit_p2p_messages_total', 'P2P messages.', 'messages'),
    ...family('netsplit_known_addresses', 'gauge', 'Addresses in the address manager.', 'table', {
      new: addresses.newCount,
      tried: addresses.triedCount,
    }),
    {
      name: 'netsplit_peer_offences_total',
      help: 'Peers that proved to be hostile.',
      kind: 'counter',
      value: counts.misbehaviours,
    },
    {
      name: 'netsplit_unreadable_messages_total',
      help: 'Messages of a known command that were none; passed over.',
      kind: 'counter',
      value: counts.unreadable,
    },
    {
      name: 'netsplit_dial_failures_total',
      help: 'Dials that nobody answered.',
      kind: 'counter',
      value: counts.dialFailures,
    },
  ]
}

/** By direction and message; the messages are those of the protocols, all others are one. */
function traffic(peers: Peers, name: string, help: string, of: 'bytes' | 'messages'): MetricReading[] {
  return (['sent', 'received'] as const).flatMap(direction =>
    [...peers.totals[direction]].map(([message, sum]): MetricReading => {
      return { name, help, kind: 'counter', labels: { direction, message }, value: sum[of] }
    }),
  )
}

/** One metric with one label. */
function family(
  name: string,
  kind: MetricReading['kind'],
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): MetricReading[] {
  return Object.entries(values).map(([of, value]) => ({ name, help, kind, labels: { [label]: of }, value }))
}
