// Networks of full nodes that keep filters and light clients of theirs, in virtual time.

import type { Protocol } from '../../node/bitcoin/protocol.ts'
import type { AnyEvent } from '../../node/core/host.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { SharedValidation } from '../../node/ledger/chain/chain.ts'
import { Ledger } from '../../node/ledger/ledger.ts'
import { SignatureCache } from '../../node/ledger/script/input.ts'
import { LightClient } from '../../node/light/client.ts'
import { type ChainSpec, chainParams } from '../../node/params.ts'
import { createHarness, type Harness, type HarnessOptions } from './harness.ts'
import { HASH_RATE_HPS, simulatedSpec } from './ledger-network.ts'

const secp = createSecp256k1()

export interface LightNetworkOptions extends Omit<HarnessOptions, 'protocols' | 'nodes'> {
  /** Full nodes come first. */
  readonly full: number
  readonly light?: number
  readonly chain?: ChainSpec
  /** Of full nodes; default: all keep filters. */
  readonly filters?: (index: number) => boolean
  /** What runs in the place of a full node's ledger. */
  readonly disguise?: (index: number, ledger: Ledger) => Protocol
}

export interface LightNetwork extends Harness {
  ledger(index: number): Ledger
  /** The light clients, counted from 0. */
  client(index: number): LightClient
  /** Its place among all nodes. */
  place(client: number): number
  told(node: number, type: string): readonly (AnyEvent & Readonly<Record<string, unknown>>)[]
  /** A payment from a full node to the client, which has seen it when `until` it is in a block. */
  pay(from: number, client: number, amount: number): string
}

/** A chain whose difficulty is fixed and whose coins can be spent at once. */
export const QUICK = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })

export function createLightNetwork(options: LightNetworkOptions): LightNetwork {
  const { full, light = 1, chain = QUICK, filters = () => true, disguise = (_, ledger) => ledger } = options
  const params = chainParams(chain)
  const shared = new SharedValidation()
  const signatures = new SignatureCache()
  const ledgers = new Map<number, Ledger>()
  const seeds = new Map<number, Uint8Array>()
  const all = Array.from({ length: full }, (_, index) => index)
  const harness = createHarness({
    // Full nodes in a line; each light client dials all of them.
    connect: index => (index < full ? all.slice(index + 1, index + 2) : all),
    ...options,
    nodes: full + light,
    protocols: (index, random) => {
      // A node that was started again has the keys that it had.
      const walletSeed = seeds.get(index) ?? random.bytes(32)
      seeds.set(index, walletSeed)
      if (index >= full) return [new LightClient({ params, walletSeed }, { secp, shared })]
      const ledger = new Ledger(
        {
          ...{ params, walletSeed, blockFilters: filters(index) },
          mining: { mode: 'off', hashRateHps: HASH_RATE_HPS, threads: 1 },
        },
        { secp, shared, signatures },
      )
      ledgers.set(index, ledger)
      return [disguise(index, ledger)]
    },
  })
  const protocolOf = (index: number) => harness.node(index).protocols[0]
  return {
    ...harness,
    ledger: index => ledgers.get(index) as Ledger,
    client: index => protocolOf(full + index) as LightClient,
    place: client => full + client,
    told: (node, type) =>
      harness.events.filter(one => one.node === node && one.event.type === type).map(({ event }) => event),
    pay: (from, client, amount) => {
      const address = harness.rpc(full + client, 'getnewaddress')
      return harness.rpc(from, 'sendtoaddress', address, amount) as string
    },
  }
}
