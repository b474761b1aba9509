// BitTorrent's services as a node is configured with them: what a configuration may say, and what the log says of what happens.

import { describe, expect, it } from 'vitest'
import type { BittorrentEvent } from '../../node/bittorrent/events.ts'
import { parseConfig } from '../../node/config.ts'
import type { LogLevel } from '../../node/log-level.ts'
import { type LoggedEvent, logEntry } from '../../node/log-lines.ts'
import type { TrackerEvent } from '../../node/tracker/events.ts'
import { nodeConfig, temporaryDirectory } from '../support/node-config.ts'

const listen = { host: '127.0.0.1', port: 0 }

function checked(services: object): unknown {
  return parseConfig({ ...nodeConfig(temporaryDirectory()), services }).services
}

describe('the configuration of a peer', () => {
  const least = { listen, connect: ['10.0.0.1:6881'] }

  it('needs little and may say much', () => {
    expect(checked({ bittorrent: least })).toEqual({ bittorrent: least })
    const more = {
      ...least,
      ...{ trackers: ['http://10.0.0.1:6969/announce'], dht: { bootstrap: ['10.0.0.1:6881'] }, pex: false },
      ...{ maxConnections: 50, uploadSlots: 3, strategy: 'free-rider', userAgent: 'n/1', roundTripMs: 80 },
    }
    expect(checked({ bittorrent: more })).toEqual({ bittorrent: more })
  })

  it.each<[object, string]>([
    [{ connect: undefined }, 'services.bittorrent.connect must be a list, not nothing'],
    [{ connect: ['x'] }, 'services.bittorrent.connect[0] must be an address as host:port, not "x"'],
    [
      { trackers: ['udp://a:1/x'] },
      'services.bittorrent.trackers[0] must be the URL of a tracker, as http://host:port/announce, not "udp://a:1/x"',
    ],
    [{ dht: true }, 'services.bittorrent.dht must be an object, not true'],
    [{ dht: {} }, 'services.bittorrent.dht.bootstrap must be a list, not nothing'],
    [{ maxConnections: 0 }, 'services.bittorrent.maxConnections must be a whole number from 1 to 900, not 0'],
    [{ uploadSlots: 1.5 }, 'services.bittorrent.uploadSlots must be a whole number'],
    [{ userAgent: '' }, 'services.bittorrent.userAgent must be 1 to 100 characters of ASCII'],
    [{ strategy: 'kind' }, 'services.bittorrent.strategy must be one of free-rider, polluter,'],
    [{ speed: 1 }, 'unknown key services.bittorrent.speed; known here: listen, connect,'],
  ])('with %j is refused in words', (changes, why) => {
    expect(() => checked({ bittorrent: { ...least, ...changes } })).toThrow(why)
  })
})

describe('the configuration of a tracker', () => {
  it('is where it listens, and how often peers are to come', () => {
    expect(checked({ tracker: { listen } })).toEqual({ tracker: { listen } })
    const more = { listen, intervalMs: 5_000, maxPeers: 20 }
    expect(checked({ tracker: more })).toEqual({ tracker: more })
    expect(() => checked({ tracker: { listen, intervalMs: 10 } })).toThrow(
      'services.tracker.intervalMs must be a whole number from 1000 to 86400000, not 10',
    )
    expect(() => checked({ tracker: { listen, maxPeers: 0 } })).toThrow('services.tracker.maxPeers must be')
  })
})

describe('the log', () => {
  const content = 'ab'.repeat(32)
  const told = (event: BittorrentEvent | TrackerEvent, least: LogLevel = 'debug') => {
    const { level, text } = logEntry(event as LoggedEvent, least) ?? {}
    return `${level} ${text}`
  }
  const events: [BittorrentEvent | TrackerEvent, string][] = [
    [
      { type: 'bittorrent/joined', content, name: 'film', bytes: 0, pieces: 0, has: 0 },
      'info takes part in film …abababab: what it is, peers will tell',
    ],
    [
      { type: 'bittorrent/joined', content, name: 'film', bytes: 9, pieces: 1, has: 1 },
      'info takes part in film …abababab: has 1 of 1 piece',
    ],
    [
      { type: 'bittorrent/info', content, name: 'film', bytes: 9, pieces: 2 },
      'info …abababab is film, 9 bytes in 2 pieces',
    ],
    [
      { type: 'bittorrent/progress', content, pieces: 2, verifiedBytes: 9, from: {} },
      'debug has 2 pieces of …abababab, 9 bytes',
    ],
    [
      { type: 'bittorrent/complete', content, ms: 1_234, verifiedBytes: 9, wastedBytes: 0 },
      'info all of …abababab is here, in 1.2 s',
    ],
    [
      { type: 'bittorrent/complete', content, ms: 1_234, verifiedBytes: 9, wastedBytes: 7 },
      'info all of …abababab is here, in 1.2 s, 7 bytes were for nothing',
    ],
    [
      { type: 'bittorrent/banned', content, address: '10.0.0.1:1', why: 'block', piece: 3, block: 1 },
      'warn 10.0.0.1:1 is banned: it sent a false block of piece 3, …abababab',
    ],
    [
      { type: 'bittorrent/banned', content, address: '10.0.0.1:1', why: 'protocol' },
      'warn 10.0.0.1:1 is banned: it breaks the protocol, …abababab',
    ],
    [
      { type: 'bittorrent/damaged', content, pieces: 1 },
      'warn what was stored of …abababab is damaged: 1 piece to be fetched anew',
    ],
    [
      { type: 'bittorrent/stuck', content, why: 'disk full' },
      'error …abababab cannot be written: disk full; it is tried again',
    ],
    [{ type: 'bittorrent/left', content }, 'info takes part in …abababab no longer'],
    [
      { type: 'tracker/swarm', infoHash: 'ab', address: '10.0.0.1:1' },
      'info 10.0.0.1:1 is the first to ask for ab',
    ],
    [{ type: 'tracker/full', why: 'this swarm is full' }, 'warn peers are turned away: this swarm is full'],
  ]

  it.each(events)('of %j', (event, line) => expect(told(event)).toBe(line))
})
