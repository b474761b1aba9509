// What a node runs, made of its configuration: once, for the host on a machine and for the simulator.

import { BitcoinService } from './core/bitcoin.ts'
import type { Address, Random } from './core/host.ts'
import type { Protocol } from './core/protocol.ts'
import type { Service } from './core/service.ts'
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
  readonly params: ChainParams
  readonly mining: LedgerOptions['mining']
  readonly relay?: RelayMode | undefined
  readonly strategy?:
    | { readonly name: StrategyName; readonly onRace?: ((race: Race) => void) | undefined }
    | undefined
}

export interface Composed {
  /** Of its one port. */
  readonly service: Service
  /** For whoever runs it in the same process: the simulator, tests. */
  readonly ledger: Ledger
}

export function compose(made: Composition, machine: LedgerServices): Composed {
  const { version, random, listenAddress, peers, params, mining, relay, strategy } = made
  const magic = networkMagic(params)
  const ledger = new Ledger(
    { params, walletSeed: random.fork('wallet').bytes(32), mining, ...(relay && { relay }) },
    machine,
  )
  const disguised = strategy && disguise(strategy.name, ledger, { magic, onRace: strategy.onRace })
  const protocols: readonly Protocol[] = [disguised?.protocol ?? ledger]
  const options = { magic, userAgent: `/netsplit:${version}/`, listenAddress, ...peers }
  const bitcoin = new BitcoinService(options, protocols)
  return { service: disguised ? new BadCompany(bitcoin, disguised.seen) : bitcoin, ledger }
}
