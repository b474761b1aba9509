// Keeps the miner on the best work there is, turns its solutions into blocks, and mines on demand for RPC.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel } from '../core/host.ts'
import { type Respond, RPC, RpcError } from '../core/service.ts'
import { ConsensusError } from '../errors.ts'
import { hasher } from '../hash.ts'
import { makeBlock } from './chain/block.ts'
import { makeHeader } from './chain/header.ts'
import type { Block, Tx } from './chain/types.ts'
import { targetBytes } from './consensus/target.ts'
import type { LedgerEvent } from './events.ts'
import type { LedgerEnv } from './peers.ts'
import type { Miner, MinerSink } from './services.ts'
import { buildTemplate } from './template.ts'

/** Jobs on the present tip whose late answers still count. */
const MAX_JOBS = 8
/** Drawn times need the target only: the block is made when it is found. */
const NO_HEADER = new Uint8Array(80)

export interface MiningParts {
  readonly env: LedgerEnv
  /** Script that our own blocks pay to. */
  readonly script: () => Uint8Array
  /** Made when first needed; undefined if this node cannot mine. */
  readonly createMiner: (sink: MinerSink) => Miner | undefined
  /** Undefined: it does not mine. */
  readonly configuredHps: number | undefined
  /** Throws ConsensusError. */
  readonly accept: (block: Block) => void
  /** Better headers are known and their blocks on the way: work here would be lost. */
  readonly syncing: () => boolean
  readonly emit: (event: LedgerEvent) => void
}

/** A paced block is proven at once, in the ledger's own turn (10 ms): what is not found in so many hashes is for miners that hash. */
const PROOF_NONCES = 2 ** 16

/** Blocks asked for by RPC. */
interface Order {
  readonly script: Uint8Array
  readonly count: number
  readonly hashes: HashHex[]
  readonly respond: Respond
  /** One block as it was asked for; absent: of what the mempool has. */
  readonly one?: OneBlock & { readonly found: (outcome: FoundBlock) => void }
}

/** A block of chosen transactions; where it is not to be submitted, it is only made. */
export interface OneBlock {
  readonly only: readonly Tx[]
  readonly submit: boolean
}

export type FoundBlock = { readonly block: Block } | { readonly error: RpcError }

export class MiningControl implements MinerSink {
  readonly #parts: MiningParts
  #miner: Miner | undefined
  #on = false
  /** Set since it was made; undefined: as configured. 0: it rests. */
  #rateHps: number | undefined
  readonly #orders: Order[] = []
  #lastJob = 0
  /** Job id → its block without the nonce; undefined where its time is drawn. All on the present tip. */
  readonly #jobs = new Map<number, Block | undefined>()
  #extraNonce = 0
  #included: readonly Tx[] = []
  #cancelRefresh: Cancel = () => {}
  #assembled: readonly Tx[] | undefined

  constructor(parts: MiningParts) {
    this.#parts = parts
  }

  get on(): boolean {
    return this.#on
  }

  /** Undefined until this node mined for the first time. */
  get miner(): Miner | undefined {
    return this.#miner
  }

  /** What the miner works on now. */
  get template(): Block | undefined {
    return this.#jobs.get(this.#lastJob)
  }

  /** The transactions of the last block that was put together here, whoever asked for it; undefined: none was. */
  get assembled(): readonly Tx[] | undefined {
    return this.#assembled
  }

  /** A block was put together, to be mined elsewhere. */
  onAssembled({ transactions }: Block): void {
    this.#assembled = transactions.slice(1)
  }

  setMining(on: boolean): void {
    if (on === this.#on) return
    this.#on = on
    if (on) {
      const { mode, hashRateHps } = this.#start()
      this.#parts.emit({ type: 'mining-started', mode, hashRateHps: this.#rateHps ?? hashRateHps })
    } else this.#parts.emit({ type: 'mining-stopped' })
    this.renew()
  }

  /** The rate asked of it, if it was set since it was made. */
  get rateHps(): number | undefined {
    return this.#rateHps
  }

  /** Hashes per second from now on; 0: it rests; undefined: as configured. Throws RpcError for a node that does not mine. */
  setRate(hashRateHps: number | undefined): void {
    const { configuredHps } = this.#parts
    if (configuredHps === undefined) throw new RpcError(RPC.misc, 'This node does not mine')
    this.#rateHps = hashRateHps
    const askedHps = hashRateHps ?? configuredHps
    if (hashRateHps !== 0) this.#start().setRate(askedHps)
    this.#parts.emit({ type: 'hash-rate-set', hashRateHps: askedHps })
    this.renew()
  }

  stop(): void {
    this.#cancelRefresh()
    this.#miner?.idle()
    for (const { respond } of this.#orders.splice(0))
      respond({ error: new RpcError(RPC.misc, 'The node is shutting down') })
  }

  /** Work on the old tip is of no use to anybody. */
  onTip(): void {
    this.#jobs.clear()
    this.#extraNonce = 0
    this.renew()
  }

  onSolution(jobId: number, nonce: number, version?: number): void {
    if (!this.#jobs.has(jobId)) return
    if (this.#orders.length === 0 && this.#parts.syncing()) {
      this.renew()
      return
    }
    const template = this.#jobs.get(jobId)
    const block = template ? solved(template, nonce, version) : this.#drawn()
    if (block) this.#found(block)
    else this.onExhausted(jobId)
  }

  onExhausted(jobId: number): void {
    if (jobId !== this.#lastJob) return
    this.#extraNonce++
    this.renew()
  }

  /** These transactions are in every block from now on, as far as their coins are there, and what contradicts them is not. */
  include(transactions: readonly Tx[]): void {
    if (transactions.length === 0 && this.#included.length === 0) return
    this.#included = transactions
    if (this.#orders.length === 0) this.#jobs.clear() // they lack them
    this.renew()
  }

  /** Mines `count` blocks that pay to `script`, as fast as it can, and answers with their hashes. */
  generate(script: Uint8Array, count: number, respond: Respond): void {
    const order: Order = { script, count, hashes: [], respond }
    if (count === 0) respond({ result: [] })
    else if (!this.#parts.env.params.checkProofOfWork) {
      while (order.hashes.length < count) order.hashes.push(this.#submit(this.#build(script)))
      respond({ result: order.hashes })
    } else this.#queue(order)
  }

  /** Mines one block of chosen transactions; `found` hears of it, or which rule it breaks. */
  generateOne(script: Uint8Array, one: OneBlock, found: (outcome: FoundBlock) => void): void {
    const respond: Respond = outcome => {
      if ('error' in outcome) found(outcome)
    }
    const block = this.#build(script, one.only)
    const refused = this.#refused(block)
    if (refused) found({ error: refused })
    else if (this.#parts.env.params.checkProofOfWork)
      this.#queue({ script, count: 1, hashes: [], respond, one: { ...one, found } })
    else found(this.#finish(block, one))
  }

  #queue(order: Order): void {
    this.#start()
    this.#orders.push(order)
    if (this.#orders.length > 1) return
    this.#jobs.clear() // they pay to somebody else
    this.renew()
  }

  /** The tip may be another since it was found good. */
  #finish(block: Block, { submit }: OneBlock): FoundBlock {
    try {
      if (submit) this.#submit(block)
      return { block }
    } catch (error) {
      return { error: testFailure(error) }
    }
  }

  /** Why a block that is not yet proven would be refused. */
  #refused(block: Block): RpcError | undefined {
    try {
      this.#parts.env.chain.tryBlock(block)
      return undefined
    } catch (error) {
      return testFailure(error)
    }
  }

  /** Gives the miner new work, or rest. */
  renew(): void {
    this.#cancelRefresh()
    const miner = this.#miner
    if (!miner) return
    const [order] = this.#orders
    const waiting = this.#on && this.#parts.syncing()
    const works = this.#on && !waiting && this.#rateHps !== 0
    if (order || works) this.#work(miner, order)
    else {
      this.#jobs.clear()
      miner.idle()
    }
    // So new transactions, and the time, get into the template; and mining goes on when syncing is over.
    const { net, times } = this.#parts.env
    if (waiting || (this.template && miner.mode === 'real'))
      this.#cancelRefresh = net.clock.after(times.templateRefreshMs, () => this.renew())
  }

  #work(miner: Miner, order: Order | undefined): void {
    const id = ++this.#lastJob
    const { chain } = this.#parts.env
    const block = miner.mode === 'real' ? this.#wanted() : undefined
    if (this.#jobs.size >= MAX_JOBS) this.#jobs.delete(this.#jobs.keys().next().value ?? 0)
    this.#jobs.set(id, block)
    const { bytes: header, bits } = block?.header ?? { bytes: NO_HEADER, bits: chain.nextBits(chain.tip) }
    miner.work({ id, header, bits }, order !== undefined)
  }

  /** What is asked for, or else a block of our own; not yet proven. */
  #wanted(): Block {
    const [order] = this.#orders
    return this.#build(order?.script ?? this.#parts.script(), order?.one?.only)
  }

  /** A block whose time was drawn. Undefined: no nonce proves it. */
  #drawn(): Block | undefined {
    const block = this.#wanted()
    if (!this.#parts.env.params.checkProofOfWork) return block
    const { bytes, bits } = block.header
    const { nonce } = hasher.scan(bytes, targetBytes(bits), 0, PROOF_NONCES)
    return nonce === undefined ? undefined : solved(block, nonce)
  }

  #start(): Miner {
    this.#miner ??= this.#parts.createMiner(this)
    if (!this.#miner) throw new RpcError(RPC.misc, 'This node cannot mine')
    return this.#miner
  }

  #build(script: Uint8Array, only?: readonly Tx[]): Block {
    const { chain, mempool, net } = this.#parts.env
    const { block } = buildTemplate(chain, mempool, {
      script,
      extraNonce: this.#extraNonce,
      nowMs: net.clock.now(),
      included: this.#included,
      only,
    })
    this.onAssembled(block)
    return block
  }

  #found(block: Block): void {
    const [order] = this.#orders
    if (order?.one) {
      this.#orders.shift()
      order.one.found(this.#finish(block, order.one))
      this.#jobs.clear()
      this.renew()
      return
    }
    try {
      const hash = this.#submit(block)
      order?.hashes.push(hash)
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
      this.#extraNonce++ // told as `block-rejected`; never the same block again
      this.renew()
    }
    if (!order || order.hashes.length < order.count) return
    this.#orders.shift()
    order.respond({ result: order.hashes })
    this.renew()
  }

  /** The new tip brings the next job. */
  #submit(block: Block): HashHex {
    const { accept, emit, env } = this.#parts
    const height = (env.chain.entry(block.header.prev)?.height ?? -1) + 1
    emit({ type: 'block-mined', hash: block.hash, height, transactions: block.transactions.length })
    accept(block)
    return block.hash
  }
}

function testFailure(error: unknown): RpcError {
  if (!(error instanceof ConsensusError)) throw error
  return new RpcError(RPC.verify, `testBlockValidity failed: ${error.message}`)
}

function solved(template: Block, nonce: number, version = template.header.version): Block {
  return makeBlock(makeHeader({ ...template.header, nonce, version }), template.transactions)
}
