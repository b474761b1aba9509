// Options of calls that pay: who pays the fee, which coins, what becomes of the change, PSBTs instead of payments, and replacements.

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'
import { walletsOn } from '../support/wallet-network.ts'

type Json = Record<string, unknown>
let net: LedgerNetwork
let theirs: string
const { plan, mine, mineBlock } = walletsOn(() => net)

interface Sent {
  txid: string
  complete: boolean
  psbt?: string
  hex?: string
}
interface Output {
  value: number
  scriptPubKey: { address: string; type: string }
}
const outputsOf = (hex: string) => plan<{ vout: Output[]; vin: Json[] }>('decoderawtransaction', hex)

beforeAll(() => {
  net = createLedgerNetwork({ seed: 'options', nodes: 1 })
  plan('generatetoaddress', 12, plan('getnewaddress'))
  net.advance(15_000)
  plan('createwallet', 'mine')
  theirs = plan('getnewaddress')
})

beforeEach(() => {
  for (let i = 0; i < 3; i++) plan('sendtoaddress', mine('getnewaddress', 'in'), 1)
  mineBlock()
})

describe('send', () => {
  const send = (options: Json, outputs: unknown = [{ [theirs]: 0.4 }]) =>
    mine<Sent>('send', outputs, null, null, null, { add_to_wallet: false, ...options })

  test('makes a PSBT, a transaction in hex, or a payment', () => {
    const kept = send({})
    expect(kept).toMatchObject({ complete: true, psbt: expect.any(String), hex: expect.any(String) })
    expect(plan<Json[]>('testmempoolaccept', [kept.hex])).toMatchObject([{ allowed: true }])
    expect(send({ psbt: true, add_to_wallet: true })).toHaveProperty('psbt')
    const sent = mine<Sent>('send', { [theirs]: 0.4 })
    expect(sent).toEqual({ txid: sent.txid, complete: true })
    expect(mine('gettransaction', sent.txid)).toMatchObject({ amount: -0.4, 'bip125-replaceable': 'yes' })
  })

  test('has change where and of which type it is wished', () => {
    const change = mine<string>('getrawchangeaddress', 'legacy')
    const first = outputsOf(send({ change_address: change, change_position: 0 }).hex as string)
    expect(first.vout[0]?.scriptPubKey.address).toBe(change)
    const typed = outputsOf(send({ change_type: 'bech32m', change_position: 0 }).hex as string)
    expect(typed.vout[0]?.scriptPubKey.type).toBe('witness_v1_taproot')
    expect(rpcFailure(() => send({ change_type: 'bech64' }))).toEqual([-5, "Unknown change type 'bech64'"])
    expect(rpcFailure(() => send({ change_type: 'bech32', change_address: change }))?.[0]).toBe(-8)
    expect(rpcFailure(() => send({ change_position: 5 }))).toEqual([-8, 'changePosition out of bounds'])
    expect(rpcFailure(() => send({ change_address: 'x' }))).toEqual([
      -5,
      'Change address must be a valid bitcoin address',
    ])
  })

  test('spends chosen coins, and others only if they are allowed', () => {
    const [coin] = mine<{ txid: string; vout: number }[]>('listunspent', 1, 9_999_999, [], true, {
      minimumAmount: 0.9,
    })
    const inputs = [{ txid: coin?.txid, vout: coin?.vout }]
    expect(outputsOf(send({ inputs }).hex as string).vin).toMatchObject(inputs)
    expect(rpcFailure(() => send({ inputs }, [{ [theirs]: 1.5 }]))).toEqual([
      -4,
      'The preselected coins total amount does not cover the transaction target. Please allow other inputs to be automatically selected or include more coins manually',
    ])
    expect(outputsOf(send({ inputs, add_inputs: true }, [{ [theirs]: 1.5 }]).hex as string).vin).toHaveLength(
      2,
    )
    expect(rpcFailure(() => send({ minconf: 99 }))).toEqual([-4, 'Insufficient funds'])
    expect(rpcFailure(() => send({ minconf: 3, maxconf: 2 }))).toEqual([
      -8,
      "maxconf can't be lower than minconf: 2 < 3",
    ])
    send({ lock_unspents: true })
    expect(mine('listlockunspent')).toHaveLength(1)
    mine('lockunspent', true)
  })

  test('takes the fee from outputs, by place or by address', () => {
    const other = plan<string>('getnewaddress')
    const outputs = [{ [theirs]: 0.4 }, { [other]: 0.3 }]
    for (const who of [[1], [other]]) {
      const { vout } = outputsOf(
        send({ subtract_fee_from_outputs: who, fee_rate: 10 }, outputs).hex as string,
      )
      expect(vout[0]?.value).toBe(0.4)
      expect(vout[1]?.value).toBeLessThan(0.3)
    }
    const cases: [unknown[], string][] = [
      [[0, 0], 'Invalid parameter, duplicated position: 0'],
      [[-1], 'Invalid parameter, negative position: -1'],
      [[9], 'Invalid parameter, position too large: 9'],
    ]
    for (const [places, words] of cases)
      expect(rpcFailure(() => send({ subtract_fee_from_outputs: places }, outputs))).toEqual([-8, words])
  })

  test('refuses what it does not know, and what excludes one another', () => {
    expect(rpcFailure(() => send({ nonsense: 1 }))).toEqual([-3, 'Unexpected key nonsense'])
    expect(rpcFailure(() => send({ psbt: 'yes' }))).toEqual([
      -3,
      'JSON value of type string for field psbt is not of expected type bool',
    ])
    expect(rpcFailure(() => send({ changeAddress: theirs }))).toEqual([
      -8,
      'Use change_address instead of changeAddress',
    ])
    expect(rpcFailure(() => send({ fee_rate: 2, conf_target: 3, estimate_mode: 'economical' }))?.[0]).toBe(-8)
    expect(rpcFailure(() => send({ conf_target: 3 }))).toEqual([-8, 'Specify estimate_mode'])
    expect(rpcFailure(() => send({ fee_rate: 0.1 }))).toEqual([
      -4,
      'Fee rate (0.100 sat/vB) is lower than the minimum fee rate setting (1.000 sat/vB)',
    ])
  })
})

test('fundrawtransaction takes coins of others, where what solves them is told', () => {
  const at = plan<string>('getnewaddress')
  const txid = plan<string>('sendtoaddress', at, 2)
  mineBlock()
  const [coin] = plan<{ txid: string; vout: number; desc: string }[]>('listunspent', 1, 99, [at])
  const raw = plan<string>('createrawtransaction', [{ txid, vout: coin?.vout }], [{ [theirs]: 2.5 }])
  expect(rpcFailure(() => mine('fundrawtransaction', raw))).toEqual([
    -4,
    `Not solvable pre-selected input COutPoint(${txid.slice(0, 10)}, ${coin?.vout})`,
  ])
  const failure = (options: Json) => rpcFailure(() => mine('fundrawtransaction', raw, options))
  expect(failure({ solving_data: { scripts: ['not a script'] } })).toEqual([-5, "'not a script' is not hex"])
  const [code, words] = failure({ solving_data: { descriptors: ['no descriptor'] } })
  expect(code).toBe(-8)
  expect(words).toMatch(/^Unable to parse descriptor 'no descriptor': ./)
  expect(failure({ input_weights: [{ txid }] })).toEqual([-8, 'Invalid parameter, missing vout key'])
  expect(failure({ input_weights: [{ txid, vout: -1 }] })).toEqual([
    -8,
    'Invalid parameter, vout cannot be negative',
  ])
  const solving = { solving_data: { descriptors: [coin?.desc] } }
  const { hex, fee } = mine<{ hex: string; fee: number }>('fundrawtransaction', raw, solving)
  const weighed = { input_weights: [{ txid, vout: coin?.vout, weight: 1_000 }] }
  expect(mine<{ fee: number }>('fundrawtransaction', raw, weighed).fee).toBeGreaterThan(fee)
  const half = mine<{ hex: string; complete: boolean }>('signrawtransactionwithwallet', hex)
  expect(half.complete).toBe(false)
  const done = plan<{ hex: string; complete: boolean }>('signrawtransactionwithwallet', half.hex)
  expect(done.complete).toBe(true)
  expect(plan<Json[]>('testmempoolaccept', [done.hex])).toMatchObject([{ allowed: true }])
})

test('sendall leaves nothing behind, or just what is dear', () => {
  const all = mine<Sent>('sendall', [{ [theirs]: 0.5 }, plan('getnewaddress')], null, null, 10, {
    add_to_wallet: false,
  })
  const { vout } = outputsOf(all.hex as string)
  expect(vout[0]?.value).toBe(0.5)
  expect(vout).toHaveLength(2)
  const refuse = (options: Json, recipients: unknown[] = [theirs]) =>
    rpcFailure(() => mine('sendall', recipients, null, null, null, options))
  expect(refuse({}, [{ [theirs]: 1 }])).toEqual([
    -8,
    'Must provide at least one address without a specified amount',
  ])
  expect(refuse({}, [{ [plan<string>('getnewaddress')]: 9_999 }, theirs])).toEqual([
    -6,
    'Assigned more value to outputs than available funds.',
  ])
  expect(refuse({ inputs: [], send_max: true })).toEqual([
    -8,
    'Cannot combine send_max with specific inputs.',
  ])
  expect(refuse({ inputs: [{ txid: '00'.repeat(32), vout: 0 }] })?.[0]).toBe(-8)
})

test('psbtbumpfee makes a dearer payment of the same coins', () => {
  const sent = mine<string>('sendtoaddress', theirs, 0.7, '', '', false, true, null, 'unset', null, 2)
  const before = mine<{ fee: number }>('gettransaction', sent)
  const made = mine<{ psbt: string; origfee: number; fee: number }>('psbtbumpfee', sent, { fee_rate: 20 })
  expect(made.origfee).toBeCloseTo(-before.fee, 8)
  expect(made.fee).toBeGreaterThan(5 * made.origfee)
  const done = mine<{ complete: boolean; hex: string }>('walletprocesspsbt', made.psbt)
  expect(done.complete).toBe(true)
  const [old, bumped] = [plan<string>('getrawtransaction', sent), done.hex].map(outputsOf)
  expect(bumped?.vin.map(({ txid, vout }) => [txid, vout])).toEqual(
    old?.vin.map(({ txid, vout }) => [txid, vout]),
  )
  const addresses = (tx: typeof old) => tx?.vout.map(({ scriptPubKey }) => scriptPubKey.address).sort()
  expect(addresses(bumped)).toEqual(addresses(old))
  expect(rpcFailure(() => mine('psbtbumpfee', sent, { fee_rate: 2 }))?.[1]).toMatch(/^Insufficient total fee/)
  expect(rpcFailure(() => mine('psbtbumpfee', '00'.repeat(32)))).toEqual([
    -5,
    'Invalid or non-wallet transaction id',
  ])
  expect(rpcFailure(() => mine('bumpfee', sent, { nonsense: 1 }))).toEqual([-3, 'Unexpected key nonsense'])
  expect(rpcFailure(() => mine('abandontransaction', sent))).toEqual([
    -5,
    'Transaction not eligible for abandonment',
  ])
  const final = plan<string>('sendtoaddress', theirs, 0.1)
  expect(rpcFailure(() => plan('bumpfee', final))).toEqual([-4, 'Transaction is not BIP 125 replaceable'])
  mineBlock()
  expect(rpcFailure(() => mine('bumpfee', sent))).toEqual([
    -1,
    expect.stringMatching(/^[0-9a-f]{64}:\d+ is already spent$/),
  ])
})

test('bumpfee replaces a payment that waits, and its change pays for it', () => {
  const sent = mine<string>('sendtoaddress', theirs, 0.6, 'rent')
  const made = mine<{ txid: string; origfee: number; fee: number; errors: string[] }>('bumpfee', sent)
  expect(made.errors).toEqual([])
  expect(made.fee).toBeGreaterThan(made.origfee)
  const waiting = plan<string[]>('getrawmempool')
  expect(waiting).toContain(made.txid)
  expect(waiting).not.toContain(sent)
  expect(mine('gettransaction', made.txid)).toMatchObject({
    amount: -0.6,
    fee: -made.fee,
    comment: 'rent',
    walletconflicts: [sent],
  })
  // The one that it replaced is not forgotten.
  expect(mine('gettransaction', sent)).toMatchObject({
    confirmations: 0,
    walletconflicts: [made.txid],
    mempoolconflicts: [made.txid],
  })
  const dearer = mine<{ txid: string; fee: number }>('bumpfee', made.txid, { fee_rate: 60 })
  expect(dearer.fee).toBeGreaterThan(made.fee)
  mineBlock()
  expect(mine('gettransaction', sent)).toMatchObject({ confirmations: -1 })
  expect(mine('gettransaction', dearer.txid)).toMatchObject({ confirmations: 1, amount: -0.6 })
})

test('what a reorganisation took out of the chain stays known, with what rules it out', () => {
  const [coin] = mine<{ txid: string; vout: number; amount: number }[]>('listunspent', 1, 99, [], true, {
    minimumAmount: 0.5,
  })
  const raw = (to: string) =>
    mine<{ hex: string }>(
      'signrawtransactionwithwallet',
      plan('createrawtransaction', [{ txid: coin?.txid, vout: coin?.vout }], [{ [to]: 0.3 }]),
    ).hex
  const [one, two] = [raw(theirs), raw(plan('getnewaddress'))]
  const first = plan<string>('sendrawtransaction', one, 0)
  expect(mine('gettransaction', first)).toMatchObject({ walletconflicts: [], mempoolconflicts: [] })
  const hash = mineBlock()
  plan('invalidateblock', hash)
  // The other one goes into the chain past the mempool, which keeps what came first.
  plan('generateblock', plan('getnewaddress'), [two])
  net.advance(2_000)
  const second = plan<{ txid: string }>('decoderawtransaction', two).txid
  expect(mine('gettransaction', first)).toMatchObject({
    confirmations: -1,
    walletconflicts: [second],
    trusted: false,
    details: [{ category: 'send', abandoned: false }],
  })
  expect(rpcFailure(() => mine('abandontransaction', first))?.[0]).toBe(-5)
  expect(mine<Json[]>('listtransactions', '*', 100).filter(({ txid }) => txid === first)).toHaveLength(1)
})

test('listaddressgroupings shows which addresses a payment has linked', () => {
  const addresses = (groups: unknown[][]) => groups.map(group => group.map(each => (each as string[])[0]))
  const [a = '', b = ''] = [mine<string>('getnewaddress', 'a'), mine<string>('getnewaddress', 'b')]
  for (const address of [a, b]) plan('sendtoaddress', address, 2)
  mineBlock()
  const groupOf = (address: string) =>
    addresses(mine('listaddressgroupings')).find(group => group.includes(address)) ?? []
  expect(groupOf(a)).toEqual([a])
  const coins = mine<{ txid: string; vout: number; address: string }[]>('listunspent', 1, 99, [a, b])
  mine('send', [{ [theirs]: 3.5 }], null, null, null, {
    inputs: coins.map(({ txid, vout }) => ({ txid, vout })),
  })
  mineBlock()
  expect(groupOf(a)).toContain(b)
  expect(groupOf(a)).toHaveLength(3)
})
