// Amounts in what a method answers, in the text that goes over HTTP: eight decimals, in exactly the fields that are amounts.

import { beforeEach, expect, test } from 'vitest'
import { Amount, withNumbers } from '../../node/core/amount.ts'
import type { RpcTable } from '../../node/core/service.ts'
import { RpcServer } from '../../node/host/rpc.ts'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'

let net: LedgerNetwork
let server: RpcServer

beforeEach(() => {
  const chain = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
  net = createLedgerNetwork({ seed: 'amounts', nodes: 2, chain })
  server = new RpcServer({ methods: net.node(0).core.rpc, observe() {}, onBug() {} })
  net.advance(5_000)
  net.mine(0, 4)
})

/** What stands in the text between `"result":` and `,"error"`. */
async function text(method: string, ...params: unknown[]): Promise<string> {
  const { body = '' } = await server.answer(JSON.stringify({ id: 1, method, params }))
  return /^\{"result":(.*),"error":null,"id":1\}\n$/s.exec(body)?.[1] ?? body
}

/** The fields of this name in a text, as they are written. */
const written = (json: string, field: string) =>
  [...json.matchAll(new RegExp(`"${field}":([^,}\\]]+)`, 'g'))].map(found => found[1])

test('an answer that is an amount, and fields that are, have eight decimals', async () => {
  expect(await text('getbalance')).toBe('100.00000000')
  expect(written(await text('getbalances'), 'trusted')).toEqual(['100.00000000'])
  expect(written(await text('listunspent'), 'amount')).toEqual(['50.00000000', '50.00000000'])
  const tip = await text('getbestblockhash')
  expect(written(await text('getblock', JSON.parse(tip), 2), 'value')).toContain('50.00000000')
  const mempool = await text('getmempoolinfo')
  expect(written(mempool, 'total_fee')).toEqual(['0.00000000'])
  expect(written(mempool, 'minrelaytxfee')).toEqual(['0.00001000'])
  expect(written(await text('getnetworkinfo'), 'relayfee')).toEqual(['0.00001000'])
  expect(written(await text('getpeerinfo'), 'minfeefilter')[0]).toMatch(/^0\.\d{8}$/)
})

test('so have what is paid out, small and negative ones, and amounts in lists', async () => {
  const address = net.rpc(0, 'getnewaddress') as string
  const txid = net.rpc(0, 'sendtoaddress', address, 0.1) as string
  const past = await text('gettransaction', txid)
  for (const amount of [...written(past, 'amount'), ...written(past, 'fee')])
    expect(amount).toMatch(/^-?\d+\.\d{8}$/)
  expect(written(past, 'amount')).toContain('-0.10000000')
  expect(written(await text('getmempoolentry', txid), 'base')[0]).toMatch(/^0\.0000\d{4}$/)
  expect(await text('listaddressgroupings')).toMatch(/\["[a-z0-9]+",\d+\.\d{8}(,"[^"]*")?\]/)
})

test('what is counted in satoshi, in coins of nobody or in hashes stays as it was', async () => {
  const template = await text('getblocktemplate', { rules: ['segwit'] })
  expect(written(template, 'coinbasevalue')).toEqual(['5000000000'])
  expect(written(await text('getblockstats', 2), 'subsidy')).toEqual(['5000000000'])
  expect(written(await text('getmempoolinfo'), 'maxmempool')[0]).toMatch(/^\d+$/)
  expect(written(await text('getblockchaininfo'), 'verificationprogress')[0]).toBe('1')
})

test('an amount says its number, with a sign, however large or small', () => {
  expect(String(new Amount(0))).toBe('0.00000000')
  expect(String(new Amount(-1))).toBe('-0.00000001')
  expect(String(new Amount(2_099_999_997_690_000))).toBe('20999999.97690000')
  expect(withNumbers({ a: [new Amount(150_000_000)], b: { c: new Amount(-1) }, d: 'x' })).toEqual({
    a: [1.5],
    b: { c: -1e-8 },
    d: 'x',
  })
  const none = { a: [1], b: null }
  expect(withNumbers(none)).toBe(none)
})

test('a text that only looks like an amount stays a text', async () => {
  const methods: RpcTable = { echo: { params: ['what'], summary: '', handle: ([what]) => what } }
  const echo = new RpcServer({ methods, observe() {}, onBug() {} })
  for (const what of ['1.00000000', '"\\u00011.00000000"', '\\u00011.00000000'])
    expect(
      JSON.parse((await echo.answer(JSON.stringify({ id: 1, method: 'echo', params: [what] }))).body ?? ''),
    ).toEqual({
      result: what,
      error: null,
      id: 1,
    })
})
