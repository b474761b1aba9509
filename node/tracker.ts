// The kind of service that a BitTorrent tracker is: its part of a node's configuration, checked, and how it is made of that.

import type { TrackerConfig } from './bittorrent/options.ts'
import { integer, listenAt, object, optional } from './core/check.ts'
import type { AnyEvent } from './core/host.ts'
import type { ServiceKind } from './kind.ts'
import type { LogEntry } from './log-level.ts'
import type { TrackerEvent } from './tracker/events.ts'
import { TrackerService } from './tracker/service.ts'

const DAY_MS = 86_400_000
/** An answer of more would be longer than what clients take. */
const MOST_PEERS = 1_000

export const tracker: ServiceKind<TrackerConfig> = {
  name: 'tracker',
  config: object<TrackerConfig>({
    listen: listenAt,
    intervalMs: optional(integer(1_000, DAY_MS)),
    maxPeers: optional(integer(1, MOST_PEERS)),
  }),
  make: ({ intervalMs, maxPeers }) => new TrackerService({ intervalMs, maxPeers }),
  log: (event: AnyEvent): LogEntry => {
    const told = event as TrackerEvent
    switch (told.type) {
      case 'tracker/swarm':
        return { level: 'info', text: `${told.address} is the first to ask for ${told.infoHash}` }
      case 'tracker/full':
        return { level: 'warn', text: `peers are turned away: ${told.why}` }
    }
  },
}
