// The kind of service that Bitcoin's peer is: its part of a node's configuration, checked, and how it is made of that: a peer,
// with or without a ledger, honest or in bad company.

import type { BitcoinConfig, ChainSpec, DifficultyRule, LedgerConfig } from './api.ts'
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
  text,
} from './core/check.ts'
import type { Service } from './core/service.ts'
import { ConfigError } from './errors.ts'
import { hasher } from './hash.ts'
import type { Around, ServiceKind } from './kind.ts'
import { SharedValidation } from './ledger/chain/chain.ts'
import { networkMagic } from './ledger/chain/genesis.ts'
import { SharedCompacts } from './ledger/compact.ts'
import { Ledger, type LedgerServices } from './ledger/ledger.ts'
import type { MiningConfig } from './ledger/mining-mode.ts'
import { SignatureCache } from './ledger/script/input.ts'
import { receivedBytes, wireBytes } from './ledger/synthetic.ts'
import type { WalletsConfig } from './ledger/wallets/wallets-config.ts'
import { type ChainParams, chainParams, specProblem } from './params.ts'
import { BadCompany } from './strategy/company.ts'
import type { FileConfig, StrategyConfig } from './strategy/name.ts'
import { disguise } from './strategy/strategy.ts'

/** How the service is called; so old that in its host's books it goes without its name (compose.ts). */
export const bitcoin: ServiceKind<BitcoinConfig> = {
  name: 'bitcoin',
  config: (value, key) => config(value, key),
  make: ({ network, peers, ledger, roundTripMs }, around) => {
    const options = {
      ...{ userAgent: `/netsplit:${around.version}/`, listenAddress: around.address, ...peers },
      ...(roundTripMs !== undefined && { roundTripMs }),
    }
    if (ledger) return withLedger(options, ledger, around)
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
    wallets,
    strategy,
    blockBytes = 0,
    validationMsPerKb: msPerKb = 0,
  } = part
  const params = paramsOf(chain)
  const magic = networkMagic(params)
  const walletSeed = around.random.fork('wallet').bytes(32)
  const services = servicesOf(around, mining)
  const { roundTripMs } = options
  const validation = msPerKb > 0 ? { msPerKb, leastBytes: blockBytes } : undefined
  const ledger = new Ledger(
    {
      params,
      walletSeed,
      mining,
      blockIntervalMs: chain.blockIntervalMs,
      roundTripMs,
      blockFilters,
      ...(wallets && { wallets }),
      ...(relay && { relay }),
      ...(validation && { validation }),
    },
    services,
  )
  const extras = {
    face: ledger,
    ...(blockBytes > 0 && {
      bytesOf: (frame: Uint8Array) => wireBytes(frame, blockBytes),
      countReceived: () => receivedBytes(blockBytes),
    }),
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

/** What the ledger needs of the machine, and what it has in common with others of this process. */
function servicesOf({ machine, shared }: Around, mining: LedgerConfig['mining']): LedgerServices {
  const { createMiner } = machine
  return {
    secp: machine.secp(),
    ...(createMiner && { createMiner: sink => createMiner(sink, mining) }),
    files: machine.files,
    ...(shared && {
      shared: shared('ledger/validation', () => new SharedValidation()),
      signatures: shared('ledger/signatures', () => new SignatureCache()),
      compacts: shared('ledger/compacts', () => new SharedCompacts()),
      keyOwners: shared('ledger/key-owners', () => new Map()),
    }),
  }
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
const ADDRESS_TYPES = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'] as const

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

const strategyConfig: Check<StrategyConfig> = (value, key) => {
  const name = oneOf('selfish', 'double-spend', 'file')(fieldsOf(value, key).name, `${key}.name`)
  if (name === 'selfish') return object({ name: oneOf('selfish') })(value, key)
  if (name === 'double-spend')
    return object({
      name: oneOf('double-spend'),
      confirmations: integer(1, 1_000),
      giveUp: integer(1, 10_000),
      amountSat: integer(1, MAX),
    })(value, key)
  return object<FileConfig>({
    name: oneOf('file'),
    file: text(/^.{1,1000}$/s, 'the name of a file'),
    code: text(/^.{1,200000}$/s, 'the code of a strategy'),
    options: fieldsOf,
  })(value, key)
}

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
  wallets: optional(
    object<WalletsConfig>({
      loaded: optional(boolean),
      keyPool: optional(number(1, 100_000)),
      replaceable: optional(boolean),
      addressType: optional(oneOf(...ADDRESS_TYPES)),
      changeType: optional(oneOf(...ADDRESS_TYPES)),
    }),
  ),
  strategy: optional(strategyConfig),
  blockBytes: optional(integer(0, 4_000_000)),
  validationMsPerKb: optional(number(0, 10)),
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
  ledger: optional(ledger),
})
