// The kind of service that a BitTorrent peer is: its part of a node's configuration, checked, and how it is made of that.

import type { BittorrentEvent } from './bittorrent/events.ts'
import type { BittorrentConfig, SwarmStrategy } from './bittorrent/options.ts'
import { BittorrentService } from './bittorrent/service.ts'
import { conductOf } from './bittorrent/strategies/strategies.ts'
import { parseTrackerUrl } from './bittorrent/tracker-url.ts'
import {
  address,
  boolean,
  type Check,
  integer,
  list,
  listenAt,
  number,
  object,
  oneOf,
  optional,
  text,
  wrong,
} from './core/check.ts'
import type { AnyEvent } from './core/host.ts'
import type { ServiceKind } from './kind.ts'
import type { LogEntry } from './log-level.ts'

/** A node has a thousand descriptors, and needs some for its files. */
const MOST_CONNECTIONS = 900
const MOST_SLOTS = 1_000
const LONGEST_ROUND_TRIP_MS = 7_200_000

/** Those that a spec can ask for, and faults that checks are to notice. */
const STRATEGIES = [
  ...(['free-rider', 'polluter', 'liar-hashes', 'slow-unchoker'] as const),
  ...(['accepts-unverified', 'no-optimistic', 'sequential', 'forgets'] as const),
] as const satisfies readonly SwarmStrategy[]

const trackerUrl: Check<string> = (value, key) => {
  if (typeof value !== 'string' || !parseTrackerUrl(value))
    throw wrong(key, 'the URL of a tracker, as http://host:port/announce', value)
  return value
}

export const bittorrent: ServiceKind<BittorrentConfig> = {
  name: 'bittorrent',
  config: object<BittorrentConfig>({
    listen: listenAt,
    connect: list(address),
    trackers: optional(list(trackerUrl)),
    dht: optional(object<NonNullable<BittorrentConfig['dht']>>({ bootstrap: list(address) })),
    pex: optional(boolean),
    maxConnections: optional(integer(1, MOST_CONNECTIONS)),
    uploadSlots: optional(integer(1, MOST_SLOTS)),
    strategy: optional(oneOf(...STRATEGIES)),
    userAgent: optional(text(/^[\x20-\x7e]{1,100}$/, '1 to 100 characters of ASCII')),
    roundTripMs: optional(number(0, LONGEST_ROUND_TRIP_MS)),
  }),
  make: ({ listen: _, strategy, ...options }, { version, address, machine, random, shared }) => {
    const { content, digests, openSource } = machine
    const conduct = conductOf(strategy, random.fork('conduct'))
    const world = { version, address, content, digests, conduct, shared }
    return new BittorrentService(options, { ...world, ...(openSource && { openSource }) })
  },
  log: (event: AnyEvent) => wordsFor(event as BittorrentEvent),
}

function wordsFor(event: BittorrentEvent): LogEntry | undefined {
  const of = `…${event.content.slice(-8)}`
  switch (event.type) {
    case 'bittorrent/joined': {
      const what =
        event.pieces === 0 ? 'what it is, peers will tell' : `has ${event.has} of ${piecesOf(event)}`
      return { level: 'info', text: `takes part in ${event.name} ${of}: ${what}` }
    }
    case 'bittorrent/info':
      return { level: 'info', text: `${of} is ${event.name}, ${event.bytes} bytes in ${piecesOf(event)}` }
    case 'bittorrent/progress':
      return { level: 'debug', text: `has ${piecesOf(event)} of ${of}, ${event.verifiedBytes} bytes` }
    case 'bittorrent/complete': {
      const wasted = event.wastedBytes > 0 ? `, ${event.wastedBytes} bytes were for nothing` : ''
      return { level: 'info', text: `all of ${of} is here, in ${(event.ms / 1000).toFixed(1)} s${wasted}` }
    }
    case 'bittorrent/banned': {
      const where = event.piece === undefined ? '' : ` of piece ${event.piece}`
      return { level: 'warn', text: `${event.address} is banned: ${WHY[event.why]}${where}, ${of}` }
    }
    case 'bittorrent/damaged':
      return {
        level: 'warn',
        text: `what was stored of ${of} is damaged: ${piecesOf(event)} to be fetched anew`,
      }
    case 'bittorrent/stuck':
      return { level: 'error', text: `${of} cannot be written: ${event.why}; it is tried again` }
    case 'bittorrent/left':
      return { level: 'info', text: `takes part in ${of} no longer` }
  }
}

const WHY: { readonly [why in Extract<BittorrentEvent, { type: 'bittorrent/banned' }>['why']]: string } = {
  block: 'it sent a false block',
  hashes: 'it sent hashes that lead nowhere',
  info: 'it sent a false description',
  protocol: 'it breaks the protocol',
}

function piecesOf({ pieces }: { readonly pieces: number }): string {
  return `${pieces} piece${pieces === 1 ? '' : 's'}`
}
