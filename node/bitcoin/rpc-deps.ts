// What the RPC of the node itself works with.

import type { Address, Clock, PeerId } from '../core/host.ts'
import type { AddressManager } from './addrman.ts'
import type { BanList } from './bans.ts'
import type { Dials } from './dials.ts'
import type { Gossip } from './gossip.ts'
import type { KeepAlive } from './keepalive.ts'
import type { KeptPeers } from './kept.ts'
import type { Peers } from './peers.ts'
import type { Protocol } from './protocol.ts'

export interface NodeRpcDeps {
  readonly clock: Clock
  readonly peers: Peers
  readonly gossip: Gossip
  readonly addresses: AddressManager
  readonly kept: KeptPeers
  readonly keepAlive: KeepAlive
  readonly protocols: readonly Protocol[]
  readonly services: bigint
  readonly userAgent: string
  readonly blocksOnly: boolean
  readonly listenAddress: Address | undefined
  readonly dials: Dials
  forgive(address: Address): void
  readonly bans: BanList
  readonly banSeconds: number
  setActive(on: boolean): void
  /** This node's end of a connection, where the host knows it. */
  boundTo(peer: PeerId): Address | undefined
}
