// The blockchain protocol: composes chain, mempool, wallet, sync, relay and mining into one Protocol of the core.

import type { PeerView, Protocol, ProtocolContext } from '../bitcoin/protocol.ts'
import type { Cancel, PeerId } from '../core/host.ts'
import type { Json, MetricReading, RpcTable } from '../core/service.ts'
import { DamagedStore } from '../errors.ts'
import { isBlockOffence } from './blame.ts'
import { BlockReceiver } from './blocks.ts'
import { Chain, type SharedValidation } from './chain/chain.ts'
import { BODIES } from './chain/chain-store.ts'
import type { SharedCompacts } from './compact.ts'
import { MAX_MONEY_SAT } from './consensus/subsidy.ts'
import { workOfBits } from './consensus/target.ts'
import { DeploymentWatch } from './deployment-watch.ts'
import { describeNetwork, describePeer } from './describe.ts'
import { BlockDownload } from './download.ts'
import type { LedgerEvent } from './events.ts'
import { FilterIndex } from './filters/filter-index.ts'
import { FilterServer } from './filters/filter-server.ts'
import { BlockIntake, type Source, type TipChange } from './intake.ts'
import { type Inventories, lastOfType, ofType } from './inventory.ts'
import type { KeyOwners } from './keys.ts'
import { Mempool } from './mempool.ts'
import { MempoolStore } from './mempool-store.ts'
import { INV, LEDGER_MESSAGES, type LedgerCommand, type PayloadOf } from './messages.ts'
import { readLedgerMetrics } from './metrics.ts'
import { MiningControl } from './mining.ts'
import { neededServices } from './needed.ts'
import type { LedgerOptions } from './options.ts'
import type { LedgerParts } from './parts.ts'
import { type LedgerEnv, LedgerPeer } from './peers.ts'
import { BlockRelay, COMPACT_VERSION } from './relay.ts'
import { ledgerRpc } from './rpc/table.ts'
import { TipWaiters } from './rpc/tip-waiters.ts'
import { SignatureCache } from './script/input.ts'
import { Server } from './serve.ts'
import { NODE_COMPACT_FILTERS, NODE_NETWORK, NODE_WITNESS } from './service-bits.ts'
import type { Files, Miner, MinerSink, Secp256k1 } from './services.ts'
import { SimulatedMiner } from './simulated.ts'
import { ledgerStatus } from './status.ts'
import { HeaderSync } from './sync.ts'
import { timesOf } from './times.ts'
import { TxRelay } from './transactions.ts'
import { TxIndex } from './tx-index.ts'
import { withValidation } from './validation.ts'
import type { Wallet } from './wallet.ts'
import { makeWallets } from './wallets/wallets.ts'

const PROGRESS_MS = 1_000
/** So many blocks' work may be on its way here before mining waits for it: work so far behind would be lost. */
const MINING_LAG = 6n

export interface LedgerServices {
  readonly secp: Secp256k1
  /** Makes the miner of this machine; absent, the node cannot mine by hashing. */
  readonly createMiner?: (sink: MinerSink) => Miner
  /** Results of validation, shared by the simulated peers of one process; and signatures found valid, likewise. */
  readonly shared?: SharedValidation
  readonly signatures?: SignatureCache
  /** Compact blocks, likewise. */
  readonly compacts?: SharedCompacts
  /** Keys of all wallets of one process. */
  readonly keyOwners?: KeyOwners
  /** Where this node keeps its files; absent, it has no folder. */
  readonly files?: Files | undefined
}

/** Commands that come after the handshake and are for us: the core itself takes note of others, and filters are for light clients. */
type HandledCommand = Exclude<LedgerCommand, 'wtxidrelay' | 'cfilter' | 'cfheaders' | 'cfcheckpt'>
type Handle<T> = (ledger: Ledger, peer: LedgerPeer, payload: T) => void
const bloom: Handle<null> = (ledger, peer) => ledger.parts.transactions.onBloom(peer)
type Handlers = { readonly [C in HandledCommand]: Handle<PayloadOf<C>> }

export class Ledger implements Protocol, MinerSink {
  /** One table for all ledgers of a process: it is looked into with every message. */
  static readonly #handlers: Handlers = {
    headers: (ledger, peer, headers) => ledger.parts.sync.onHeaders(peer, headers),
    inv: (ledger, peer, items) => ledger.#onInv(peer, items),
    notfound: (ledger, peer, items) => ledger.#onNotFound(peer, items),
    block: (ledger, peer, block) => ledger.parts.receiver.onBlock(peer, block),
    cmpctblock: (ledger, peer, compact) => ledger.parts.receiver.onCompact(peer, compact),
    blocktxn: (ledger, peer, answer) => ledger.parts.receiver.onBlockTxn(peer, answer),
    tx: (ledger, peer, tx) => ledger.parts.transactions.onTx(peer, tx),
    mempool: (ledger, peer) => ledger.parts.transactions.onMempool(peer),
    ...{ filterload: bloom, filteradd: bloom, filterclear: bloom },
    getheaders: (ledger, peer, locator) => ledger.parts.server.onGetHeaders(peer, locator),
    getblocks: (ledger, peer, locator) => ledger.parts.server.onGetBlocks(peer, locator),
    getdata: (ledger, peer, items) => ledger.parts.server.onGetData(peer, items),
    getblocktxn: (ledger, peer, wanted) => ledger.parts.server.onGetBlockTxn(peer, wanted),
    getcfilters: (ledger, peer, asked) => ledger.parts.filterServer.onGetFilters(peer, asked),
    getcfheaders: (ledger, peer, asked) => ledger.parts.filterServer.onGetHeaders(peer, asked),
    getcfcheckpt: (ledger, peer, asked) => ledger.parts.filterServer.onGetCheckpoints(peer, asked),
    sendheaders: (_, peer) => {
      peer.wantsHeaders = true
    },
    sendcmpct: (_, peer, { highBandwidth, version }) => {
      if (version !== COMPACT_VERSION) return // an older one: it will send ours as well, if it knows it
      peer.compact = true
      peer.wantsHighBandwidth = highBandwidth
    },
    feefilter: (_, peer, satPerKvb) => {
      if (satPerKvb <= BigInt(MAX_MONEY_SAT)) peer.feeFilter = Number(satPerKvb)
    },
  }
  /** By command. The core decodes by our table, so the payload is the command's. */
  static readonly #handlerOf: ReadonlyMap<string, Handle<unknown>> = new Map(
    Object.entries(Ledger.#handlers) as [string, Handle<unknown>][],
  )
  readonly name = 'ledger'
  readonly messages = LEDGER_MESSAGES
  readonly services: bigint
  readonly handshakeCommands = ['wtxidrelay']
  readonly bodies = BODIES
  readonly #options: LedgerOptions
  readonly #services: LedgerServices
  readonly #peers = new Map<PeerId, LedgerPeer>()
  #parts: LedgerParts | undefined
  #rpc: RpcTable | undefined
  #progressAtMs = 0
  #cancelStart: Cancel = () => {}

  constructor(options: LedgerOptions, services: LedgerServices) {
    this.#options = options
    this.services =
      NODE_NETWORK | NODE_WITNESS | (options.blockFilters && !options.ownFilters ? NODE_COMPACT_FILTERS : 0n)
    this.#services = services
  }

  get rpc(): RpcTable {
    this.#rpc ??= ledgerRpc(() => this.parts)
    return this.#rpc
  }

  get parts(): LedgerParts {
    if (!this.#parts) throw new Error('the ledger is not started')
    return this.#parts
  }

  get chain(): Chain {
    return this.parts.env.chain
  }

  get mempool(): Mempool {
    return this.parts.env.mempool
  }

  get wallet(): Wallet {
    return this.parts.wallet
  }

  get mining(): MiningControl {
    return this.parts.mining
  }

  setMining(on: boolean): void {
    this.parts.mining.setMining(on)
  }

  onSolution(jobId: number, nonce: number, version?: number): void {
    this.#parts?.mining.onSolution(jobId, nonce, version)
  }

  onExhausted(jobId: number): void {
    this.#parts?.mining.onExhausted(jobId)
  }

  start(net: ProtocolContext): void {
    this.#parts = this.#compose(net)
    this.#parts.mempoolStore.load()
    this.#parts.sync.start()
    for (const index of [this.#parts.filters, this.#parts.txIndex]) index?.follower.start()
    // Once the node stands: nothing is mined, and nothing told, before everybody has started.
    if (this.#options.mining.mode !== 'off')
      this.#cancelStart = net.clock.after(0, () => this.setMining(true))
  }

  stop(): void {
    this.#cancelStart()
    if (!this.#parts) return // the start failed
    const { filters, txIndex, mining, sync, receiver, download, relay, server, filterServer } = this.#parts
    const { transactions, waiters, mempoolStore, wallets } = this.#parts
    for (const part of [mining, sync, receiver, download, relay, server, filterServer]) part.stop()
    for (const part of [transactions, mempoolStore, waiters, wallets]) part.stop()
    for (const index of [filters, txIndex]) index?.follower.stop()
  }

  halt(): void {
    this.#parts?.mining.miner?.idle()
  }

  resume(): void {
    this.#parts?.mining.renew()
  }

  readonly neededServices = ({ services }: PeerView): bigint => neededServices(this.parts.env, services)

  startHeight(): number {
    return this.chain.tip.height
  }

  readonly status = (): Json =>
    this.#parts ? (ledgerStatus(this.#parts, this.#options.mining) as unknown as Json) : null

  onPeerReady(view: PeerView): LedgerPeer {
    const peer = new LedgerPeer(view)
    this.#peers.set(view.id, peer)
    const { relay, sync, transactions } = this.parts
    relay.onPeerReady(peer)
    transactions.onPeerReady(peer)
    sync.onPeerReady(peer)
    return peer
  }

  describePeer(view: PeerView): Readonly<Record<string, unknown>> {
    const peer = this.#peers.get(view.id)
    return peer ? describePeer(this.parts, peer) : {}
  }

  describeNetwork(): Readonly<Record<string, unknown>> {
    return describeNetwork(this.parts)
  }

  onPeerGone(view: PeerView): void {
    const peer = this.#peers.get(view.id)
    if (!peer) return
    this.#peers.delete(view.id)
    const { download, filterServer, intake, receiver, relay, server, sync, transactions } = this.parts
    for (const part of [intake, receiver, relay, server, filterServer, transactions, sync])
      part.onPeerGone(peer)
    download.peerGone(peer)
  }

  onMessage(view: PeerView, command: string, payload: unknown, notes?: unknown): void {
    const peer = notes instanceof LedgerPeer ? notes : this.#peers.get(view.id)
    const handle = Ledger.#handlerOf.get(command)
    if (!peer || !handle) return
    peer.heard(this.parts.env.net.clock.now())
    handle(this, peer, payload)
    this.#tellProgress()
  }

  readMetrics(): readonly MetricReading[] {
    return readLedgerMetrics(this.parts)
  }

  #onInv(peer: LedgerPeer, items: Inventories): void {
    const { env, intake, sync, transactions } = this.parts
    const last = lastOfType(items, INV.block)
    if (last) {
      if (!env.chain.entry(last.hash)) intake.seen(last.hash, { by: 'inv', from: peer })
      sync.announced(peer, last.hash)
    }
    transactions.onInv(peer, ofType(items, peer.wtxidRelay ? INV.wtx : INV.tx))
  }

  #onNotFound(peer: LedgerPeer, items: Inventories): void {
    this.parts.download.onNotFound(peer, items)
    this.parts.transactions.onNotFound(peer, items)
  }

  #onTip(change: TipChange, { from }: Source): void {
    const { download, env, filters, txIndex, mining, relay, sync, transactions, wallets } = this.parts
    if (change.disconnected.length > 0) {
      env.mempool.onDisconnected(change.disconnected, change.mostReturned)
      wallets.onDisconnected(change.disconnected)
    }
    env.mempool.onConnected(change.connected)
    wallets.onConnected(change.connected)
    transactions.onTip(change)
    for (const index of [filters, txIndex]) index?.follower.onTip()
    download.connected()
    this.parts.deployments.onTip()
    mining.onTip()
    sync.onTip()
    this.parts.waiters.onTip()
    if (from) env.net.useful(from.id, 'block')
    if (sync.initialDownload) return
    relay.announce(change)
    if (from && download.inFlight === 0) relay.prefer(from)
  }

  /** While much is missing, how far we are; at most once a second. */
  #tellProgress(): void {
    const { env } = this.parts
    const { bestHeader, tip } = env.chain
    if (bestHeader.height - tip.height < 2) return
    const nowMs = env.net.clock.now()
    if (nowMs - this.#progressAtMs < PROGRESS_MS) return
    this.#progressAtMs = nowMs
    const progress: LedgerEvent = { type: 'sync-progress', headers: bestHeader.height, blocks: tip.height }
    env.net.emit(progress)
  }

  #compose(net: ProtocolContext): LedgerParts {
    const { params, rules, policy, blockIntervalMs, roundTripMs, validation, leastWork } = this.#options
    const { ownFilters, tellsNewcomers, maxTipAgeMs } = this.#options
    const { secp, shared, signatures = new SignatureCache(), keyOwners } = this.#services
    const emit = (event: LedgerEvent) => net.emit(event)
    const nowMs = () => net.clock.now()
    const around = { leastWork, ...(rules && { rules }), ...(shared && { shared }) }
    const chain = new Chain({ params, store: net.store, secp, nowMs, signatures, ...around })
    const { damaged } = chain.load()
    if (damaged !== undefined) throw new DamagedStore(damaged)
    const mempool = new Mempool({ chain, secp, clock: net.clock, signatures, policy })
    const { wallet, wallets } = makeWallets(net, this.#options, keyOwners, { chain, mempool, secp, params })
    const env: LedgerEnv = {
      params,
      times: withValidation(
        timesOf(blockIntervalMs ?? params.blockIntervalMs, roundTripMs, maxTipAgeMs),
        validation,
      ),
      blocksOnly: this.#options.blocksOnly ?? false,
      net,
      chain,
      mempool,
      peers: this.#peers,
      send: (peer, command, payload) => peer.view.say(command, payload),
    }
    const intake = new BlockIntake(chain, env.net.clock, emit, {
      onTip: (change, source) => this.#onTip(change, source),
      onInvalid: ({ reason, deployment }, from) => {
        if (from && isBlockOffence(reason, deployment)) net.misbehaving(from.id, { reason })
      },
    })
    const download = new BlockDownload(env)
    const sync = new HeaderSync(env, download, intake)
    const { relay: mode = 'compact', highBandwidth } = this.#options
    const relay = new BlockRelay(env, { mode, highBandwidth, compacts: this.#services.compacts })
    const transactions = new TxRelay(env, emit, () => sync.initialDownload, tellsNewcomers)
    const receiver = new BlockReceiver(
      env,
      { sync, download, intake, relay },
      () => transactions.candidates(),
      validation,
    )
    const server = new Server(env, relay, (...asked) => transactions.find(...asked))
    const filters = this.#options.blockFilters ? new FilterIndex(chain, net.clock) : undefined
    const mining = new MiningControl({
      env,
      script: () => wallet.script(),
      createMiner: sink => this.#createMiner(sink, net),
      configuredHps: this.#options.mining.mode === 'off' ? undefined : this.#options.mining.hashRateHps,
      accept: block => void intake.accept(block, { by: 'mined', from: undefined }),
      syncing: () => download.inFlight > 0 && !chain.stays && isFarBehind(chain),
      emit,
    })
    return {
      env,
      wallet,
      wallets,
      intake,
      download,
      sync,
      relay,
      transactions,
      mempoolStore: new MempoolStore(net.store, mempool, transactions.unbroadcast),
      receiver,
      server,
      filters,
      txIndex: this.#options.txIndex ? new TxIndex(chain, net.clock) : undefined,
      filterServer: new FilterServer(env, ownFilters ? undefined : filters),
      deployments: new DeploymentWatch(chain, emit),
      mining,
      waiters: new TipWaiters(net.clock),
      secp,
      files: this.#services.files,
    }
  }

  #createMiner(sink: MinerSink, net: ProtocolContext): Miner | undefined {
    const { mode, hashRateHps, hashesPerBlock } = this.#options.mining
    if (mode === 'off' || mode === 'real') return this.#services.createMiner?.(sink)
    const times = { mode, hashRateHps, hashesPerBlock }
    return new SimulatedMiner(times, net.clock, net.random.fork('mining'), sink)
  }
}

/** By work, not by height: a part that was cut off may have a longer chain of easier blocks. */
function isFarBehind({ bestHeader, tip }: Chain): boolean {
  return bestHeader !== tip && bestHeader.work > tip.work + MINING_LAG * workOfBits(bestHeader.header.bits)
}
