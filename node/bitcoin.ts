// The kind of service that Bitcoin's peer is: its part of a node's configuration, checked, and how it is made of that: a peer,
// with or without a ledger, honest or in bad company.

import type { BitcoinConfig, ChainSpec, LedgerConfig, LightConfig } from './api.ts'
import { BitcoinService } from './bitcoin/service.ts'
import { SharedFrames } from './bitcoin/shared-frames.ts'
import type { V2Crypto } from './bitcoin/wire/v2/crypto.ts'
import { bitcoinConfig } from './bitcoin-config.ts'
import type { Service } from './core/service.ts'
import { ConfigError } from './errors.ts'
import { ForeignService } from './foreign/service.ts'
import { hasher } from './hash.ts'
import type { Around, ServiceKind } from './kind.ts'
import { SharedValidation } from './ledger/chain/chain.ts'
import { networkMagic } from './ledger/chain/genesis.ts'
import { SharedCompacts } from './ledger/compact.ts'
import type { VersionBits } from './ledger/consensus/deployment.ts'
import { RuleBook } from './ledger/consensus/rules.ts'
import { Ledger, type LedgerServices } from './ledger/ledger.ts'
import { SignatureCache } from './ledger/script/input.ts'
import { receivedBytes, wireBytes } from './ledger/synthetic.ts'
import { LightClient } from './light/client.ts'
import { type ChainParams, chainParams } from './params.ts'
import { BadCompany } from './strategy/company.ts'
import { disguise } from './strategy/strategy.ts'

/** How the service is called; so old that in its host's books it goes without its name (compose.ts). */
export const bitcoin: ServiceKind<BitcoinConfig> = {
  name: 'bitcoin',
  config: bitcoinConfig,
  make: (config, around) => {
    const { network, peers, ledger, light, roundTripMs, client, userAgentComments = [] } = config
    const comments = userAgentComments.length > 0 ? `(${userAgentComments.join('; ')})` : ''
    const transport = transportOf(config, around)
    const options = {
      ...{ userAgent: `/netsplit:${around.version}${comments}/`, ...peers, ...transport },
      listenAddress: peers.anonymous ? undefined : around.address,
      ...(roundTripMs !== undefined && { roundTripMs }),
    }
    if (ledger && client) return foreign(ledger, transport.v2, around)
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
    wallets,
    ownFilters = false,
    txIndex = false,
    tellsNewcomers = true,
    leastChainWork = '0',
    maxTipAgeMs,
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
      ...(wallets && { wallets }),
      ownFilters,
      txIndex,
      tellsNewcomers,
      blocksOnly: options.blocksOnly ?? false,
      leastWork: BigInt(`0x${leastChainWork}`),
      maxTipAgeMs,
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
function foreign({ chain, mining }: LedgerConfig, v2: V2Crypto | undefined, around: Around): Service {
  const program = around.machine.program?.()
  if (!program) throw new ConfigError('bad-config', 'a client: nothing here can run other programs')
  const params = paramsOf(chain)
  const magic = networkMagic(params)
  const off = { mode: 'off', hashRateHps: 0, threads: 1 } as const
  const options = { params, walletSeed: around.random.fork('wallet').bytes(32), mining: off }
  const ledger = new Ledger(
    // It asks for no block before the program has judged it: what it is told of, the program has.
    { ...options, blockIntervalMs: chain.blockIntervalMs, highBandwidth: false },
    servicesOf(around, { chain, mining }),
  )
  const userAgent = `/netsplit:${around.version}(spy)/`
  return new ForeignService({ magic, userAgent, address: around.address, program, v2, ledger, mining })
}

/**
 * What a peer speaks on the wire. Where frames are shared with others of its process, and where links have to see what is to count
 * more than it is, nothing is encrypted.
 */
function transportOf(
  { peers, ledger, light }: BitcoinConfig,
  { machine, random, shared }: Around,
): { readonly v2?: V2Crypto | undefined; readonly dialsV2: boolean } {
  const counted = (ledger ?? light)?.blockBytes ?? 0
  const { transport = shared || counted > 0 ? 'v1' : 'accept-v2' } = peers
  if (transport === 'v1') return { dialsV2: false }
  return { v2: machine.v2Crypto?.(random.fork('transport')), dialsV2: transport === 'v2' }
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
