// What a protocol is handed at its start: the core as far as it concerns protocols.

import type { PeerId } from '../core/host.ts'
import { fillOf } from './backlog.ts'
import type { Host } from './frames.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Offence, Protocol, ProtocolContext } from './protocol.ts'

export function makeContext(
  protocol: Protocol,
  host: Host,
  peers: Peers,
  misbehaving: (peer: Peer, offence: Offence) => void,
): ProtocolContext {
  const { clock, random, store, connections } = host
  /** Peers that are not there, not ready or on their way out are passed over. */
  const withPeer = (id: PeerId, act: (peer: Peer) => void) => {
    const peer = peers.usable(id)
    if (peer) act(peer)
  }
  return {
    clock,
    random: random.fork(protocol.name),
    store,
    emit: event => host.emit(event),
    send(id, command, payload) {
      const peer = peers.usable(id)
      if (peer) peers.send(peer, command, payload)
    },
    peers: () => peers.ready(),
    peer: id => peers.usable(id),
    misbehaving: (id, offence) => withPeer(id, peer => misbehaving(peer, offence)),
    disconnect: (id, why) => withPeer(id, peer => peers.drop(peer, why)),
    hasEnough: id => fillOf(connections, id) >= 1,
    useful: (id, what) =>
      withPeer(id, peer => {
        if (what === 'block') peer.lastBlockMs = clock.now()
        else peer.lastTransactionMs = clock.now()
      }),
  }
}
