// A BitTorrent peer as its parts and its methods see it.

import type { Address, Clock, PeerId } from '../core/host.ts'
import type { Shared } from '../kind.ts'
import type { Bans } from './bans.ts'
import type { Conduct } from './conduct.ts'
import type { ContentSource } from './content-source.ts'
import type { Peer } from './peer.ts'
import type { ContentFiles, Digests } from './storage.ts'
import type { Torrent, Wanted } from './torrent.ts'
import type { TrackerStatus } from './tracker-client.ts'

/** What it takes of its node. */
export interface BittorrentWorld {
  readonly version: string
  /** Where others dial it; undefined: nowhere. */
  readonly address: Address | undefined
  /** Absent: it can hold nothing. */
  readonly content: ContentFiles | undefined
  readonly digests?: Digests | undefined
  readonly conduct?: Conduct
  /** A file of the machine, or a folder with all in it, to be shared. Undefined: it cannot be read. */
  readonly openSource?: (path: string) => ContentSource | undefined
  readonly shared?: Shared | undefined
}

export interface PeerFace {
  readonly world: BittorrentWorld
  readonly clock: Clock
  readonly nowMs: number
  readonly bans: Bans
  readonly torrents: ReadonlyMap<string, Torrent>
  readonly connections: {
    readonly peers: ReadonlyMap<PeerId, Peer>
    readonly sentBytes: number
    readonly receivedBytes: number
  }
  /** Takes part in a content that is new here. `info`: its info dictionary; `begin`: begins it, with what is stored already. */
  add(
    wanted: Wanted,
    begun: { readonly info?: Uint8Array; readonly begin: (torrent: Torrent) => void },
  ): Torrent
  remove(torrent: Torrent, files: boolean): void
  addPeers(torrent: Torrent, addresses: readonly Address[], source: 'plan' | 'tracker' | 'dht'): void
  trackersOf(torrent: Torrent): readonly TrackerStatus[]
}
