// Liveness of payments: one is made when the moment has come, and must be confirmed on every node.

import { Asking } from '../../../checks/asking.ts'
import { type Check, type Ground, POLL_MS, poll, setting, startOf } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import type { PlannedCheck } from '../../../spec/types.ts'
import { ledgerNodes } from './nodes.ts'

const AMOUNT_COINS = 0.01
/** In sat/vB, several times what the load pays: where blocks are full, who pays what all pay may wait for ever. */
const FEE_RATE = 20
/** Behind address and amount, in Core's order: two comments, and what is as usual. */
const AT_FEE_RATE = ['', '', false, null, null, 'unset', null, FEE_RATE]

/** A payment on its way. */
export interface Payment {
  readonly payer: string
  readonly payee: string
  readonly txid: string
  /** No block of this height or below holds it. */
  readonly fromHeight: number
}

export const txConfirmsWithin: Check = {
  name: 'tx-confirms-within',
  describe: 'a payment made now is on the chain of every node in time',
  run: async (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const confirmations = setting(wish, 'confirmations')
    const startMs = await startOf(ground, wish)
    const asked = `a payment ${plural(confirmations, 'block')} deep on every node within ${wish.within.ms / 1000} s`
    const first = await pay(ground, wish, startMs ?? 0)
    if (typeof first === 'string') return { passed: false, asked, measured: first }
    let payment = first
    const reader = new Confirmations(ground)
    const verdict = await poll(ground, wish, async () => {
      if (await vanished(ground, reader, payment)) {
        const another = await pay(ground, wish, startMs ?? 0)
        if (typeof another !== 'string') payment = another
      }
      const { payer, txid } = payment
      asking.begin()
      const nodes = await asking.able(ledgerNodes(ground), 'getblockcount')
      const deep = await Promise.all(nodes.map(node => reader.of(node, payment).catch(() => 0)))
      const enough = deep.filter(depth => depth >= confirmations)
      const verdict = {
        passed: nodes.length > 0 && enough.length === nodes.length,
        asked,
        measured: `${payer}'s ${txid} is so deep on ${enough.length} of ${plural(nodes.length, 'node')}`,
      }
      return asking.verdict(verdict, nodes.length)
    })
    const tookMs = ground.nowMs() - (startMs ?? 0)
    return verdict.passed
      ? { ...verdict, measured: `after ${(tookMs / 1000).toFixed(1)} s on every node` }
      : verdict
  },
}

/** The first node that can pays another; why not, when the time is over before one can. */
async function pay(ground: Ground, wish: PlannedCheck, startMs: number): Promise<Payment | string> {
  let why = 'no two nodes run'
  do {
    const nodes = ledgerNodes(ground)
    const purses = withWallet(ground, nodes)
    for (const [i, payer] of purses.entries()) {
      const payee = purses[(i + 1) % purses.length] as string
      if (nodes.length < 2) break
      try {
        const fromHeight = Number(await ground.rpc(payer, 'getblockcount', []))
        const address = await ground.rpc(payee, 'getnewaddress', [])
        const txid = String(await ground.rpc(payer, 'sendtoaddress', [address, AMOUNT_COINS, ...AT_FEE_RATE]))
        return { payer, payee, txid, fromHeight }
      } catch (error) {
        why = `${payer} cannot pay: ${(error as Error).message}`
      }
    }
    await ground.wait(POLL_MS)
  } while (ground.nowMs() - startMs < wish.within.ms)
  return why
}

/** Those of them that can pay and be paid: some of others' programs have no wallet. */
export function withWallet({ plan }: Ground, nodes: readonly string[]): string[] {
  const without = new Set(plan.nodes.flatMap(({ name, client }) => (client?.wallet === false ? [name] : [])))
  return nodes.filter(name => !without.has(name))
}

/**
 * Neither on its way nor on the chain of its payer: a wallet that was restarted does not know which coins it had spent, and
 * paid with one of those. That is no fault of the network.
 */
async function vanished(ground: Ground, reader: Confirmations, payment: Payment): Promise<boolean> {
  const { payer, txid } = payment
  if (!ledgerNodes(ground).includes(payer)) return false
  const waits = await ground.rpc(payer, 'getmempoolentry', [txid]).then(
    () => true,
    () => false,
  )
  return !waits && (await reader.of(payer, payment).catch(() => 1)) === 0
}

/** How deep a payment is on a node's chain, from the transactions that its blocks name. */
export class Confirmations {
  readonly #ground: Ground
  /** Block → the ids of its transactions. */
  readonly #blocks = new Map<string, ReadonlySet<string>>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** 0: in no block of this node's chain. */
  async of(node: string, { txid, fromHeight }: Pick<Payment, 'txid' | 'fromHeight'>): Promise<number> {
    const height = Number(await this.#ground.rpc(node, 'getblockcount', []))
    // A reorganisation may put it below the height at which it was made.
    for (let at = height; at > Math.max(0, fromHeight - REORG_MARGIN); at--) {
      const hash = String(await this.#ground.rpc(node, 'getblockhash', [at]))
      if ((await this.#txidsOf(node, hash)).has(txid)) return height - at + 1
    }
    return 0
  }

  async #txidsOf(node: string, hash: string): Promise<ReadonlySet<string>> {
    const known = this.#blocks.get(hash)
    if (known) return known
    const block = (await this.#ground.rpc(node, 'getblock', [hash, 1])) as { tx: readonly string[] }
    const txids = new Set(block.tx)
    this.#blocks.set(hash, txids)
    return txids
  }
}

const REORG_MARGIN = 20
