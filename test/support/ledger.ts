// A chain with its mempool and wallet, wired as the ledger wires them, under a clock that the test moves.

import { makeBlock } from '../../node/ledger/chain/block.ts'
import { type AcceptResult, Chain } from '../../node/ledger/chain/chain.ts'
import type { Block } from '../../node/ledger/chain/types.ts'
import { Mempool } from '../../node/ledger/mempool.ts'
import type { Policy } from '../../node/ledger/policy-rules.ts'
import { SignatureCache } from '../../node/ledger/script/input.ts'
import { buildTemplate } from '../../node/ledger/template.ts'
import { Wallet } from '../../node/ledger/wallet.ts'
import { PlanKeeper } from '../../node/ledger/wallets/plan-keeper.ts'
import type { ChainParams } from '../../node/params.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { EASY, NOW_MS, secp, solve } from './chain.ts'

export interface TestLedgerOptions {
  readonly params?: ChainParams
  readonly policy?: Partial<Policy>
  readonly seed?: Uint8Array
  readonly store?: MemoryStore
}

export class TestLedger {
  readonly clock = { nowMs: NOW_MS, now: () => this.clock.nowMs }
  readonly chain: Chain
  readonly mempool: Mempool
  readonly wallet: Wallet
  #mined = 0

  constructor({ params = EASY, policy, seed = new Uint8Array(32), store }: TestLedgerOptions = {}) {
    const signatures = new SignatureCache()
    this.chain = new Chain({
      params,
      store: store ?? new MemoryStore(),
      secp,
      nowMs: () => this.clock.nowMs,
      signatures,
    })
    this.chain.load()
    this.mempool = new Mempool({ chain: this.chain, secp, clock: this.clock, policy, signatures })
    this.wallet = new Wallet({
      keeper: new PlanKeeper({ seed, secp, store }),
      chain: this.chain,
      mempool: this.mempool,
      secp,
      params,
    })
  }

  /** Takes a block as the ledger does. */
  accept(block: Block): AcceptResult {
    const result = this.chain.acceptBlock(block)
    if (result.disconnected.length > 0) {
      this.mempool.onDisconnected(result.disconnected)
      this.wallet.onDisconnected(result.disconnected)
    }
    this.mempool.onConnected(result.connected)
    this.wallet.onConnected(result.connected)
    return result
  }

  /** Mines the template on the tip, paying to `script`. */
  mine(script: Uint8Array = this.wallet.script()): Block {
    const extraNonce = this.#mined++
    const { block } = buildTemplate(this.chain, this.mempool, { script, extraNonce, nowMs: this.clock.nowMs })
    const solved = makeBlock(solve(block.header, this.chain.params), block.transactions)
    this.accept(solved)
    return solved
  }

  mineMany(count: number, script?: Uint8Array): Block[] {
    return Array.from({ length: count }, () => this.mine(script))
  }
}

/** The reason of the ConsensusError that `task` throws; undefined if it throws none. */
export function reasonOf(task: () => unknown): string | undefined {
  try {
    task()
    return undefined
  } catch (error) {
    if (error instanceof Error && 'reason' in error) return String(error.reason)
    throw error
  }
}
