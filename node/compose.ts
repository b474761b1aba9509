// What a node runs, made of its configuration: once, for the host on a machine and for the simulator.

import { BitcoinService } from './bitcoin/service.ts'
import type { Address, Random } from './core/host.ts'
import type { Service } from './core/service.ts'
import { hasher } from './hash.ts'
import { networkMagic } from './ledger/chain/genesis.ts'
import { Ledger, type LedgerOptions, type LedgerServices } from './ledger/ledger.ts'
import type { RelayMode } from './ledger/relay-mode.ts'
import type { ChainParams } from './params.ts'
import { BadCompany } from './strategy/company.ts'
import type { StrategyName } from './strategy/name.ts'
import type { Race } from './strategy/race.ts'
import { disguise } from './strategy/strategy.ts'

/** What of a node's configuration its services are made of. */
export interface Composition {
  readonly version: string
  /** The node's own generator. */
  readonly random: Random
  /** What others dial to reach this node; undefined when it cannot be dialled. */
  readonly listenAddress: Address | undefined
  readonly peers: {
    readonly connect: readonly Address[]
    readonly mode: 'fixed' | 'discovered'
    readonly maxOutbound: number
    readonly maxConnections: number
  }
  /** Peers of another network are not understood; with a ledger, its rules tell networks apart. */
  readonly network: string
  readonly ledger?: LedgerPart | undefined
}

export interface LedgerPart {
  readonly params: ChainParams
  readonly mining: LedgerOptions['mining']
  readonly relay?: RelayMode | undefined
  readonly strategy?:
    | { readonly name: StrategyName; readonly onRace?: ((race: Race) => void) | undefined }
    | undefined
  /** What it needs of the machine. */
  readonly services: LedgerServices
}

export interface Composed<L = Ledger | undefined> {
  /** Of its one port. */
  readonly service: Service
  /** For whoever runs it in the same process: the simulator, tests. */
  readonly ledger: L
}

export function compose(made: Composition & { readonly ledger: LedgerPart }): Composed<Ledger>
export function compose(made: Composition): Composed
export function compose(made: Composition): Composed {
  const { version, listenAddress, peers, network, ledger: part } = made
  const options = { userAgent: `/netsplit:${version}/`, listenAddress, ...peers }
  if (!part)
    return { service: new BitcoinService({ ...options, magic: magicOf(network) }, []), ledger: undefined }
  const { params, mining, relay, strategy, services } = part
  const walletSeed = made.random.fork('wallet').bytes(32)
  const ledger = new Ledger({ params, walletSeed, mining, ...(relay && { relay }) }, services)
  const magic = networkMagic(params)
  const disguised = strategy && disguise(strategy.name, ledger, { magic, onRace: strategy.onRace })
  const bitcoin = new BitcoinService({ ...options, magic }, [disguised?.protocol ?? ledger])
  return { service: disguised ? new BadCompany(bitcoin, disguised.seen) : bitcoin, ledger }
}

/** What frames of a network without a chain begin with. */
function magicOf(network: string): Uint8Array {
  return hasher.sha256d(new TextEncoder().encode(`netsplit network ${network}`)).slice(0, 4)
}
