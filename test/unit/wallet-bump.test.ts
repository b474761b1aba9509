// Replacements of payments of a wallet made by hand: which rates, options and payments bumpfee takes, and who replaced whom.

import { beforeEach, expect, test } from 'vitest'
import type { LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'
import { type Unspent, walletNetwork, walletsOn } from '../support/wallet-network.ts'

type Json = Record<string, unknown>

let net: LedgerNetwork
const { call, plan, mine, mineBlock, fund, coinsOf } = walletsOn(() => net)

beforeEach(() => {
  net = walletNetwork('pending')
  plan('createwallet', 'mine')
})

test('a rate that is too low to replace, or to pay at all, is refused for what it lacks', () => {
  net = walletNetwork('low', { wallets: { leastSatPerVb: 4 } })
  plan('createwallet', 'mine')
  fund(1)
  const away = plan<string>('getnewaddress')
  const waits = mine<string>('sendtoaddress', away, 0.5)
  for (const rate of [0, '0', '0.000', 1])
    for (const method of ['bumpfee', 'psbtbumpfee']) {
      const [code, words] = rpcFailure(() => mine(method, waits, { fee_rate: rate }))
      expect(code).toBe(-8)
      expect(words).toMatch(
        /^Insufficient total fee 0\.0{4,}\d*, must be at least 0\.\d{8} \(oldFee 0\.\d{8} \+ incrementalFee 0\.\d{8}\)$/,
      )
    }
  mineBlock()
  expect(rpcFailure(() => mine('bumpfee', waits))).toEqual([
    -1,
    expect.stringMatching(/^[0-9a-f]{64}:\d+ is already spent$/),
  ])
  const words = 'Fee rate (2.000 sat/vB) is lower than the minimum fee rate setting (4.000 sat/vB)'
  const positions = Array(6).fill(null)
  expect(rpcFailure(() => mine('sendtoaddress', away, 0.1, '', '', ...positions.slice(0, 5), 2))).toEqual([
    -6,
    words,
  ])
  expect(rpcFailure(() => mine('sendmany', '', { [away]: 0.1 }, ...positions, 2))).toEqual([-6, words])
  expect(rpcFailure(() => mine('send', { [away]: 0.1 }, null, null, 2))).toEqual([-4, words])
  expect(rpcFailure(() => mine('sendall', [away], null, null, 2))).toEqual([-8, words])
})

test('options of a replacement are of their types, and of two that exclude each other one is named', () => {
  fund(1)
  const waits = mine<string>('sendtoaddress', plan('getnewaddress'), 0.5)
  const failure = (options: Json) => rpcFailure(() => mine('bumpfee', waits, options))
  expect(failure({ estimate_mode: 42 })).toEqual([
    -3,
    'JSON value of type number for field estimate_mode is not of expected type string',
  ])
  expect(failure({ replaceable: 'yes' })[0]).toBe(-3)
  expect(failure({ feeRate: 1 })).toEqual([-3, 'Unexpected key feeRate'])
  expect(failure({ original_change_index: -1 })).toEqual([-1, 'JSON integer out of range'])
  const [code, words] = failure({
    original_change_index: 2,
    outputs: [{ [plan<string>('getnewaddress')]: 0.1 }],
  })
  expect(code).toBe(-8)
  expect(words).toMatch(/^The options 'outputs' and 'original_change_index' are incompatible\./)
})

test('what another of the wallet spends from is not replaced, until that is given up; with coins of others it is, as a PSBT', () => {
  fund(1)
  const parent = mine<string>('sendtoaddress', mine('getnewaddress'), 0.5)
  const [coin] = coinsOf() as [Unspent]
  const child = mine<{ txid: string }>('send', { [plan<string>('getnewaddress')]: 0.1 }, null, null, 10, {
    inputs: [{ txid: coin.txid, vout: coin.vout }],
    locktime: 1_000,
  })
  expect(plan('getrawmempool')).toEqual([parent])
  expect(rpcFailure(() => mine('bumpfee', parent))).toEqual([-8, 'Transaction has descendants in the wallet'])
  mine('abandontransaction', child.txid)
  expect(mine('bumpfee', parent)).toMatchObject({ errors: [] })
  mineBlock()
  plan('createwallet', 'other')
  const other = call('other')
  fund(1, other<string>('getnewaddress'))
  const points = [...coinsOf().slice(0, 1), ...other<Unspent[]>('listunspent')]
  const raw = mine<string>(
    'createrawtransaction',
    points.map(({ txid, vout }) => ({ txid, vout, sequence: 0xfffffffd })),
    [
      { [plan<string>('getnewaddress')]: points.reduce((sum, { amount }) => sum + amount, -0.101) },
      { [mine<string>('getrawchangeaddress')]: 0.1 },
    ],
  )
  const { hex } = mine<{ hex: string }>('signrawtransactionwithwallet', raw)
  const both = mine<string>(
    'sendrawtransaction',
    other<{ hex: string }>('signrawtransactionwithwallet', hex).hex,
  )
  expect(rpcFailure(() => mine('bumpfee', both))).toEqual([
    -4,
    "Transaction contains inputs that don't belong to this wallet",
  ])
  expect(mine<{ fee: number }>('psbtbumpfee', both).fee).toBeGreaterThan(0.001)
})

test('who replaced whom is told', () => {
  fund(1)
  const before = mine<string>('sendtoaddress', plan('getnewaddress'), 0.5)
  const [code, words] = rpcFailure(() => mine('bumpfee', before, { fee_rate: 100_000 }))
  expect(code).toBe(-4)
  expect(words).toMatch(
    /^Specified or calculated fee 0\.14\d* is too high \(cannot be higher than -maxtxfee 0\.10\)$/,
  )
  const { txid: after } = mine<{ txid: string }>('bumpfee', before)
  expect(mine('gettransaction', before)).toMatchObject({ replaced_by_txid: after })
  expect(rpcFailure(() => mine('bumpfee', before))).toEqual([
    -4,
    `Cannot bump transaction ${before} which was already bumped by transaction ${after}`,
  ])
  expect(mine('gettransaction', after)).toMatchObject({ replaces_txid: before })
})

test('change of a replacement is not safe to build on until it is in a block', () => {
  fund(1)
  const before = mine<string>('sendtoaddress', plan('getnewaddress'), 0.5)
  const safeOf = (include: boolean) =>
    mine<(Unspent & { safe: boolean })[]>('listunspent', 0, 9_999_999, [], include).map(({ txid, safe }) => [
      txid,
      safe,
    ])
  expect(safeOf(false)).toEqual([[before, true]])
  const { txid: after } = mine<{ txid: string }>('bumpfee', before)
  expect(safeOf(true)).toEqual([[after, false]])
  expect(safeOf(false)).toEqual([])
  const pay = () => mine<string>('sendtoaddress', plan('getnewaddress'), 0.1)
  expect(rpcFailure(pay)).toEqual([-6, 'Insufficient funds'])
  mineBlock()
  expect(safeOf(false)).toEqual([[after, true]])
  expect(pay()).toHaveLength(64)
})

test('what a replacement must pay is measured by its own outputs, where they are others', () => {
  fund(5)
  const many = Array.from({ length: 30 }, () => ({ [plan<string>('getnewaddress')]: 0.1 }))
  const { txid } = mine<{ txid: string }>('send', many, null, 'unset', 5)
  const { fee, decoded } = mine<{ fee: number; decoded: { vsize: number } }>(
    'gettransaction',
    txid,
    true,
    true,
  )
  const vsize = decoded.vsize - 30 * 31
  const leastRate = (-fee * 1e8 + vsize) / vsize
  const one = [{ [plan<string>('getnewaddress')]: 2.9 }]
  const bump = (rate: number) => mine('bumpfee', txid, { fee_rate: rate.toFixed(3), outputs: one })
  expect(rpcFailure(() => bump(leastRate - 2))[1]).toMatch(/^Insufficient total fee/)
  expect(bump(leastRate + 2)).toMatchObject({ origfee: -fee })
})
