// Payments made by hand over RPC, what is told of them while they wait, and what the wallet counts, in coins and in seconds.

import { beforeAll, describe, expect, test } from 'vitest'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

const SPEC = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
const NOBODY = 'ab'.repeat(32)

interface Coin {
  readonly txid: string
  readonly vout: number
  readonly amount: number
}

let net: LedgerNetwork
let address: string

const rpc = <T>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T

const codeOf = (method: string, ...params: unknown[]) => rpcFailure(() => rpc(method, ...params))[0]

beforeAll(() => {
  net = createLedgerNetwork({ seed: 'payments', nodes: 2, chain: SPEC })
  net.advance(5_000)
  net.mine(0, 6)
  address = rpc('getnewaddress')
})

describe('a payment by hand', () => {
  const coin = () => rpc<Coin[]>('listunspent')[0] as Coin
  const inputs = () => [{ txid: coin().txid, vout: coin().vout }]

  test('is made of its inputs and of one output an address, signed, and sent', () => {
    const other = rpc<string>('getnewaddress')
    const raw = rpc<string>('createrawtransaction', inputs(), [{ [address]: 20 }, { [other]: '29.9999' }])
    expect(rpc('decoderawtransaction', raw)).toMatchObject({
      vin: inputs(),
      vout: [
        { value: 20, scriptPubKey: { address } },
        { value: 29.9999, scriptPubKey: { address: other } },
      ],
    })
    const { hex, complete } = rpc<{ hex: string; complete: boolean }>('signrawtransactionwithwallet', raw)
    expect(complete).toBe(true)
    const txid = rpc<string>('sendrawtransaction', hex)
    expect(rpc('getrawmempool')).toEqual([txid])
    expect(rpc('getmempoolentry', txid)).toMatchObject({
      time: Math.floor(net.clock.now() / 1000),
      fees: { base: 0.0001 },
    })
  })

  test('may name all its outputs in one object', () => {
    const both = rpc<string>('createrawtransaction', inputs(), { [address]: 1 })
    expect(both).toBe(rpc<string>('createrawtransaction', inputs(), [{ [address]: 1 }]))
  })

  test('of coins that are not there, or not all there, cannot be signed', () => {
    for (const some of [[], inputs()]) {
      const raw = rpc<string>(
        'createrawtransaction',
        [...some, { txid: NOBODY, vout: 1 }],
        [{ [address]: 1 }],
      )
      const signed = rpc<{ complete: boolean; hex: string; errors: unknown[] }>(
        'signrawtransactionwithwallet',
        raw,
      )
      expect(signed.complete).toBe(false)
      // What is ours is signed all the same, as Core does it.
      expect(rpc<{ txid: string }>('decoderawtransaction', signed.hex).txid).toBe(
        rpc<{ txid: string }>('decoderawtransaction', raw).txid,
      )
      expect(signed.hex === raw).toBe(some.length === 0)
      expect(signed.errors).toContainEqual({
        txid: NOBODY,
        vout: 1,
        witness: [],
        scriptSig: '',
        sequence: 0xfffffffd,
        error: 'Input not found or already spent',
      })
    }
  })

  test.each<[what: string, code: number, inputs: unknown, outputs: unknown]>([
    ['no address', -5, [], [{ nonsense: 1 }]],
    ['a negative output number', -8, [{ txid: NOBODY, vout: -1 }], []],
    ['a list for an output', -8, [], [[1]]],
    ['a word for an input', -3, ['x'], []],
    ['no id', -8, [{ txid: 'x', vout: 0 }], []],
  ])('of %s is refused', (_, code, inputs, outputs) => {
    expect(codeOf('createrawtransaction', inputs, outputs)).toBe(code)
  })
})

test('the metrics of the wallet are in coins, each kind by itself', () => {
  const readings = net.ledger(0).readMetrics()
  const coins = (kind: string) =>
    readings.find(({ name, labels }) => name.endsWith('wallet_balance_coins') && labels?.kind === kind)?.value
  const { mine } = rpc<{ mine: { trusted: number; immature: number; untrusted_pending: number } }>(
    'getbalances',
  )
  expect(coins('trusted')).toBeCloseTo(mine.trusted, 8)
  expect(coins('immature')).toBeCloseTo(mine.immature, 8)
  expect(coins('pending')).toBeCloseTo(mine.untrusted_pending, 8)
  expect(mine.immature).toBeGreaterThan(0)
})
