// The kind of service that Bitcoin's peer is: its part of a node's configuration, checked, and how it is made of that: a peer,
// with or without a ledger, honest or in bad company.

import type { BitcoinConfig, ChainSpec, DifficultyRule, LedgerConfig, LightConfig } from './api.ts'
import { BitcoinService } from './bitcoin/service.ts'
import { SharedFrames } from './bitcoin/shared-frames.ts'
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
import type { Service } from './core/service.ts'
import { ConfigError } from './errors.ts'
import type { ClientConfig } from './foreign/program.ts'
import { ForeignService } from './foreign/service.ts'
import { hasher } from './hash.ts'
import type { Around, ServiceKind } from './kind.ts'
import { SharedValidation } from './ledger/chain/chain.ts'
import { networkMagic } from './ledger/chain/genesis.ts'
import { SharedCompacts } from './ledger/compact.ts'
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
import { RuleBook } from './ledger/consensus/rules.ts'
import { Ledger, type LedgerServices } from './ledger/ledger.ts'
import type { MiningConfig } from './ledger/mining-mode.ts'
import type { Policy } from './ledger/policy-rules.ts'
import { SignatureCache } from './ledger/script/input.ts'
import { receivedBytes, wireBytes } from './ledger/synthetic.ts'
import { LightClient } from './light/client.ts'
import { type ChainParams, chainParams, MAX_BLOCK_WEIGHT, specProblem } from './params.ts'
import { BadCompany } from './strategy/company.ts'
import type { FileConfig, LiarConfig, StrategyConfig } from './strategy/name.ts'
import { disguise } from './strategy/strategy.ts'

/** How the service is called; so old that in its host's books it goes without its name (compose.ts). */
export const bitcoin: ServiceKind<BitcoinConfig> = {
  name: 'bitcoin',
  config: (value, key) => checked(config(value, key), key),
  make: ({ network, peers, ledger, light, roundTripMs, client }, around) => {
    const options = {
      ...{ userAgent: `/netsplit:${around.version}/`, listenAddress: around.address, ...peers },
      ...(roundTripMs !== undefined && { roundTripMs }),
    }
    if (ledger && client) return foreign(ledger, around)
    if (ledger) return withLedger(options, ledger, around)
    if (light) return lightClient(options, light, around)
    const magic = magicOf(network)
    return new BitcoinService({ ...options, magic }, [], { frames: framesOf(magic, around) })
  },
}

type PeerOptions = Omit<ConstructorParameters<typeof BitcoinService>[0], 'magic'>

function withLedger(options: PeerOptions, part: LedgerConfig, around: Around): Service {
  const {
    chain,
    mining,
    relay,
    blockFilters = false,
    policy,
    walletLoaded,
    strategy,
    blockBytes = 0,
    validationMsPerKb: msPerKb = 0,
  } = part
  const params = paramsOf(chain)
  const rules = rulesOf(params, part.versionBits, around)
  const magic = networkMagic(params)
  const walletSeed = around.random.fork('wallet').bytes(32)
  const services = servicesOf(around, part)
  const { roundTripMs } = options
  const validation = msPerKb > 0 ? { msPerKb, leastBytes: blockBytes } : undefined
  const ledger = new Ledger(
    {
      params,
      rules,
      walletSeed,
      mining,
      blockIntervalMs: chain.blockIntervalMs,
      roundTripMs,
      blockFilters,
      policy,
      ...(walletLoaded !== undefined && { walletLoaded }),
      ...(relay && { relay }),
      ...(validation && { validation }),
    },
    services,
  )
  const extras = {
    face: ledger,
    ...chargesFor(blockBytes),
  }
  if (!strategy) {
    const frames = framesOf(magic, around)
    return new BitcoinService({ ...options, magic }, [ledger], { ...extras, frames })
  }
  // Its frames are not shared with others: they may have to wait.
  const { onRace, strategy: loaded } = around.machine
  const { protocol, seen } = disguise(strategy, ledger, { magic, onRace, loaded })
  return new BadCompany(new BitcoinService({ ...options, magic }, [protocol], extras), seen)
}

/** Other people's program, looked at by a ledger of ours that keeps to itself. */
function foreign({ chain, mining }: LedgerConfig, around: Around): Service {
  const program = around.machine.program?.()
  if (!program) throw new ConfigError('bad-config', 'a client: nothing here can run other programs')
  const params = paramsOf(chain)
  const magic = networkMagic(params)
  const off = { mode: 'off', hashRateHps: 0, threads: 1 } as const
  const options = { params, walletSeed: around.random.fork('wallet').bytes(32), mining: off }
  const ledger = new Ledger(
    { ...options, blockIntervalMs: chain.blockIntervalMs },
    servicesOf(around, { chain, mining }),
  )
  const userAgent = `/netsplit:${around.version}(spy)/`
  return new ForeignService({ magic, userAgent, address: around.address, program, ledger, mining })
}

/** What links charge for blocks that are to count more than they are. */
function chargesFor(blockBytes: number): Pick<Service, 'bytesOf' | 'countReceived'> {
  if (blockBytes === 0) return {}
  return {
    bytesOf: (frame: Uint8Array) => wireBytes(frame, blockBytes),
    countReceived: () => receivedBytes(blockBytes),
  }
}

/** It dials, and takes no connections: its frames go to full peers only. */
function lightClient(options: PeerOptions, { chain, blockBytes = 0 }: LightConfig, around: Around): Service {
  const { machine, random, shared } = around
  const params = paramsOf(chain)
  const magic = networkMagic(params)
  const { connect, maxOutbound, mode, roundTripMs } = options
  const client = new LightClient(
    { params, walletSeed: random.fork('wallet').bytes(32), roundTripMs },
    {
      secp: machine.secp(),
      ...(shared && {
        shared: shared('ledger/validation', () => new SharedValidation()),
        keyOwners: shared('ledger/key-owners', () => new Map()),
      }),
    },
  )
  const maxConnections = mode === 'discovered' ? maxOutbound : connect.length
  const frames = framesOf(magic, around)
  const extras = { face: client, frames, ...chargesFor(blockBytes) }
  return new BitcoinService({ ...options, maxConnections, magic }, [client], extras)
}

/** What the ledger needs of the machine, and what it has in common with others of this process. */
function servicesOf({ machine, shared }: Around, { mining, versionBits }: LedgerConfig): LedgerServices {
  const { createMiner } = machine
  return {
    secp: machine.secp(),
    ...(createMiner && { createMiner: sink => createMiner(sink, mining) }),
    files: machine.files,
    ...(shared && {
      shared: shared(`ledger/validation${keyOf(versionBits)}`, () => new SharedValidation()),
      signatures: shared('ledger/signatures', () => new SignatureCache()),
      compacts: shared('ledger/compacts', () => new SharedCompacts()),
      keyOwners: shared('ledger/key-owners', () => new Map()),
    }),
  }
}

/** What the same deployments make of the rules is the same for all that know of no others. */
function rulesOf(params: ChainParams, versionBits: VersionBits | undefined, { shared }: Around): RuleBook {
  const make = () => new RuleBook(params, versionBits)
  return shared ? shared(`ledger/rules${keyOf(versionBits)}`, make) : make()
}

function keyOf(versionBits: VersionBits | undefined): string {
  return versionBits ? ` ${JSON.stringify(versionBits)}` : ''
}

/** Peers of one magic hand each other frames by reference where they are in one process. */
function framesOf(magic: Uint8Array, { shared }: Around): SharedFrames | undefined {
  return shared?.(`bitcoin/frames ${magic.join()}`, () => new SharedFrames())
}

/** The same for the same specification: a thousand simulated peers share one, and what hangs on it. */
const PARAMS = new WeakMap<ChainSpec, ChainParams>()

function paramsOf(chain: ChainSpec): ChainParams {
  const known = PARAMS.get(chain)
  if (known) return known
  const made = chainParams(chain)
  PARAMS.set(chain, made)
  return made
}

/** What frames of a network without a chain begin with. */
function magicOf(network: string): Uint8Array {
  return hasher.sha256d(new TextEncoder().encode(`netsplit network ${network}`)).slice(0, 4)
}

// Its configuration

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
  walletLoaded: optional(boolean),
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

const client: Check<ClientConfig> = object<ClientConfig>({
  name: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
  argv,
  env: optional(environment),
  files: optional(record(text(/^(?!.*\.\.)[\w./-]{1,200}$/, 'a path below the data folder'), argument)),
  rpc: optional(object({ path: text(/^\/\S{0,200}$/, 'a path') })),
  setup: optional(list(call)),
  mines: optional(boolean),
  wallet: optional(boolean),
  stopsByRpc: optional(boolean),
})

const config: Check<BitcoinConfig> = object<BitcoinConfig>({
  listen: listenAt,
  network: text(/^.{1,100}$/, 'a name of 1 to 100 characters'),
  peers: object({
    connect: list(address),
    mode: oneOf('fixed', 'discovered'),
    maxOutbound: integer(0, 1_000),
    maxConnections: integer(0, 10_000),
  }),
  roundTripMs: optional(number(0, 7_200_000)),
  client: optional(client),
  ledger: optional(ledger),
  light: optional(object<LightConfig>({ chain: chainSpec, blockBytes: optional(integer(0, 4_000_000)) })),
})

function checked(config: BitcoinConfig, key: string): BitcoinConfig {
  if (!config.ledger || !config.light) return config
  throw new ConfigError('bad-config', `${key}: a peer has a ledger or is a light client, not both`)
}
