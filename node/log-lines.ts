// What a node's log says of its events, and at which level: one table, for the node's own log and for that of a simulated one.

import type {
  CoreEvent,
  ForeignEvent,
  HostEvent,
  LedgerEvent,
  LightEvent,
  ServiceEvent,
  StrategyEvent,
} from './api.ts'
import { kindOf } from './compose.ts'
import { isLogged, type LogEntry, type LogLevel } from './log-level.ts'

type KnownEvent = CoreEvent | LedgerEvent | LightEvent | ForeignEvent | StrategyEvent | HostEvent
export type LoggedEvent = KnownEvent | ServiceEvent

/** The event in words; undefined where the log has none for it, or nobody asked for so much. */
export function logEntry(event: LoggedEvent, least: LogLevel): LogEntry | undefined {
  const entry = wordsFor(event)
  return entry && isLogged(entry.level, least) ? entry : undefined
}

function wordsFor(event: LoggedEvent): LogEntry | undefined {
  const [service, more] = event.type.split('/')
  if (more !== undefined) return kindOf(service as string)?.log?.(event)
  const known = event as KnownEvent
  const told = TABLE[known.type] as Told<KnownEvent> | undefined
  if (!told) return undefined
  const level = typeof told.level === 'string' ? told.level : told.level(known)
  return { level, text: told.text(known) }
}

interface Told<Event> {
  readonly level: LogLevel | ((event: Event) => LogLevel)
  readonly text: (event: Event) => string
}

const short = (hash: string) => `…${hash.slice(-8)}`
const blocks = (count: number) => `${count} block${count === 1 ? '' : 's'}`
const by = (from: number | undefined) => (from === undefined ? '' : ` of peer ${from}`)
const way = (inbound: boolean) => (inbound ? 'inbound' : 'outbound')

/** Every event decides whether it is told. */
const TABLE: { readonly [T in KnownEvent['type']]: Told<Extract<KnownEvent, { type: T }>> | undefined } = {
  'node-started': {
    level: 'info',
    text: e => `version ${e.version} started at height ${e.resumedHeight} (hashing: ${e.kernel})`,
  },
  'node-stopping': { level: 'info', text: e => `stopping: ${e.why}` },
  'machine-set': {
    level: e => (e.clockSkewMs === 0 && !e.diskFull ? 'info' : 'warn'),
    text: e => {
      const clock =
        e.clockSkewMs === 0
          ? 'right'
          : `${Math.abs(e.clockSkewMs) / 1000} s ${e.clockSkewMs > 0 ? 'ahead' : 'behind'}`
      return `this machine: the clock is ${clock}, the disk ${e.diskFull ? 'is full' : 'has room'}`
    },
  },
  // A log that cannot be written cannot say so.
  'log-failed': undefined,
  // Said where they happen, with more words.
  'store-damaged': undefined,
  'store-failed': undefined,
  'events-lost': undefined,
  log: { level: e => e.level, text: e => e.message },

  'peer-up': {
    level: 'info',
    text: e => `peer ${e.peer} ${e.address} connected, ${way(e.inbound)}, ${e.userAgent}`,
  },
  'peer-down': { level: 'info', text: e => `peer ${e.peer} ${e.address} left, ${way(e.inbound)}: ${e.why}` },
  'dial-failed': { level: 'info', text: e => `cannot reach ${e.address}: ${e.why}` },
  misbehaviour: {
    level: 'warn',
    text: e => `peer ${e.peer} ${e.address} misbehaves: ${e.reason}${e.detail ? ` (${e.detail})` : ''}`,
  },

  'block-mined': {
    level: 'info',
    text: e => `mined block ${e.height} ${short(e.hash)}, ${e.transactions} tx`,
  },
  'block-seen': { level: 'debug', text: e => `heard of block ${short(e.hash)} by ${e.by}${by(e.from)}` },
  'block-received': {
    level: 'debug',
    text: e =>
      `block ${e.height} ${short(e.hash)} is here, ${e.transactions} tx, ${e.bytes} bytes${by(e.from)}`,
  },
  'block-handed': {
    level: 'debug',
    text: e => `block ${short(e.hash)} is handed to the program`,
  },
  'block-connected': { level: 'debug', text: e => `block ${e.height} ${short(e.hash)} connected` },
  'block-disconnected': { level: 'debug', text: e => `block ${e.height} ${short(e.hash)} taken off` },
  'block-rejected': {
    level: 'warn',
    text: e =>
      `block ${short(e.hash)} rejected: ${e.reason}${e.deployment === undefined ? '' : `, by ${e.deployment}`}`,
  },
  deployment: { level: 'info', text: e => `deployment ${e.name} is ${e.state} from block ${e.since} on` },
  'unknown-rules': {
    level: 'warn',
    text: e => `unknown new rules activated (version bit ${e.bits.join(', ')}): this node may be out of date`,
  },
  tip: { level: 'info', text: e => `tip ${e.height} ${short(e.hash)}, work 0x${e.work}` },
  reorg: {
    level: 'warn',
    text: e =>
      `reorganisation: ${blocks(e.depth)} off, from ${short(e.from)} back to ${short(e.fork)}, on to ${e.height} ${short(e.to)}`,
  },
  'tx-accepted': {
    level: 'debug',
    text: e => `transaction ${short(e.txid)} accepted, ${e.bytes} bytes, fee ${e.feeSat} sat${by(e.from)}`,
  },
  'tx-rejected': {
    level: 'info',
    text: e => `transaction ${short(e.txid)} rejected: ${e.reason}${by(e.from)}`,
  },
  'mining-started': {
    level: 'info',
    text: e =>
      `mining (${e.mode}) at ${e.hashRateHps === 0 ? 'full speed' : `${Math.round(e.hashRateHps)} H/s`}`,
  },
  strategy: {
    level: e => (e.word === 'failed' ? 'error' : 'info'),
    text: e => `${e.strategy}: ${e.word}${e.facts.why === undefined ? '' : `, ${e.facts.why}`}`,
  },
  'hash-rate-set': { level: 'debug', text: e => `hash rate set to ${Math.round(e.hashRateHps)} H/s` },
  'mining-stopped': { level: 'info', text: () => 'mining stopped' },
  'light-tip': {
    level: 'info',
    text: e => `headers up to ${e.height} ${short(e.hash)}${e.depth > 0 ? `, ${blocks(e.depth)} left` : ''}`,
  },
  'light-scanned': {
    level: 'debug',
    text: e => `looked through the filters up to ${e.height}, ${e.balanceSat} sat`,
  },
  'light-payment': {
    level: 'info',
    text: e =>
      `transaction ${short(e.txid)} of ${e.sat} sat is ${e.height === 0 ? 'in no block any more' : `in block ${e.height}`}`,
  },
  'light-paid': { level: 'info', text: e => `paid ${e.sat} sat by transaction ${short(e.txid)}` },
  'light-dispute': {
    level: 'warn',
    text: e => `peers differ about the filter of block ${e.height} ${short(e.hash)}; one is ${e.address}`,
  },
  'light-liar': { level: 'warn', text: e => `${e.address} lies: ${e.lie} at height ${e.height}` },
  'sync-progress': { level: 'info', text: e => `catching up: ${e.blocks} of ${blocks(e.headers)}` },
}
