// The configuration file, checked: what every node has here, and each service its own part (services.ts).

import { readFileSync } from 'node:fs'
import type {
  AccessLine,
  LinkConditions,
  LinkPadding,
  LinkTable,
  MachineConditions,
  NodeConfig,
} from './api.ts'
import { kindOf } from './compose.ts'
import {
  address,
  boolean,
  type Check,
  fieldsOf,
  host,
  integer,
  list,
  MAX,
  number,
  object,
  oneOf,
  optional,
  port,
  record,
  text,
  wrong,
} from './core/check.ts'
import { ConfigError } from './errors.ts'
import { LOG_LEVELS } from './log-level.ts'
import { SERVICES } from './services.ts'

/** The longest time a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

const MAX_ROUND_TRIP_MS = 7_200_000

/** A year: further off, headers no longer have times. */
const MAX_SKEW_MS = 365 * 86_400_000
const MAX_BURN_MS = 1_000
const MAX_PADDING_FRAMES = 10_000
const MAX_PADDING_BYTES = 1_000_000

const path = text(/^[^\0]+$/, 'a path')

const linkConditions: Check<LinkConditions> = object<LinkConditions>({
  latencyMs: number(0, 3_600_000),
  jitterMs: number(0, 3_600_000),
  bandwidthBps: number(0, MAX),
  loss: number(0, 1),
  duplicates: optional(number(0, 1)),
  blocked: boolean,
})

const linkTable: Check<LinkTable> = object<LinkTable>({
  default: linkConditions,
  peers: record(address, linkConditions),
  access: optional(object<AccessLine>({ upBps: number(0, MAX), downBps: number(0, MAX) })),
  peerDownBps: optional(record(address, number(0, MAX))),
})

/** Each service's own check of its part. */
const services: Check<NodeConfig['services']> = (value, key) => {
  const known = SERVICES.map(({ name }) => name)
  const checked = Object.entries(fieldsOf(value, key)).map(([name, part]) => {
    const kind = kindOf(name)
    if (!kind) throw unknownService(`${key}.${name}`, known)
    return [name, kind.config(part, `${key}.${name}`)]
  })
  if (checked.length === 0) throw wrong(key, `at least one of ${known.join(', ')}`, value)
  return Object.fromEntries(checked)
}

function unknownService(key: string, known: readonly string[]): ConfigError {
  return new ConfigError('bad-config', `unknown service ${key}; known services: ${known.join(', ')}`)
}

const nodeConfig: Check<NodeConfig> = object<NodeConfig>({
  name: text(
    /^[0-9A-Za-z]([0-9A-Za-z._-]{0,61}[0-9A-Za-z])?$/,
    'letters, digits, dots and dashes, at most 63',
  ),
  seed: text(/^([0-9a-f]{2}){1,64}$/i, 'hex of 1 to 64 bytes'),
  services,
  control: object<NodeConfig['control']>({ host, port, from: optional(host) }),
  tokenFile: path,
  dataDirectory: path,
  ephemeral: boolean,
  heartbeatTimeoutMs: integer(0, MAX_TIMER_MS),
  heartbeatGraceMs: optional(integer(0, MAX_TIMER_MS)),
  lifeline: optional(boolean),
  ownGroup: optional(boolean),
  links: linkTable,
  roundTripMs: optional(number(0, MAX_ROUND_TRIP_MS)),
  eventBuffer: integer(1, 1_000_000),
  log: optional(oneOf(...LOG_LEVELS)),
})

/** The configuration in this JSON value; ConfigError `bad-config` that names the key otherwise. */
export function parseConfig(value: unknown): NodeConfig {
  return nodeConfig(value, '')
}

/** The link table in this JSON value, as PUT /links takes it; ConfigError otherwise. */
export function parseLinkTable(value: unknown): LinkTable {
  return linkTable(value, '')
}

/** The conditions in this JSON value, as PUT /machine takes them; ConfigError otherwise. */
export function parseMachine(value: unknown): MachineConditions {
  return object<MachineConditions>({ clockSkewMs: number(-MAX_SKEW_MS, MAX_SKEW_MS), diskFull: boolean })(
    value,
    '',
  )
}

/** The addresses in this JSON value, as POST /reset takes them; ConfigError otherwise. */
export function parsePeers(value: unknown): readonly string[] {
  return object<{ readonly peers: readonly string[] }>({ peers: list(address) })(value, '').peers
}

/** The load in this JSON value, as POST /pad takes it; ConfigError otherwise. */
export function parsePadding(value: unknown): LinkPadding {
  const shape = {
    peer: address,
    frames: integer(1, MAX_PADDING_FRAMES),
    bytes: integer(0, MAX_PADDING_BYTES),
  }
  return object<LinkPadding>(shape)(value, '')
}

/** Why a node is to stop, in this JSON value, as POST /stop takes it; ConfigError otherwise. */
export function parseStop(value: unknown): string {
  return object<{ readonly why: string }>({ why: text(/^.{1,500}$/, 'words') })(value, '').why
}

/** The processor time in this JSON value, as POST /burn takes it; ConfigError otherwise. */
export function parseBurn(value: unknown): number {
  return object<{ readonly cpuMs: number }>({ cpuMs: number(1, MAX_BURN_MS) })(value, '').cpuMs
}

/** Reads and checks a configuration file. */
export function readConfig(file: string): NodeConfig {
  return parseConfig(parseJson(readText(file, '--config'), file))
}

/** The bearer token: the file's one line. Short ones could be guessed. */
export function readToken(file: string): string {
  const token = readText(file, 'tokenFile').trim()
  if (!/^[\x21-\x7e]{16,}$/.test(token))
    throw new ConfigError('bad-config', `tokenFile ${file} must hold at least 16 printable characters`)
  return token
}

/** A file's text, or that of an environment variable named as `env:NAME`: a container is given no files. */
function readText(file: string, key: string): string {
  const variable = /^env:(\w+)$/.exec(file)?.[1]
  if (variable !== undefined) {
    const text = process.env[variable]
    if (text === undefined) throw new ConfigError('bad-config', `${key}: there is no variable ${variable}`)
    return text
  }
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError('bad-config', `${key}: cannot read ${file}: ${(error as Error).message}`)
  }
}

function parseJson(source: string, file: string): unknown {
  try {
    return JSON.parse(source)
  } catch (error) {
    throw new ConfigError('bad-config', `${file} is not JSON: ${(error as Error).message}`)
  }
}
