// The configuration of Bitcoin's peer, checked: shapes here; what rules a network can have, params.ts says.

import type { BitcoinConfig, ChainSpec, DifficultyRule, LedgerConfig, LightConfig } from './api.ts'
import { parseSubnet } from './bitcoin/bans.ts'
import { type Grant, PERMISSIONS } from './bitcoin/permissions.ts'
import {
  address,
  boolean,
  type Check,
  fieldsOf,
  integer,
  list,
  listenAt,
  MAX,
  number,
  object,
  oneOf,
  optional,
  record,
  text,
  wrong,
} from './core/check.ts'
import { ConfigError } from './errors.ts'
import type { ClientConfig, JoinedClient, ProgramPlace } from './foreign/program.ts'
import {
  BITCOIN_RULES,
  BURIED,
  type DeployedRule,
  type Deployment,
  FORBIDDABLE,
  NEW_SCRIPT_RULES,
  type VersionBits,
  versionBitsProblem,
} from './ledger/consensus/deployment.ts'
import type { MiningConfig } from './ledger/mining-mode.ts'
import type { Policy } from './ledger/policy-rules.ts'
import type { WalletsConfig } from './ledger/wallets/wallets-config.ts'
import { MAX_BLOCK_WEIGHT, specProblem } from './params.ts'
import type { FileConfig, LiarConfig, StrategyConfig } from './strategy/name.ts'

const any = number(-MAX, MAX)
const ADDRESS_TYPES = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'] as const

/** What a peer may speak on the wire. */
const TRANSPORTS = ['v1', 'accept-v2', 'v2'] as const

const subnet: Check<string> = (value, key) => {
  if (typeof value !== 'string' || !parseSubnet(value)) throw wrong(key, 'an address or a subnet', value)
  return value
}

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

const whole = integer(0, Number.MAX_SAFE_INTEGER)

const deployedRule: Check<DeployedRule> = (value, key) => {
  const names = [...BITCOIN_RULES, ...NEW_SCRIPT_RULES, 'max-block-weight', 'forbid', 'none'] as const
  const rule = oneOf(...names)(fieldsOf(value, key).rule, `${key}.rule`)
  if (rule === 'max-block-weight')
    return object({ rule: oneOf(rule), weight: integer(4_000, MAX_BLOCK_WEIGHT) })(value, key)
  if (rule === 'forbid') return object({ rule: oneOf(rule), outputs: oneOf(...FORBIDDABLE) })(value, key)
  return object({ rule: oneOf(rule) })(value, key)
}

const versionBitsShape: Check<VersionBits> = object<VersionBits>({
  periodBlocks: whole,
  thresholdBlocks: whole,
  deployments: list(
    object<Deployment>({
      name: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
      bit: whole,
      rule: deployedRule,
      by: oneOf('time', 'height'),
      start: whole,
      timeout: whole,
      minActivationHeight: whole,
      lockInOnTimeout: boolean,
      enforces: boolean,
      signals: boolean,
    }),
  ),
  awaited: list(oneOf(...BITCOIN_RULES)),
  buried: optional(object(Object.fromEntries(BURIED.map(rule => [rule, optional(whole)])))),
})

const versionBits: Check<VersionBits> = (value, key) => {
  const bits = versionBitsShape(value, key)
  const problem = versionBitsProblem(bits)
  if (problem !== undefined) throw new ConfigError('bad-params', `${key}: ${problem}`)
  return bits
}

const strategyConfig: Check<StrategyConfig> = (value, key) => {
  const name = oneOf('selfish', 'double-spend', 'liar', 'file')(fieldsOf(value, key).name, `${key}.name`)
  if (name === 'selfish') return object({ name: oneOf('selfish') })(value, key)
  if (name === 'double-spend')
    return object({
      name: oneOf('double-spend'),
      confirmations: integer(1, 1_000),
      giveUp: integer(1, 10_000),
      amountSat: integer(1, MAX),
    })(value, key)
  if (name === 'liar')
    return object<LiarConfig>({
      name: oneOf('liar'),
      lies: list(oneOf('headers', 'filters', 'blocks', 'silence')),
    })(value, key)
  return object<FileConfig>({
    name: oneOf('file'),
    file: text(/^.{1,1000}$/s, 'the name of a file'),
    code: text(/^.{1,200000}$/s, 'the code of a strategy'),
    options: fieldsOf,
  })(value, key)
}

const amount = optional(integer(0, MAX))

const policy: Check<Partial<Policy>> = object<Partial<Policy>>({
  minRelaySatPerKvb: amount,
  incrementalSatPerKvb: amount,
  dustSatPerKvb: amount,
  blockMinSatPerKvb: amount,
  blockVersion: optional(integer(0, 0x7fffffff)),
  blockMaxWeight: amount,
  maxMempoolBytes: optional(integer(1, MAX)),
  expiryMs: amount,
  maxAncestors: amount,
  maxAncestorVsize: amount,
  maxDescendants: amount,
  maxDescendantVsize: amount,
  dataCarrierBytes: amount,
  permitBareMultisig: optional(boolean),
  acceptNonStandard: optional(boolean),
  bytesPerSigop: amount,
  fullRbf: optional(boolean),
  persist: optional(boolean),
})

const ledger: Check<LedgerConfig> = object<LedgerConfig>({
  chain: chainSpec,
  mining: object<MiningConfig>({
    mode: oneOf('off', 'real', 'paced', 'simulated'),
    hashRateHps: number(0, MAX),
    threads: integer(1, 1_024),
    hashesPerBlock: optional(number(1, MAX)),
  }),
  relay: optional(oneOf('inv', 'headers', 'unsolicited', 'compact')),
  blockFilters: optional(boolean),
  versionBits: optional(versionBits),
  policy: optional(policy),
  wallets: optional(
    object<WalletsConfig>({
      loaded: optional(boolean),
      keyPool: optional(number(1, 100_000)),
      replaceable: optional(boolean),
      addressType: optional(oneOf(...ADDRESS_TYPES)),
      changeType: optional(oneOf(...ADDRESS_TYPES)),
      fallbackSatPerVb: optional(number(0, 1_000_000)),
      paySatPerVb: optional(number(0, 1_000_000)),
      leastSatPerVb: optional(number(0, 1_000_000)),
      discardSatPerVb: optional(number(0, 1_000_000)),
      maxFeeSat: optional(integer(0, MAX)),
      rejectLongChains: optional(boolean),
    }),
  ),
  ownFilters: optional(boolean),
  txIndex: optional(boolean),
  tellsNewcomers: optional(boolean),
  leastChainWork: optional(text(/^[0-9a-f]{1,64}$/i, 'hex')),
  maxTipAgeMs: optional(number(0, MAX)),
  strategy: optional(strategyConfig),
  blockBytes: optional(integer(0, 4_000_000)),
  validationMsPerKb: optional(number(0, 10)),
})

const argument = text(/^[^\0]{0,4000}$/s, 'text')
const environment = record(text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable'), argument)
const call: Check<readonly [string, ...unknown[]]> = (value, key) => {
  if (Array.isArray(value) && typeof value[0] === 'string') return value as [string, ...unknown[]]
  throw wrong(key, 'a method and its parameters', value)
}

const argv: Check<readonly [string, ...string[]]> = (value, key) => {
  const [program, ...args] = list(argument)(value, key)
  if (program === undefined) throw wrong(key, 'a program and its arguments', value)
  return [program, ...args]
}

const started: Check<ClientConfig> = object<ClientConfig>({
  name: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
  argv,
  image: optional(text(/^\S{1,300}$/, 'the name of an image')),
  beside: optional(
    object<ProgramPlace>({
      directory: text(/^\//, 'a path'),
      p2p: integer(1, 65_535),
      rpc: integer(1, 65_535),
    }),
  ),
  env: optional(environment),
  files: optional(record(text(/^(?!.*\.\.)[\w./-]{1,200}$/, 'a path below the data folder'), argument)),
  rpc: optional(object({ path: text(/^\/\S{0,200}$/, 'a path'), unknown: optional(list(argument)) })),
  setup: optional(list(call)),
  mines: optional(boolean),
  minesBy: optional(oneOf('generate')),
  spyLater: optional(boolean),
  wallet: optional(boolean),
  stopsByRpc: optional(boolean),
})

const joined: Check<JoinedClient> = object<JoinedClient>({
  name: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
  joined: object({
    p2pPort: integer(1, 65_535),
    rpc: optional(object({ port: integer(1, 65_535), loginFile: text(/^\/.{1,4000}$/, 'an absolute path') })),
  }),
})

const client: Check<ClientConfig | JoinedClient> = (value, key) =>
  typeof value === 'object' && value !== null && 'joined' in value ? joined(value, key) : started(value, key)

const shape: Check<BitcoinConfig> = object<BitcoinConfig>({
  listen: listenAt,
  network: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
  peers: object({
    connect: list(address),
    mode: oneOf('fixed', 'discovered'),
    maxOutbound: integer(0, 1_000),
    maxConnections: integer(0, 10_000),
    anonymous: optional(boolean),
    grants: optional(
      list(
        object<Grant>({
          subnet,
          permissions: list(oneOf(...PERMISSIONS)),
          direction: oneOf('in', 'out', 'both'),
        }),
      ),
    ),
    blocksOnly: optional(boolean),
    banSeconds: optional(integer(1, MAX)),
    transport: optional(oneOf(...TRANSPORTS)),
    timeoutMs: optional(number(0, MAX)),
  }),
  userAgentComments: optional(
    list(text(/^[A-Za-z0-9 .,;_?@-]{1,200}$/, 'letters, digits and . , ; _ ? @ -')),
  ),
  roundTripMs: optional(number(0, 7_200_000)),
  client: optional(client),
  ledger: optional(ledger),
  light: optional(object<LightConfig>({ chain: chainSpec, blockBytes: optional(integer(0, 4_000_000)) })),
})

/** Bitcoin's part of a node's configuration in this value; ConfigError otherwise. */
export const bitcoinConfig: Check<BitcoinConfig> = (value, key) => {
  const config = shape(value, key)
  const { ledger, light, peers } = config
  if (ledger && light)
    throw new ConfigError('bad-config', `${key}: a peer has a ledger or is a light client, not both`)
  if ((peers.transport ?? 'v1') !== 'v1' && ((ledger ?? light)?.blockBytes ?? 0) > 0)
    throw new ConfigError(
      'bad-config',
      `${key}: blockBytes counts what links can see: not with ${peers.transport}`,
    )
  return config
}
