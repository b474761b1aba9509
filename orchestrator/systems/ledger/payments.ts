// The load: transactions at a mean rate, with Poisson spacing, from a seeded choice of payer to a seeded choice of payee.
// Money appears only when mined coins have matured, so a payer without funds is waited for, not counted as failed.

import { NodeRpcError } from '../../network/node-client.ts'
import { createRandom, type Random } from '../../spec/random.ts'
import type { Workload, WorkloadClock, WorkloadStage } from '../workload.ts'

export const SAT_PER_COIN = 100_000_000
/** Amounts are spread evenly over their orders of magnitude: 0.001 to 0.1 coins. */
const LEAST_SAT = 100_000
const MOST_SAT = 10_000_000
/** Sends that were not answered yet; above that the network is slower than the load, and ticks pass by. */
const MAX_IN_FLIGHT = 64
/** A node that could not pay is asked again after this long: by then a block may have matured coins. */
const BROKE_MS = 1_000

/** Bitcoin Core's wallet codes, and the policy answers that a later block cures. */
export const INSUFFICIENT_FUNDS = -6
const CURED_BY_NEXT_BLOCK = /too-long-mempool-chain|mempool full|mempool-full|insufficient/i

export interface LoadOptions {
  readonly txPerSecond: number
  readonly random: Random
  /** Names of the nodes that can be asked right now. */
  readonly nodes: () => readonly string[]
  readonly rpc: (node: string, method: string, params: readonly unknown[]) => Promise<unknown>
  readonly onSent: (node: string, txid: string) => void
  readonly onFailed: (node: string, detail: string) => void
  /** The time that payments are spaced by. */
  readonly clock: WorkloadClock
}

/** The payments that a plan asks for. */
export function payments({ plan, nodes, clientOf, rpc, observe, clock }: WorkloadStage): Workload {
  return new Load({
    txPerSecond: plan.load.txPerSecond,
    random: createRandom(`netsplit ${plan.seed} load`),
    // Programs without a wallet neither pay nor are paid.
    nodes: () => nodes().filter(name => clientOf(name)?.wallet !== false),
    rpc,
    onSent: (node, txid) => observe({ type: 'load-sent', node, txid }),
    onFailed: (node, detail) => observe({ type: 'load-failed', node, detail }),
    clock,
  })
}

export class Load implements Workload {
  readonly #options: LoadOptions
  readonly #addresses = new Map<string, string>()
  /** Node → when to ask it again, ms. */
  readonly #broke = new Map<string, number>()
  readonly #clock: WorkloadClock
  /** Undefined while it is not on. */
  #cancel: (() => void) | undefined
  #inFlight = 0
  #dueMs = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#clock = options.clock
  }

  start(): void {
    if (this.#options.txPerSecond <= 0 || this.#cancel) return
    this.#dueMs = this.#clock.nowMs()
    this.#plan()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Due times are drawn ahead and do not drift with late timers. */
  #plan(): void {
    const { random, txPerSecond } = this.#options
    this.#dueMs += randomGapMs(random, txPerSecond)
    this.#cancel = this.#clock.after(this.#dueMs - this.#clock.nowMs(), () => {
      this.#plan()
      void this.#send()
    })
  }

  async #send(): Promise<void> {
    if (this.#inFlight >= MAX_IN_FLIGHT) return
    const { random } = this.#options
    const names = this.#options.nodes()
    const now = this.#clock.nowMs()
    const payers = names.filter(name => (this.#broke.get(name) ?? 0) <= now)
    if (payers.length === 0) return
    const payer = payers[random.int(payers.length)] as string
    const payee = names[random.int(names.length)] as string
    const amountSat = randomAmountSat(random)
    this.#inFlight++
    try {
      await this.#pay(payer, payee, amountSat)
    } finally {
      this.#inFlight--
    }
  }

  async #pay(payer: string, payee: string, amountSat: number): Promise<void> {
    const { rpc, onSent, onFailed } = this.#options
    try {
      const address = this.#addresses.get(payee) ?? String(await rpc(payee, 'getnewaddress', []))
      this.#addresses.set(payee, address)
      onSent(payer, String(await rpc(payer, 'sendtoaddress', [address, amountSat / SAT_PER_COIN])))
    } catch (error) {
      if (isWaiting(error)) this.#broke.set(payer, this.#clock.nowMs() + BROKE_MS)
      // A node that has just gone away is not a failed payment; its exit is reported on its own.
      else if (this.#cancel && this.#options.nodes().includes(payer))
        onFailed(payer, (error as Error).message)
    }
  }
}

export function randomAmountSat(random: Random): number {
  return Math.round(LEAST_SAT * (MOST_SAT / LEAST_SAT) ** random.float())
}

/** Poisson spacing. */
export function randomGapMs(random: Random, txPerSecond: number): number {
  return (-Math.log(1 - random.float()) * 1000) / txPerSecond
}

function isWaiting(error: unknown): boolean {
  return (
    error instanceof NodeRpcError &&
    (error.code === INSUFFICIENT_FUNDS || CURED_BY_NEXT_BLOCK.test(error.message))
  )
}
