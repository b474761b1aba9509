// A light client as a protocol of Bitcoin's peer: headers with their work and their rules, filters that peers are compared in, blocks
// only where a filter matches, and a wallet of its own (BIP157, BIP158). It serves nobody, and wants no transactions announced.

import type { PeerView, Protocol, ProtocolContext } from '../bitcoin/protocol.ts'
import { Amount } from '../core/amount.ts'
import type { PeerId } from '../core/host.ts'
import { answerMs, blockMs } from '../core/patience.ts'
import type { Json, MetricReading, RpcTable } from '../core/service.ts'
import type { SharedValidation } from '../ledger/chain/connect.ts'
import type { KeyOwners } from '../ledger/keys.ts'
import { LEDGER_MESSAGES, type LedgerCommand, type PayloadOf } from '../ledger/messages.ts'
import type { Secp256k1 } from '../ledger/services.ts'
import { timesOf } from '../ledger/times.ts'
import type { ChainParams } from '../params.ts'
import { BlockFetcher } from './blocks.ts'
import { Commitments } from './commitments.ts'
import type { Lie } from './events.ts'
import { FilterHeaders } from './filter-headers.ts'
import { type ChainChange, HeaderChain } from './header-chain.ts'
import { HeaderSync } from './header-sync.ts'
import { readLightMetrics } from './metrics.ts'
import type { LightCounts, LightParts } from './parts.ts'
import { Payments } from './payments.ts'
import { type LightEnv, LightPeer } from './peers.ts'
import { lightRpc } from './rpc.ts'
import { Scan } from './scan.ts'
import { LightWallet } from './wallet.ts'

const ANSWER_MS = 5_000
const BLOCK_MS = 10_000

export interface LightOptions {
  readonly params: ChainParams
  readonly walletSeed: Uint8Array
  /** The slowest round trip over the network's links, where they are slower than usual. */
  readonly roundTripMs?: number | undefined
}

export interface LightServices {
  readonly secp: Secp256k1
  readonly shared?: SharedValidation | undefined
  readonly keyOwners?: KeyOwners | undefined
}

type Handlers = {
  readonly [C in LedgerCommand]?: (parts: LightParts, peer: LightPeer, payload: PayloadOf<C>) => void
}

const HANDLERS: Handlers = {
  headers: ({ headers }, peer, payload) => headers.onHeaders(peer, payload),
  inv: ({ headers }, peer, payload) => headers.onInv(peer, payload),
  block: ({ blocks }, peer, payload) => blocks.onBlock(peer, payload),
  notfound: ({ blocks }, peer, payload) => blocks.onNotFound(peer, payload),
  cfheaders: ({ filterHeaders }, peer, payload) => filterHeaders.onAnswer(peer, payload),
  cfilter: ({ filterHeaders, scan }, peer, payload) => {
    if (!filterHeaders.onFilter(peer, payload)) scan.onFilter(peer, payload)
  },
  getdata: ({ payments }, peer, payload) => payments.onGetData(peer, payload),
  feefilter: (_, peer, payload) => {
    peer.feeFilter = Number(payload)
  },
}

const HANDLER_OF: ReadonlyMap<string, (parts: LightParts, peer: LightPeer, payload: unknown) => void> =
  new Map(
    Object.entries(HANDLERS) as [string, (parts: LightParts, peer: LightPeer, payload: unknown) => void][],
  )

export class LightClient implements Protocol {
  readonly name = 'light'
  readonly messages = LEDGER_MESSAGES
  readonly services = 0n
  readonly handshakeCommands = ['wtxidrelay']
  readonly wantsTransactions = false
  readonly serves = false
  readonly #options: LightOptions
  readonly #services: LightServices
  readonly #peers = new Map<PeerId, LightPeer>()
  #parts: LightParts | undefined
  #rpc: RpcTable | undefined

  constructor(options: LightOptions, services: LightServices) {
    this.#options = options
    this.#services = services
  }

  get parts(): LightParts {
    if (!this.#parts) throw new Error('the light client is not started')
    return this.#parts
  }

  get rpc(): RpcTable {
    this.#rpc ??= lightRpc(() => this.parts)
    return this.#rpc
  }

  start(net: ProtocolContext): void {
    this.#parts = this.#compose(net)
    this.#parts.headers.start()
    this.#parts.payments.start()
  }

  stop(): void {
    if (!this.#parts) return
    const { headers, filterHeaders, blocks, scan, payments, wallet } = this.#parts
    for (const part of [headers, filterHeaders, blocks, scan, payments]) part.stop()
    wallet.reached(scan.scanned)
  }

  startHeight(): number {
    return this.parts.env.chain.tip.height
  }

  readonly status = (): Json => {
    if (!this.#parts) return null
    const { commitments, env, scan, wallet } = this.#parts
    const { tip } = env.chain
    const { trustedSat, pendingSat } = wallet.balance()
    return {
      height: tip.height,
      tip: tip.hash,
      filters: commitments.top.height,
      scanned: scan.scanned.height,
      balanceSat: trustedSat,
      pendingSat,
    }
  }

  onPeerReady(view: PeerView): unknown {
    const peer = new LightPeer(view)
    if (!peer.servesBlocks) {
      this.parts.env.net.disconnect(view.id, 'serves no blocks')
      return peer
    }
    this.#peers.set(view.id, peer)
    this.parts.headers.onPeerReady(peer)
    this.parts.payments.onPeerReady(peer)
    return peer
  }

  onPeerGone(view: PeerView): void {
    const peer = this.#peers.get(view.id)
    if (!peer) return
    this.#peers.delete(view.id)
    const { headers, filterHeaders, blocks, scan } = this.parts
    for (const part of [headers, filterHeaders, blocks, scan]) part.onPeerGone(peer)
  }

  onMessage(view: PeerView, command: string, payload: unknown): void {
    const peer = this.#peers.get(view.id)
    if (peer && !peer.blamed) HANDLER_OF.get(command)?.(this.parts, peer, payload)
  }

  readMetrics(): readonly MetricReading[] {
    return readLightMetrics(this.parts)
  }

  describePeer(view: PeerView): Readonly<Record<string, unknown>> {
    const peer = this.#peers.get(view.id)
    if (!peer) return {}
    return {
      synced_headers: peer.best?.height ?? -1,
      synced_blocks: peer.confirmed?.height ?? -1,
      inflight: [...peer.blocksAsked.keys()].map(hash => this.parts.env.chain.entry(hash)?.height ?? -1),
      minfeefilter: new Amount(peer.feeFilter),
    }
  }

  #onTip({ left, fork }: ChainChange): void {
    const { counts, env, filterHeaders, scan } = this.parts
    const { tip } = env.chain
    if (left.length > 0) counts.reorgs++
    env.emit({
      type: 'light-tip',
      hash: tip.hash,
      height: tip.height,
      depth: left[0] ? left[0].height - fork.height : 0,
    })
    filterHeaders.onTip()
    scan.onTip()
  }

  #blame(net: ProtocolContext, peer: LightPeer, lie: Lie, height: number, detail: string): void {
    if (peer.blamed) return
    peer.blamed = true
    this.parts.counts.liars[lie]++
    const { address } = peer.view
    this.parts.env.emit({ type: 'light-liar', address, lie, height })
    net.misbehaving(peer.id, { reason: lie, detail })
  }

  #compose(net: ProtocolContext): LightParts {
    const { params, walletSeed, roundTripMs } = this.#options
    const { secp, shared, keyOwners } = this.#services
    const nowMs = () => net.clock.now()
    const chain = new HeaderChain({ params, store: net.store, nowMs, shared })
    chain.load()
    const env: LightEnv = {
      params,
      times: timesOf(params.blockIntervalMs, roundTripMs),
      patience: { answerMs: answerMs(ANSWER_MS, roundTripMs), blockMs: blockMs(BLOCK_MS, roundTripMs) },
      net,
      chain,
      peers: this.#peers,
      send: (peer, command, payload) => peer.view.say(command, payload),
      emit: event => net.emit(event),
      blame: (peer, lie, height, detail) => this.#blame(net, peer, lie, height, detail),
    }
    const commitments = new Commitments(chain, net.store)
    commitments.load()
    const wallet = new LightWallet({
      ...{ seed: walletSeed, chain, store: net.store, secp, keyOwners, nowMs },
      emit: env.emit,
    })
    wallet.load()
    const blocks = new BlockFetcher(env)
    const scan = new Scan({ env, commitments, blocks, wallet })
    const counts: LightCounts = {
      liars: { headers: 0, filter: 0, contradiction: 0, block: 0 },
      disputes: 0,
      reorgs: 0,
    }
    const filterHeaders = new FilterHeaders({
      ...{ env, commitments, blocks },
      onKnown: forgotten => (forgotten ? scan.again(forgotten) : scan.work()),
    })
    const headers = new HeaderSync(
      env,
      change => this.#onTip(change),
      () => {
        blocks.onNews()
        filterHeaders.work()
        scan.work()
      },
    )
    const payments = new Payments(env, wallet)
    return { env, commitments, headers, filterHeaders, blocks, scan, wallet, payments, counts }
  }
}
