// Payments of a wallet made by hand from coins of unconfirmed transactions: what their ancestors pay too little they pay, once, and a
// chain that is too long for the mempool is not made, or kept.

import { beforeEach, describe, expect, test } from 'vitest'
import type { LedgerOptions } from '../../node/ledger/options.ts'
import type { LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'
import { walletNetwork, walletsOn } from '../support/wallet-network.ts'

type Json = Record<string, unknown>
interface Entry {
  vsize: number
  fees: { base: number }
}
interface Unspent {
  txid: string
  vout: number
}

const RATE = 30
const SAT = 100_000_000

let net: LedgerNetwork
const { plan, mine, mineBlock, fund } = walletsOn(() => net)
const away = () => plan<string>('getnewaddress')
const own = () => mine<string>('getnewaddress')

function start(ledger: Partial<LedgerOptions> = {}): void {
  net = walletNetwork('chains', ledger)
  plan('createwallet', 'mine')
  fund(2)
}

function pay(address: string, amount: number, rate: number, feeFromAmount = false): string {
  return mine('sendtoaddress', address, amount, '', '', feeFromAmount, null, null, null, null, rate)
}

/** What all of them pay together. */
function rateOf(...txids: readonly string[]): number {
  const entries = txids.map(txid => plan<Entry>('getmempoolentry', txid))
  const sat = entries.reduce((sum, { fees }) => sum + fees.base * SAT, 0)
  return sat / entries.reduce((sum, { vsize }) => sum + vsize, 0)
}

function expectAbout(rate: number, wanted = RATE): void {
  expect(rate).toBeGreaterThanOrEqual(wanted - 1e-6)
  expect(rate).toBeLessThanOrEqual(wanted * 1.01)
}

describe('coins of a transaction that pays too little', () => {
  beforeEach(() => start())

  test('cost what it lacks, and what its own parents lack', () => {
    const grandparent = pay(own(), 1.8, 1)
    const parent = pay(own(), 1.5, 2)
    expectAbout(rateOf(grandparent, parent, pay(away(), 1.3, RATE)))
  })

  test('cost nothing more where it pays enough', () => {
    pay(own(), 1, 3 * RATE)
    expectAbout(rateOf(pay(away(), 0.5, RATE)))
  })

  test('cost what it lacks though a dear grandparent would make up for it', () => {
    pay(own(), 1.8, 10 * RATE)
    const parent = pay(own(), 1.5, 1)
    expectAbout(rateOf(parent, pay(away(), 1.3, RATE)))
  })

  test('cost it once where two of them are spent', () => {
    const parent = pay(own(), 1, 1)
    const child = pay(away(), 1.5, RATE)
    const { vin } = plan<{ vin: Unspent[] }>('decoderawtransaction', plan('getrawtransaction', child))
    expect(vin.map(({ txid }) => txid)).toEqual([parent, parent])
    expectAbout(rateOf(parent, child))
  })

  test('cost nothing more where another child pays for it, and no less where that pays little', () => {
    const parent = pay(own(), 1, 1)
    pay(away(), 0.9, 3 * RATE)
    expectAbout(rateOf(pay(away(), 0.5, RATE)))
    start()
    const other = pay(own(), 1, 2)
    pay(away(), 0.9, 1)
    expectAbout(rateOf(other, pay(away(), 0.5, RATE)))
    expect(parent).not.toBe(other)
  })

  test('cost it whoever pays the fee, and where they were named', () => {
    const parent = pay(own(), 1, 1)
    expectAbout(rateOf(parent, pay(away(), 0.5, RATE, true)))
    start()
    const named = pay(own(), 1, 1)
    const inputs = [{ txid: named, vout: 0 }]
    const { txid } = mine<{ txid: string }>('send', { [away()]: 0.5 }, null, null, RATE, {
      inputs,
      add_inputs: true,
    })
    expectAbout(rateOf(named, txid))
  })

  test('cost it again where the payment is replaced', () => {
    const parent = pay(own(), 1, 1)
    const child = pay(away(), 0.5, RATE)
    const { txid } = mine<{ txid: string }>('bumpfee', child, { fee_rate: 2 * RATE })
    expectAbout(rateOf(parent, txid), 2 * RATE)
  })

  test('cost it where all are paid out', () => {
    const parent = pay(own(), 1, 1)
    const { txid } = mine<{ txid: string }>('sendall', [away()], null, null, RATE)
    expectAbout(rateOf(parent, txid))
  })
})

describe('a chain that the mempool does not take', () => {
  const policy = { maxDescendants: 3 }
  /** Each spends all that there is. */
  const chained = () => mine<string>('sendtoaddress', own(), 1.01)

  test('is not made', () => {
    start({ policy })
    for (let i = 0; i < 3; i++) chained()
    const [code, words] = rpcFailure(chained)
    expect(code).toBe(-6)
    expect(words).toMatch(/^Unconfirmed UTXOs are available, but spending them creates a chain/)
  })

  test('is kept where that is wished, and its coins are spent', () => {
    start({ policy, wallets: { rejectLongChains: false } })
    for (let i = 0; i < 3; i++) chained()
    const kept = chained()
    expect(plan<string[]>('getrawmempool')).toHaveLength(3)
    expect(mine('gettransaction', kept)).toMatchObject({ confirmations: 0, trusted: false })
    expect(mine('getbalance')).toBe(0)
  })

  test('does not come back out of a block either', () => {
    start({ policy, wallets: { rejectLongChains: false } })
    const [first, second, third] = [chained(), chained(), chained()]
    const kept = mine<{ hex: string }>('gettransaction', chained()).hex
    const { hash } = plan<{ hash: string }>('generateblock', away(), [first, second, third, kept])
    expect(mine('getbalance')).toBeGreaterThan(1.9)
    plan('invalidateblock', hash)
    expect(plan<string[]>('getrawmempool').sort()).toEqual([first, second, third].sort())
    expect(mine('getbalance')).toBe(0)
  })
})

test('of several blocks each comes off while those before it still stand: a chain that is in two of them comes back whole', () => {
  start({ policy: { maxDescendants: 3 } })
  // By send, which names no lock time: it is final in any block.
  const chained = () => mine<{ txid: string }>('send', { [own()]: 1.01 }).txid
  const first = [chained(), chained(), chained()]
  const { hash } = plan<{ hash: string }>('generateblock', away(), first)
  const second = [chained(), chained()]
  mineBlock()
  plan('invalidateblock', hash)
  expect(plan<string[]>('getrawmempool').sort()).toEqual([...first, ...second].sort())
})

test('more than a transaction may weigh is not paid out at once', () => {
  start()
  const amounts: Json = {}
  for (let i = 0; i < 700; i++) amounts[mine<string>('getnewaddress', '', 'legacy')] = 0.0001
  plan('sendmany', '', amounts)
  mineBlock()
  expect(rpcFailure(() => mine('sendall', [away()], null, null, 1))).toEqual([-4, 'Transaction too large.'])
})

test('change that costs more to spend than it is worth is left to the miner, by the rate of the operator', () => {
  const amount = (2 * SAT - 200 - 500) / SAT
  const outputs = () => {
    const raw = mine<{ hex: string }>(
      'fundrawtransaction',
      mine('createrawtransaction', [], { [away()]: amount }),
      {
        fee_rate: 1,
      },
    )
    return plan<{ vout: unknown[] }>('decoderawtransaction', raw.hex).vout
  }
  start()
  expect(outputs()).toHaveLength(1)
  start({ wallets: { discardSatPerVb: 0 } })
  expect(outputs()).toHaveLength(2)
})
