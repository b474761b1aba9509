// One coin, paid twice: once on each side of a partition, by transactions that its owner signed before. Each side confirms
// its own. Healed, one of the two payments is left on every chain, and the other is gone: that is what the check tells.

import { Asking } from '../../../checks/asking.ts'
import { type Check, type Ground, POLL_MS, poll, startOf, type Verdict } from '../../../checks/check.ts'
import { islandsOf } from '../../../checks/islands.ts'
import { plural } from '../../../format.ts'
import type { PlannedStep } from '../../../spec/types.ts'
import { ledgerNodes } from './nodes.ts'
import { Confirmations, type Payment, withWallet } from './payments.ts'

const FEE_COINS = 0.0001
/** A young coin may mature a block later on the other side. */
const SEND_MS = 8_000

/** Of Core's listunspent. */
interface Coin {
  readonly txid: string
  readonly vout: number
  readonly amount: number
}

/** A payment and the side that hears of it. */
interface Side extends Payment {
  readonly nodes: readonly string[]
  /** One of them, by which it is sent and looked for. */
  readonly at: string
  /** Confirmed there when the partition ended. */
  confirmed: boolean
}

export const doubleSpend: Check = {
  name: 'double-spend',
  describe:
    'a coin paid on both sides of a partition is paid once in the end; which payment was lost is told',
  run: async (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const step = ground.steps.find(each => islandsOf(ground.plan, each).length > 1)
    if (!step) return refusal('no fault of this scenario splits the network')
    const spent = await spendTwice(asking, step)
    if (typeof spent === 'string') return refusal(spent)
    const reader = new Confirmations(ground)
    ground.moments.beforeEnd(async ({ name }) => {
      if (name !== step.name) return
      for (const side of spent) side.confirmed = (await reader.of(side.at, side).catch(() => 0)) > 0
    })
    await startOf(ground, wish)
    return await poll(ground, wish, () => outcome(asking, reader, spent))
  },
}

/** Signs both payments before the partition begins, and sends one on each side when it has; why not, if it cannot. */
async function spendTwice(asking: Asking, step: PlannedStep): Promise<readonly Side[] | string> {
  const { ground } = asking
  const [here = [], there = []] = islandsOf(ground.plan, step)
  let signed: readonly Side[] | string = `${step.name} never began`
  const raws: string[] = []
  ground.moments.beforeEach(async ({ name }) => {
    if (name !== step.name) return
    signed = await sign(asking, [here, there], raws).catch((error: Error) => error.message)
  })
  await ground.moments.began(step.name)
  if (typeof signed === 'string') return signed
  for (const [i, { at }] of (signed as readonly Side[]).entries()) await send(ground, at, raws[i])
  return signed
}

/** Two payments of one coin, to a node of each side. */
async function sign(asking: Asking, sides: readonly (readonly string[])[], raws: string[]): Promise<Side[]> {
  const { ground } = asking
  const { payer, coin } = await coinToSpend(ground)
  const fromHeight = Number(await ground.rpc(payer, 'getblockcount', []))
  const made: Side[] = []
  for (const nodes of sides) {
    const [at] = await asking.able(nodes, 'getblockcount')
    if (at === undefined) throw new Error(`nobody of ${nodes.join(', ')} can be asked`)
    // Where nobody has a wallet the payer pays itself.
    const payee = withWallet(ground, nodes).at(-1) ?? payer
    const address = String(await ground.rpc(payee, 'getnewaddress', []))
    const inputs = [{ txid: coin.txid, vout: coin.vout }]
    const amount = (coin.amount - FEE_COINS).toFixed(8)
    const raw = await ground.rpc(payer, 'createrawtransaction', [inputs, [{ [address]: amount }]])
    const { hex, complete } = (await ground.rpc(payer, 'signrawtransactionwithwallet', [raw])) as {
      hex: string
      complete: boolean
    }
    if (!complete) throw new Error(`${payer} cannot sign for its own coin`)
    const { txid } = (await ground.rpc(payer, 'decoderawtransaction', [hex])) as { txid: string }
    raws.push(hex)
    made.push({ payer, payee, txid, fromHeight, nodes, at, confirmed: false })
  }
  return made
}

/**
 * Whoever has most large coins gives the largest of all that it has: other payments are made meanwhile, and a wallet takes
 * the smallest coin that will do.
 */
async function coinToSpend(ground: Ground): Promise<{ readonly payer: string; readonly coin: Coin }> {
  const purses = await Promise.all(
    withWallet(ground, ledgerNodes(ground)).map(async payer => {
      const coins = (await ground.rpc(payer, 'listunspent', [])) as readonly Coin[]
      const most = Math.max(...coins.map(({ amount }) => amount))
      const large = coins.filter(({ amount }) => amount > 2 * FEE_COINS && amount >= most / 2)
      return { payer, large: large.sort((a, b) => a.amount - b.amount) }
    }),
  )
  const [purse] = purses.sort((a, b) => b.large.length - a.large.length)
  const coin = purse?.large.at(-1)
  if (!purse || !coin) throw new Error('nobody has a coin to spend: let the partition begin later')
  return { payer: purse.payer, coin }
}

/** A node that is a block behind takes it a little later. */
async function send(ground: Ground, node: string, raw: string | undefined): Promise<void> {
  const untilMs = ground.nowMs() + SEND_MS
  for (;;) {
    try {
      await ground.rpc(node, 'sendrawtransaction', [raw])
      return
    } catch (error) {
      if (ground.nowMs() >= untilMs) throw error
      await ground.wait(POLL_MS)
    }
  }
}

async function outcome(asking: Asking, reader: Confirmations, spent: readonly Side[]): Promise<Verdict> {
  asking.begin()
  const nodes = await asking.able(ledgerNodes(asking.ground), 'getblockcount')
  const places = await Promise.all(
    spent.map(async side => {
      const deep = await Promise.all(nodes.map(node => reader.of(node, side).catch(() => 0)))
      return { side, on: deep.filter(depth => depth > 0).length }
    }),
  )
  const [kept, ...others] = places.filter(({ on }) => on > 0)
  const lost = places.find(({ on }) => on === 0)
  const bothConfirmed = spent.every(({ confirmed }) => confirmed)
  const resolved = kept !== undefined && others.length === 0 && kept.on === nodes.length && lost !== undefined
  const verdict = {
    passed: resolved && bothConfirmed,
    // Whatever comes of it now, it was not put to the test.
    final: !bothConfirmed,
    asked: 'a payment confirmed on each side of the partition, and one of the two on every chain after it',
    measured:
      kept && lost && resolved
        ? `${kept.side.payer}'s coin went to ${kept.side.payee} (${kept.side.txid}); ${lost.side.txid} to ${lost.side.payee} was confirmed on the side that lost, and vanished`
        : places
            .map(({ side, on }) => `${side.txid} on ${on} of ${plural(nodes.length, 'chain')}`)
            .join(', '),
    ...(!bothConfirmed && {
      message: `before the end of the partition ${spent.filter(({ confirmed }) => confirmed).length} of 2 were confirmed on their side: let it last longer`,
    }),
  }
  return asking.verdict(verdict, nodes.length)
}

function refusal(why: string): Verdict {
  return { passed: false, asked: 'one coin paid on both sides of a partition', measured: why }
}
