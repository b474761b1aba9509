// The configuration file, checked by hand: a schema library would cost every node more start-up time than all of this file.
// A check takes a value and the key it stands under, and gives the typed value or a ConfigError that names the key.

import { readFileSync } from 'node:fs'
import type {
  BitcoinConfig,
  LedgerConfig,
  LinkConditions,
  LinkPadding,
  LinkTable,
  MachineConditions,
  NodeConfig,
} from './api.ts'
import { ConfigError } from './errors.ts'
import { LOG_LEVELS } from './log-level.ts'
import { type ChainSpec, type DifficultyRule, specProblem } from './params.ts'

type Check<T> = (value: unknown, key: string) => T

function wrong(key: string, wanted: string, value: unknown): ConfigError {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value)
  const brief = shown.length > 60 ? `${shown.slice(0, 57)}…` : shown
  return new ConfigError('bad-config', `${key || 'the configuration'} must be ${wanted}, not ${brief}`)
}

const boolean: Check<boolean> = (value, key) => {
  if (typeof value !== 'boolean') throw wrong(key, 'true or false', value)
  return value
}

function number(min: number, max: number): Check<number> {
  return (value, key) => {
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw wrong(key, `a number from ${min} to ${max}`, value)
    return value
  }
}

function integer(min: number, max: number): Check<number> {
  return (value, key) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
      throw wrong(key, `a whole number from ${min} to ${max}`, value)
    return value
  }
}

function text(pattern: RegExp, wanted: string): Check<string> {
  return (value, key) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw wrong(key, wanted, value)
    return value
  }
}

function oneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  return (value, key) => {
    const choice = choices.find(each => each === value)
    if (choice === undefined) throw wrong(key, `one of ${choices.join(', ')}`, value)
    return choice
  }
}

function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, key) => (value === undefined ? undefined : check(value, key))
}

function list<T>(item: Check<T>): Check<readonly T[]> {
  return (value, key) => {
    if (!Array.isArray(value)) throw wrong(key, 'a list', value)
    return value.map((each, index) => item(each, `${key}[${index}]`))
  }
}

function fieldsOf(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(key, 'an object', value)
  return value as Record<string, unknown>
}

/** Any keys that pass, each with a value that passes. */
function record<T>(name: Check<string>, item: Check<T>): Check<{ readonly [name: string]: T }> {
  return (value, key) => {
    const entries = Object.entries(fieldsOf(value, key))
    return Object.fromEntries(
      entries.map(([each, it]) => [name(each, `a key of ${key}`), item(it, `${key}["${each}"]`)]),
    )
  }
}

/** Exactly these keys. */
function object<T extends object>(checks: { readonly [K in keyof T]-?: Check<T[K]> }): Check<T> {
  return (value, key) => {
    const fields = fieldsOf(value, key)
    const within = key === '' ? '' : `${key}.`
    for (const name of Object.keys(fields))
      if (!Object.hasOwn(checks, name)) throw unknownKey(`${within}${name}`, Object.keys(checks))
    const checked = {} as T
    for (const name of Object.keys(checks) as (keyof T & string)[]) {
      const value = checks[name](fields[name], `${within}${name}`)
      if (value !== undefined) checked[name] = value
    }
    return checked
  }
}

function unknownKey(key: string, known: readonly string[]): ConfigError {
  return new ConfigError('bad-config', `unknown key ${key}; known here: ${known.join(', ')}`)
}

const MAX = Number.MAX_SAFE_INTEGER
/** The longest time a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** A year: further off, headers no longer have times. */
const MAX_SKEW_MS = 365 * 86_400_000
const MAX_BURN_MS = 1_000
const MAX_PADDING_FRAMES = 10_000
const MAX_PADDING_BYTES = 1_000_000

const port = integer(0, 65_535)
const path = text(/^[^\0]+$/, 'a path')
const host = text(/^[0-9A-Za-z.:_-]+$/, 'a host name or an IP address')
const address = text(
  /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):\d{1,5}$/,
  'an address as host:port',
)

const linkConditions: Check<LinkConditions> = object<LinkConditions>({
  latencyMs: number(0, 3_600_000),
  jitterMs: number(0, 3_600_000),
  bandwidthBps: number(0, MAX),
  loss: number(0, 1),
  blocked: boolean,
})

const linkTable: Check<LinkTable> = object<LinkTable>({
  default: linkConditions,
  peers: record(address, linkConditions),
})

const any = number(-MAX, MAX)

const difficulty: Check<DifficultyRule> = (value, key) => {
  const rule = oneOf('asert', 'bitcoin', 'fixed')(fieldsOf(value, key).rule, `${key}.rule`)
  if (rule === 'asert') return object({ rule: oneOf('asert'), halfLifeMs: any })(value, key)
  if (rule === 'bitcoin') return object({ rule: oneOf('bitcoin'), windowBlocks: any })(value, key)
  return object({ rule: oneOf('fixed') })(value, key)
}

/** Shapes only; what rules a network can have, params.ts says. */
const chainShape: Check<ChainSpec> = object<ChainSpec>({
  network: oneOf('netsplit', 'regtest'),
  name: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
  genesisTime: any,
  blockIntervalMs: any,
  difficulty,
  initialBits: any,
  powLimitBits: any,
  checkProofOfWork: boolean,
  coinbaseMaturity: any,
  subsidySat: any,
  halvingInterval: any,
  maxBlockWeight: any,
})

const chainSpec: Check<ChainSpec> = (value, key) => {
  const spec = chainShape(value, key)
  const problem = specProblem(spec)
  if (problem !== undefined) throw new ConfigError('bad-params', `${key}: ${problem}`)
  return spec
}

const ledger: Check<LedgerConfig> = object<LedgerConfig>({
  chain: chainSpec,
  mining: object({
    mode: oneOf('off', 'real', 'simulated'),
    hashRateHps: number(0, MAX),
    threads: integer(1, 1_024),
  }),
  relay: optional(oneOf('inv', 'headers', 'unsolicited', 'compact')),
  strategy: optional(oneOf('selfish')),
  blockBytes: optional(integer(0, 4_000_000)),
})

const bitcoin: Check<BitcoinConfig> = object<BitcoinConfig>({
  listen: object<BitcoinConfig['listen']>({ host, port, fd: optional(integer(3, 65_535)) }),
  network: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
  peers: object({
    connect: list(address),
    mode: oneOf('fixed', 'discovered'),
    maxOutbound: integer(0, 1_000),
    maxConnections: integer(0, 10_000),
  }),
  ledger: optional(ledger),
})

const nodeConfig: Check<NodeConfig> = object<NodeConfig>({
  name: text(
    /^[0-9A-Za-z]([0-9A-Za-z._-]{0,61}[0-9A-Za-z])?$/,
    'letters, digits, dots and dashes, at most 63',
  ),
  seed: text(/^([0-9a-f]{2}){1,64}$/i, 'hex of 1 to 64 bytes'),
  services: object<NodeConfig['services']>({ bitcoin }),
  control: object({ host, port }),
  tokenFile: path,
  dataDirectory: path,
  ephemeral: boolean,
  heartbeatTimeoutMs: integer(0, MAX_TIMER_MS),
  lifeline: optional(boolean),
  links: linkTable,
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
