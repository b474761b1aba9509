// Payments to and from light clients, with Poisson spacing: to one of a full node, or of one that has coins to whomever.

import { isLight } from '../../spec/light.ts'
import { createRandom } from '../../spec/random.ts'
import { INSUFFICIENT_FUNDS, randomAmountSat, randomGapMs, SAT_PER_COIN } from '../ledger/payments.ts'
import type { Workload, WorkloadStage } from '../workload.ts'

/** Sends that were not answered yet; above that the network is slower than the load. */
const MAX_IN_FLIGHT = 16
/** Every third payment goes the other way. */
const FROM_CLIENT = 3

export function lightPayments({ plan, nodes, rpc, observe, clock }: WorkloadStage): Workload {
  const { txPerSecond = 0 } = (plan.systems?.light ?? {}) as { readonly txPerSecond?: number }
  const random = createRandom(`netsplit ${plan.seed} light load`)
  const full = plan.nodes.filter(node => !isLight(node) && !node.strategy).map(({ name }) => name)
  const pick = (names: readonly string[]) => names[random.int(Math.max(1, names.length))]
  let cancel: (() => void) | undefined
  let inFlight = 0

  const pay = async (from: string, to: string, amountSat: number) => {
    inFlight++
    try {
      const address = await rpc(to, 'getnewaddress', [])
      const txid = await rpc(from, 'sendtoaddress', [address, amountSat / SAT_PER_COIN])
      observe({ type: 'load-sent', node: from, txid: String(txid) })
    } catch (error) {
      // Coins come with the first blocks; who has just gone away is told of on its own.
      const { code, message } = error as Error & { readonly code?: number }
      const waits = code === INSUFFICIENT_FUNDS || /too-long-mempool-chain|insufficient/i.test(message)
      if (!waits && cancel && nodes().includes(from))
        observe({ type: 'load-failed', node: from, detail: message })
    } finally {
      inFlight--
    }
  }

  const next = () => {
    const client = pick(nodes())
    const other = pick(full)
    const amountSat = randomAmountSat(random)
    const out = random.int(FROM_CLIENT) === 0
    cancel = clock.after(randomGapMs(random, txPerSecond), next)
    if (client === undefined || other === undefined || inFlight >= MAX_IN_FLIGHT) return
    void (out ? pay(client, other, amountSat) : pay(other, client, amountSat))
  }

  return {
    start: () => {
      if (txPerSecond > 0 && !cancel) next()
    },
    stop: () => {
      cancel?.()
      cancel = undefined
    },
  }
}
