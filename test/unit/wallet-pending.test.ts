// A wallet made by hand and what is in no block: coins of a payment that left the mempool stay spent until it is given up or ruled
// out, addresses that were spent from are left alone where that is wished, and payments that the mempool refuses are not lost.

import { beforeEach, describe, expect, test } from 'vitest'
import { TPRV } from '../support/extended-keys.ts'
import type { LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'
import { type Unspent, walletNetwork, walletsOn } from '../support/wallet-network.ts'

type Json = Record<string, unknown>

let net: LedgerNetwork
const { call, plan, mine, mineBlock, fund, coinsOf } = walletsOn(() => net)
const balance = () => mine<number>('getbalance')

beforeEach(() => {
  net = walletNetwork('pending')
  plan('createwallet', 'mine')
})

/** A payment of all of some coins to somebody else, or to an own address; not sent. */
function spend(inputs: readonly Unspent[], amount: number, to = plan<string>('getnewaddress')): string {
  const raw = mine<string>(
    'createrawtransaction',
    inputs.map(({ txid, vout }) => ({ txid, vout })),
    { [to]: amount },
  )
  return mine<{ hex: string }>('signrawtransactionwithwallet', raw).hex
}

describe('a payment that the mempool does not take', () => {
  test('is kept, spends its coins, and frees them when it is given up', () => {
    fund(1)
    fund(1)
    // Not final until much later.
    const sent = mine<{ txid: string }>('send', { [plan<string>('getnewaddress')]: 0.5 }, null, null, 10, {
      locktime: 1_000,
    })
    expect(plan('getrawmempool')).toEqual([])
    expect(mine('gettransaction', sent.txid)).toMatchObject({ confirmations: 0, trusted: false })
    expect(balance()).toBe(1)
    expect(coinsOf()).toHaveLength(1)
    mine('abandontransaction', sent.txid)
    expect(balance()).toBe(2)
    expect(mine<Json[]>('listtransactions').filter(({ abandoned }) => abandoned)).toHaveLength(1)
    expect(rpcFailure(() => mine('abandontransaction', sent.txid))[0]).toBe(-5)
  })

  test('is remembered when the wallet is loaded again, and so is that it was given up', () => {
    fund(1)
    const sent = mine<{ txid: string }>('send', { [plan<string>('getnewaddress')]: 0.5 }, null, null, 10, {
      locktime: 1_000,
    })
    const again = () => {
      plan('unloadwallet', 'mine')
      plan('loadwallet', 'mine')
    }
    again()
    expect(balance()).toBe(0)
    const entry = mine<Json>('gettransaction', sent.txid)
    expect(entry).toMatchObject({ amount: -0.5, confirmations: 0, 'bip125-replaceable': 'yes' })
    mine('abandontransaction', sent.txid)
    again()
    expect(balance()).toBe(1)
    expect(mine<{ details: Json[] }>('gettransaction', sent.txid).details[0]).toMatchObject({
      abandoned: true,
    })
  })

  test('of the wallet of the plan it leaves no trace', () => {
    const before = plan('getbalance')
    const options = { locktime: 1_000 }
    const to = { [mine<string>('getnewaddress')]: 0.5 }
    expect(() => plan('send', to, null, null, 10, options)).toThrow('non-final')
    expect(plan('getbalance')).toBe(before)
  })
})

describe('a payment that another rules out', () => {
  test('in the mempool frees its other coins; when that goes they are spent again', () => {
    fund(1)
    fund(2)
    const [one, two] = coinsOf() as [Unspent, Unspent]
    const first = mine<string>('sendrawtransaction', spend([one, two], 2.999))
    const second = mine<string>('sendrawtransaction', spend([one], one.amount - 0.01))
    expect(mine('gettransaction', first)).toMatchObject({ confirmations: 0, mempoolconflicts: [second] })
    expect(balance()).toBe(two.amount)
    expect(coinsOf()).toMatchObject([{ txid: two.txid }])
  })

  test('in a block has negative confirmations with all that hangs on it, and brings nothing', () => {
    fund(1)
    fund(2)
    const [one, two] = coinsOf() as [Unspent, Unspent]
    const home = mine<string>('getnewaddress')
    const first = mine<string>('sendrawtransaction', spend([one, two], 2.999, home))
    const child = mine<string>(
      'sendrawtransaction',
      spend([{ txid: first, vout: 0, amount: 2.999 }], 2.99, home),
    )
    const rival = spend([one], one.amount - 0.01)
    const { hash } = plan<{ hash: string }>('generateblock', plan('getnewaddress'), [rival])
    mineBlock()
    for (const txid of [first, child])
      expect(mine('gettransaction', txid)).toMatchObject({ confirmations: -2 })
    expect(mine<{ details: Json[] }>('gettransaction', first).details).toMatchObject([{ category: 'send' }])
    expect(balance()).toBe(two.amount)
    expect(rpcFailure(() => mine('abandontransaction', first))[0]).toBe(-5)
    plan('invalidateblock', hash)
    expect(mine('gettransaction', first)).toMatchObject({ confirmations: 0 })
  })
})

test('of two that pay us from one coin the one in a block is told as any other, and rules the other out', () => {
  plan('createwallet', 'other')
  const other = call('other')
  fund(1, other('getnewaddress'))
  const [coin] = other<Unspent[]>('listunspent', 0)
  const pays = (amount: number) => {
    const raw = other('createrawtransaction', [{ txid: coin?.txid, vout: coin?.vout }], {
      [mine<string>('getnewaddress')]: amount,
    })
    return other<{ hex: string }>('signrawtransactionwithwallet', raw).hex
  }
  const first = mine<string>('sendrawtransaction', pays(0.99))
  expect(mine<Json[]>('listtransactions')).toMatchObject([{ txid: first, category: 'receive' }])
  plan('generateblock', plan('getnewaddress'), [pays(0.98)])
  expect(mine<Json[]>('listtransactions')).toMatchObject([
    { amount: 0.98, category: 'receive', confirmations: 1, walletconflicts: [first] },
  ])
  expect(mine('gettransaction', first)).toMatchObject({ confirmations: -1, details: [] })
})

test('of what nobody has nobody knows whether it can be replaced', () => {
  fund(1)
  const [coin] = coinsOf() as [Unspent]
  const raw = mine<string>(
    'createrawtransaction',
    [{ txid: coin.txid, vout: coin.vout, sequence: 0xfffffffe }],
    {
      [plan<string>('getnewaddress')]: 0.999,
    },
  )
  const first = mine<string>(
    'sendrawtransaction',
    mine<{ hex: string }>('signrawtransactionwithwallet', raw).hex,
  )
  expect(mine('gettransaction', first)).toMatchObject({ 'bip125-replaceable': 'no' })
  mine('sendrawtransaction', spend([coin], 0.99))
  expect(mine('gettransaction', first)).toMatchObject({ 'bip125-replaceable': 'unknown' })
})

test('a payment of a wallet made by hand fits into the next block and no earlier one', () => {
  fund(1)
  const txid = mine<string>('sendtoaddress', plan('getnewaddress'), 0.5)
  const { locktime } = plan<{ locktime: number }>('decoderawtransaction', plan('getrawtransaction', txid))
  const height = plan<number>('getblockcount')
  expect(locktime).toBeGreaterThan(0)
  expect(locktime).toBeLessThanOrEqual(height)
})

describe('a wallet that avoids reuse', () => {
  beforeEach(() => mine('setwalletflag', 'avoid_reuse'))

  test('leaves coins alone that come to where it spent from', () => {
    const address = mine<string>('getnewaddress')
    fund(1, address)
    mine('sendtoaddress', plan('getnewaddress'), 0.9)
    mineBlock()
    fund(5, address)
    expect(mine('getbalances')).toMatchObject({ mine: { used: 5 } })
    expect(mine<number>('getbalance')).toBeLessThan(0.1)
    expect(mine('getbalance', '*', 0, false, false)).toBeGreaterThan(5)
    expect(
      coinsOf()
        .map(({ reused }) => reused)
        .sort(),
    ).toEqual([false, true])
    expect(rpcFailure(() => mine('sendtoaddress', plan('getnewaddress'), 1))[0]).toBe(-6)
    expect(
      mine('sendtoaddress', plan('getnewaddress'), 1, '', '', false, true, null, 'unset', false),
    ).toBeDefined()
  })

  test('remembers where it spent from', () => {
    const address = mine<string>('getnewaddress')
    fund(1, address)
    mine('sendtoaddress', plan('getnewaddress'), 0.9)
    mineBlock()
    plan('unloadwallet', 'mine')
    plan('loadwallet', 'mine')
    fund(5, address)
    expect(mine('getbalances')).toMatchObject({ mine: { used: 5 } })
  })

  test('spends all coins of an address together', () => {
    const address = mine<string>('getnewaddress')
    for (let i = 0; i < 3; i++) plan('sendtoaddress', address, 1)
    mineBlock()
    const txid = mine<string>('sendtoaddress', plan('getnewaddress'), 0.5)
    expect(plan<{ vin: Json[] }>('decoderawtransaction', plan('getrawtransaction', txid)).vin).toHaveLength(3)
  })

  test('is no other wallet', () => {
    mine('setwalletflag', 'avoid_reuse', false)
    expect(rpcFailure(() => mine('getbalance', '*', 0, false, true))).toEqual([
      -4,
      'wallet does not have the "avoid reuse" feature enabled',
    ])
    expect(mine<{ mine: Json }>('getbalances').mine).not.toHaveProperty('used')
  })
})

test('the past of many payments costs as much a payment as that of few', () => {
  const { mempool } = net.ledger(0)
  const get = mempool.get.bind(mempool)
  let looks = 0
  mempool.get = txid => {
    looks++
    return get(txid)
  }
  const looksAmong = (count: number) => {
    for (let i = 0; i < count; i++) plan('sendtoaddress', mine('getnewaddress'), 0.1)
    mine('listtransactions')
    looks = 0
    const entries = mine<Json[]>('listtransactions', '*', 1_000)
    return looks / entries.length
  }
  const few = looksAmong(2)
  expect(looksAmong(10)).toBeLessThan(2 * few)
})

test('change is known for the wallet’s own, however few keys it watches ahead', () => {
  net = walletNetwork('pool', { wallets: { keyPool: 1 } })
  plan('createwallet', 'mine')
  fund(3)
  mine('getrawchangeaddress')
  mine('sendtoaddress', plan('getnewaddress'), 1)
  mineBlock()
  expect(balance()).toBeGreaterThan(1.99)
})

test('under lock, a wallet that has no key ahead for change says so', () => {
  net = walletNetwork('lock', { wallets: { keyPool: 1 } })
  plan('createwallet', 'mine', false, true)
  const requests = [false, true].map(internal => {
    const text = `wpkh(${TPRV}/${Number(internal)}'/*')`
    const { checksum } = plan<{ checksum: string }>('getdescriptorinfo', text)
    return { desc: `${text}#${checksum}`, active: true, internal, timestamp: 'now' }
  })
  expect(mine('importdescriptors', requests)).toMatchObject([{ success: true }, { success: true }])
  fund(3)
  mine('getrawchangeaddress')
  const raw = mine('createrawtransaction', [], { [plan<string>('getnewaddress')]: 1 })
  mine('encryptwallet', 'word')
  const drawAll = () => {
    for (let i = 0; i < 10; i++) mine('getrawchangeaddress')
  }
  expect(rpcFailure(drawAll)[0]).toBe(-12)
  expect(rpcFailure(() => mine('fundrawtransaction', raw))).toEqual([
    -4,
    "Transaction needs a change address, but we can't generate it.",
  ])
})

test('signatures are as short as they were weighed: many inputs pay the lowest rate, too', () => {
  net = walletNetwork('short', { wallets: { fallbackSatPerVb: 1 } })
  plan('createwallet', 'mine')
  for (let i = 0; i < 20; i++) plan('sendtoaddress', mine('getnewaddress'), 0.01)
  mineBlock()
  const txid = mine<string>('sendtoaddress', plan('getnewaddress'), 0.195)
  expect(plan('getrawmempool')).toEqual([txid])
})
