// Networks of real ledgers in virtual time: the harness with a Ledger in each node, sharing what validation yields.

import { type Codec, decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { SharedValidation } from '../../node/ledger/chain/chain.ts'
import { bitsForExpectedHashes } from '../../node/ledger/consensus/target.ts'
import { Ledger, type LedgerServices } from '../../node/ledger/ledger.ts'
import { LEDGER_MESSAGES, type LedgerCommand, type PayloadOf } from '../../node/ledger/messages.ts'
import type { LedgerOptions } from '../../node/ledger/options.ts'
import { SignatureCache } from '../../node/ledger/script/input.ts'
import { type ChainSpec, chainParams } from '../../node/params.ts'
import { createHarness, type Harness, type HarnessOptions, START_MS } from './harness.ts'
import { RawPeer } from './harness-raw-peer.ts'

const secp = createSecp256k1()

export const BLOCK_INTERVAL_MS = 10_000
/** Hashes per second of each node; any number does, only the share counts. */
export const HASH_RATE_HPS = 1_000

/** A chain for simulated mining by `miners` equal miners: a block every ten seconds from the first one on. */
export function simulatedSpec(miners: number, change: Partial<ChainSpec> = {}): ChainSpec {
  const hashes = (miners * HASH_RATE_HPS * BLOCK_INTERVAL_MS) / 1000
  return {
    network: 'netsplit',
    name: 'sim',
    genesisTime: START_MS / 1000,
    blockIntervalMs: BLOCK_INTERVAL_MS,
    difficulty: { rule: 'asert', halfLifeMs: 100 * BLOCK_INTERVAL_MS },
    initialBits: bitsForExpectedHashes(hashes),
    powLimitBits: bitsForExpectedHashes(1),
    checkProofOfWork: false,
    coinbaseMaturity: 10,
    subsidySat: 5_000_000_000,
    halvingInterval: 210_000,
    maxBlockWeight: 4_000_000,
    ...change,
  }
}

export interface LedgerNetworkOptions extends Omit<HarnessOptions, 'protocols'> {
  readonly chain?: ChainSpec
  /** Nodes that mine; default: none. */
  readonly mines?: (index: number) => boolean
  readonly ledger?: Partial<LedgerOptions>
  readonly services?: Partial<LedgerServices>
}

export interface LedgerNetwork extends Harness {
  ledger(index: number): Ledger
  ledgers(): readonly Ledger[]
  /** All nodes, or those given, stand on one tip. */
  converged(indexes?: readonly number[]): boolean
  /** How many events of a type there were. */
  count(type: string): number
  /** Mines no more, lets everything under way arrive, and has one last block decide between tips of equal work. */
  settle(): void
}

export function createLedgerNetwork(options: LedgerNetworkOptions): LedgerNetwork {
  const { mines = () => false } = options
  const miners = Array.from({ length: options.nodes }, (_, index) => index).filter(mines).length
  const params = chainParams(options.chain ?? simulatedSpec(Math.max(1, miners)))
  const shared = new SharedValidation()
  const signatures = new SignatureCache()
  const harness = createHarness({
    ...options,
    protocols: (index, random) => [
      new Ledger(
        {
          params,
          walletSeed: random.bytes(32),
          mining: {
            mode: mines(index) ? 'simulated' : 'off',
            hashRateHps: HASH_RATE_HPS,
            threads: 1,
          },
          ...options.ledger,
        },
        { secp, shared, signatures, ...options.services },
      ),
    ],
  })
  const ledgers = () => harness.nodes.map(node => node.protocols[0] as Ledger)
  const all = Array.from({ length: options.nodes }, (_, index) => index)
  return {
    ...harness,
    ledgers,
    ledger: index => ledgers()[index] as Ledger,
    converged: (indexes = all) =>
      new Set(indexes.map(index => (ledgers()[index] as Ledger).chain.tip.hash)).size === 1,
    settle: () => {
      for (const ledger of ledgers()) ledger.setMining(false)
      harness.advance(60_000)
      harness.mine(0)
      harness.advance(10_000)
    },
    count: type => harness.events.filter(({ event }) => event.type === type).length,
  }
}

/** A peer of the ledger's protocol that says exactly what a test tells it to. */
export class LedgerRawPeer extends RawPeer {
  /** Connects to a node and shakes hands as a peer that relays by wtxid. */
  meet(harness: Harness, index: number, nonce: bigint): this {
    this.dial(index).send('version', this.version({ nonce }))
    this.sendPayload('wtxidrelay', new Uint8Array()).send('verack', null)
    harness.advance(1_000)
    return this
  }

  /** Sends one of the ledger's messages and lets the answer come. */
  tell<C extends LedgerCommand>(harness: Harness, command: C, payload: PayloadOf<C>, waitMs = 500): this {
    this.sendPayload(command, encode(LEDGER_MESSAGES[command].codec as Codec<unknown>, payload))
    harness.advance(waitMs)
    return this
  }

  /** What it was told by this command, in order. */
  told<C extends LedgerCommand>(command: C): PayloadOf<C>[] {
    return this.heard
      .filter(one => one.command === command)
      .map(
        one =>
          decode(LEDGER_MESSAGES[command].codec as Codec<unknown>, one.payload as Uint8Array) as PayloadOf<C>,
      )
  }
}
