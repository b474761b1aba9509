// How much may wait to be sent to a peer before it is served, or heard, no more.

import type { Connections, PeerId } from '../core/host.ts'

/** No more is queued to a peer while so much waits for it already. */
export const ENOUGH_BYTES = 4_000_000

/** How much waits for a peer; 1: as much as should. */
export function fillOf(connections: Connections, peer: PeerId): number {
  return connections.fill ? connections.fill(peer) : connections.backlogBytes(peer) / ENOUGH_BYTES
}
