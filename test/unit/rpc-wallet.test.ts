// The wallet's RPC as Core's callers use it: labels, the past, payments in all forms, keys, scripts and signed messages.

import { beforeEach, describe, expect, test } from 'vitest'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

const SPEC = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
const NOBODY = 'ab'.repeat(32)

type Json = Record<string, unknown>

let net: LedgerNetwork
let theirs: string

const rpc = <T = Json>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T

const failure = (method: string, ...params: unknown[]) => rpcFailure(() => rpc(method, ...params))

beforeEach(() => {
  net = createLedgerNetwork({ seed: 'rpc-wallet', nodes: 2, chain: SPEC })
  net.advance(5_000)
  net.mine(0, 6)
  net.advance(5_000)
  theirs = net.rpc(1, 'getnewaddress') as string
})

describe('addresses', () => {
  test('have the type and the label that they were asked for', () => {
    const legacy = rpc<string>('getnewaddress', 'old', 'legacy')
    const segwit = rpc<string>('getnewaddress', 'new', 'bech32')
    expect(rpc('getaddressinfo', legacy)).toMatchObject({
      address: legacy,
      ismine: true,
      solvable: true,
      iswatchonly: false,
      isscript: false,
      iswitness: false,
      iscompressed: true,
      ischange: false,
      labels: ['old'],
      desc: expect.stringMatching(/^pkh\(\[[0-9a-f]{8}\]0[23][0-9a-f]{64}\)#[a-z0-9]{8}$/),
    })
    expect(rpc('getaddressinfo', segwit)).toMatchObject({
      iswitness: true,
      witness_version: 0,
      labels: ['new'],
    })
    expect(rpc('getaddressinfo', theirs)).toMatchObject({ ismine: false, solvable: false, labels: [] })
    expect(rpc('listlabels')).toEqual(['', 'new', 'old']) // mined blocks went to an address without one
    rpc('setlabel', theirs, 'them')
    expect(rpc('getaddressesbylabel', 'them')).toEqual({ [theirs]: { purpose: 'send' } })
    expect(rpc('listlabels', 'send')).toEqual(['them'])
    for (const [type, desc] of [
      ['p2sh-segwit', /^sh\(wpkh\(\[[0-9a-f]{8}\]0[23][0-9a-f]{64}\)\)#/],
      ['bech32m', /^tr\(\[[0-9a-f]{8}\][0-9a-f]{64}\)#/],
    ] as const) {
      const address = rpc<string>('getnewaddress', type, type)
      expect(rpc('getaddressinfo', address)).toMatchObject({
        ismine: true,
        solvable: true,
        labels: [type],
        desc: expect.stringMatching(desc),
      })
    }
    expect(failure('getnewaddress', '', 'bech64')).toEqual([-5, "Unknown address type 'bech64'"])
    expect(failure('getnewaddress', '', 'nonsense')).toEqual([-5, "Unknown address type 'nonsense'"])
    expect(failure('getnewaddress', '*')).toEqual([-11, 'Invalid label name'])
    expect(failure('getaddressesbylabel', 'nobody')).toEqual([-11, 'No addresses with label nobody'])
  })

  test('are told from what is none', () => {
    expect(rpc('validateaddress', theirs)).toMatchObject({ isvalid: true, address: theirs, iswitness: true })
    expect(rpc('validateaddress', 'nonsense')).toMatchObject({ isvalid: false })
    expect(failure('getaddressinfo', 'nonsense')[0]).toBe(-5)
  })
})

describe('the past', () => {
  test('a payment is told with its fee, its comment, and not its change', () => {
    const txid = rpc<string>('sendtoaddress', theirs, 1.5, 'rent', 'landlord')
    const fee = rpc<{ fees: { base: number } }>('getmempoolentry', txid).fees.base
    const sent = {
      category: 'send',
      amount: -1.5,
      address: theirs,
      vout: expect.any(Number),
      abandoned: false,
    }
    expect(rpc('gettransaction', txid)).toMatchObject({
      amount: -1.5,
      fee: -fee,
      confirmations: 0,
      trusted: true,
      comment: 'rent',
      to: 'landlord',
      details: [sent],
      hex: rpc('getrawtransaction', txid),
    })
    const [hash] = net.mine(0)
    const last = rpc<Json[]>('listtransactions', '*', 2)
    expect(last).toMatchObject(
      [
        { category: 'immature', amount: 50 + fee, generated: true },
        { ...sent, txid, confirmations: 1, blockhash: hash, blockheight: 7, blockindex: 1, fee: -fee },
      ].sort(a => ('generated' in a ? -1 : 1)),
    )
    expect(rpc('listtransactions', '*', 1, 1)).toEqual([last[0]])
    expect(rpc('gettransaction', txid, false, true)).toMatchObject({ decoded: { txid } })
    expect(failure('gettransaction', NOBODY)).toEqual([-5, 'Invalid or non-wallet transaction id'])
  })

  test('who is paid counts it by address and label, from so many confirmations on', () => {
    const address = rpc<string>('getnewaddress', 'shop')
    net.rpc(1, 'generatetoaddress', 4, theirs)
    net.advance(5_000)
    const txid = net.rpc(1, 'sendtoaddress', address, 2) as string
    net.advance(5_000)
    expect(rpc('getreceivedbyaddress', address)).toBe(0)
    expect(rpc('getreceivedbyaddress', address, 0)).toBe(2)
    expect(rpc('getbalances')).toMatchObject({ mine: { untrusted_pending: 2 } })
    expect(rpc('getunconfirmedbalance')).toBe(2)
    expect(rpc('listtransactions', 'shop')).toMatchObject([
      { category: 'receive', amount: 2, label: 'shop', txid, trusted: false },
    ])
    net.mine(0)
    expect(rpc('listreceivedbyaddress', 1, false, false, address)).toMatchObject([
      { address, amount: 2, confirmations: 1, label: 'shop', txids: [txid] },
    ])
    expect(rpc<Json[]>('listreceivedbylabel')).toContainEqual({ amount: 2, confirmations: 1, label: 'shop' })
    expect(rpc('getreceivedbylabel', 'shop')).toBe(2)
    expect(failure('getreceivedbyaddress', theirs)).toEqual([-4, 'Address not found in wallet'])
  })

  test('listsinceblock tells what came after a block, and what a reorganisation took back', () => {
    const since = rpc<string>('getbestblockhash')
    const txid = rpc<string>('sendtoaddress', theirs, 1)
    const [hash] = net.mine(0)
    const after = rpc<{ transactions: { txid: string }[]; lastblock: string }>('listsinceblock', since)
    expect(after.transactions.map(each => each.txid)).toContain(txid)
    expect(after.lastblock).toBe(hash)
    rpc('invalidateblock', hash)
    const back = rpc<{ removed: { txid: string }[] }>('listsinceblock', hash)
    expect(back.removed.map(each => each.txid)).toContain(txid)
    expect(rpc('gettransaction', txid)).toMatchObject({ confirmations: 0 })
    expect(failure('listsinceblock', NOBODY)).toEqual([-5, 'Block not found'])
  })
})

describe('payments', () => {
  const outputsOf = (txid: string) =>
    Object.fromEntries(
      rpc<{ vout: { value: number; scriptPubKey: { address: string } }[] }>(
        'getrawtransaction',
        txid,
        1,
      ).vout.map(({ value, scriptPubKey }) => [scriptPubKey.address, value]),
    )
  const feeOf = (txid: string) => rpc<{ fees: { base: number } }>('getmempoolentry', txid).fees.base

  test('may take the fee from the amount, and a fee rate', () => {
    const txid = rpc<string>('sendtoaddress', theirs, 2, '', '', true, null, null, null, null, 25)
    const { vsize } = rpc<{ vsize: number }>('getmempoolentry', txid)
    expect(outputsOf(txid)[theirs]).toBeCloseTo(2 - feeOf(txid), 8)
    expect(Math.abs(feeOf(txid) * 1e8 - 25 * vsize)).toBeLessThan(25 * 4)
    expect(failure('sendtoaddress', theirs, 1, '', '', false, null, 6, null, null, 25)[0]).toBe(-8)
  })

  test('may go to many, to all, or to outputs with chosen coins', () => {
    const mine = rpc<string>('getnewaddress')
    const many = rpc<string>('sendmany', '', { [theirs]: 1, [mine]: 2 }, 1, 'both', [theirs])
    expect(outputsOf(many)).toMatchObject({ [mine]: 2 })
    expect(outputsOf(many)[theirs]).toBeCloseTo(1 - feeOf(many), 8)
    const [coin] = rpc<{ txid: string; vout: number }[]>('listunspent')
    const sent = rpc<{ txid: string; complete: boolean }>('send', [{ [theirs]: 3 }], null, null, 10, {
      inputs: [coin],
    })
    expect(sent.complete).toBe(true)
    expect(rpc('getrawtransaction', sent.txid, 1)).toMatchObject({
      vin: [{ txid: coin?.txid, vout: coin?.vout }],
    })
    const all = rpc<{ txid: string }>('sendall', [theirs])
    expect(Object.keys(outputsOf(all.txid))).toEqual([theirs])
    expect(rpc('getbalance')).toBe(0)
  })

  test('leave locked coins alone', () => {
    const coins = rpc<{ txid: string; vout: number }[]>('listunspent')
    const points = coins.map(({ txid, vout }) => ({ txid, vout }))
    expect(rpc('lockunspent', false, points)).toBe(true)
    expect(rpc('listlockunspent')).toEqual(points)
    expect(rpc('listunspent')).toEqual([])
    expect(failure('sendtoaddress', theirs, 1)).toEqual([-6, 'Insufficient funds'])
    expect(failure('lockunspent', false, points)[1]).toContain('output already locked')
    rpc('lockunspent', true)
    expect(rpc<Json[]>('listunspent')).toHaveLength(coins.length)
  })

  test('are funded, signed and simulated step by step', () => {
    const raw = rpc<string>('createrawtransaction', [], [{ [theirs]: 5 }])
    const funded = rpc<{ hex: string; fee: number; changepos: number }>('fundrawtransaction', raw)
    expect(funded.changepos).toBe(1)
    const balance = rpc<{ balance_change: number }>('simulaterawtransaction', [funded.hex]).balance_change
    expect(balance).toBeCloseTo(-5 - funded.fee, 8)
    const { hex, complete } = rpc<{ hex: string; complete: boolean }>(
      'signrawtransactionwithwallet',
      funded.hex,
    )
    expect(complete).toBe(true)
    const key = rpc<{ vin: { txid: string; vout: number }[] }>('decoderawtransaction', funded.hex).vin[0]
    const spent = rpc<{ scriptPubKey: { address: string } }>('gettxout', key?.txid, key?.vout)
    const wif = rpc<string>('dumpprivkey', spent.scriptPubKey.address)
    expect(rpc('signrawtransactionwithkey', funded.hex, [wif])).toEqual({ hex, complete: true })
    expect(rpc('combinerawtransaction', [funded.hex, hex])).toBe(hex)
    expect(rpc('sendrawtransaction', hex)).toMatch(/^[0-9a-f]{64}$/)
    expect(failure('signrawtransactionwithkey', raw, ['nonsense'])).toEqual([-5, 'Invalid private key'])
  })
})

describe('partially signed transactions', () => {
  type Made = { psbt: string; fee: number; changepos: number; complete: boolean; hex: string }

  test('are funded, signed and finished by the wallet, and sent', () => {
    const { psbt, fee, changepos } = rpc<Made>('walletcreatefundedpsbt', [], [{ [theirs]: 3 }])
    expect(changepos).toBe(1)
    const before = rpc<{ fee: number; inputs: Json[]; tx: Json }>('decodepsbt', psbt)
    expect(before).toMatchObject({ fee, inputs: [{ witness_utxo: { amount: 50 } }] })
    expect(rpc('analyzepsbt', psbt)).toMatchObject({
      next: 'signer',
      inputs: [{ has_utxo: true, is_final: false }],
    })
    const signed = rpc<Made>('walletprocesspsbt', psbt, true, null, null, false)
    expect(signed.complete).toBe(false)
    expect(rpc('analyzepsbt', signed.psbt)).toMatchObject({ next: 'finalizer' })
    expect(
      Object.keys(
        (rpc<{ inputs: Json[] }>('decodepsbt', signed.psbt).inputs[0]?.partial_signatures ?? {}) as Json,
      ),
    ).toHaveLength(1)
    const { hex, complete } = rpc<Made>('finalizepsbt', signed.psbt)
    expect(complete).toBe(true)
    expect(rpc<Made>('walletprocesspsbt', psbt)).toMatchObject({ complete: true, hex })
    expect(rpc('sendrawtransaction', hex)).toBe(before.tx.txid)
  })

  test('of two owners are joined, signed by each, and combined', () => {
    net.rpc(1, 'generatetoaddress', 4, theirs)
    net.advance(5_000)
    const coinOf = (index: number) => (net.rpc(index, 'listunspent') as { txid: string; vout: number }[])[0]
    const parts = [0, 1].map(index => {
      const { txid, vout } = coinOf(index) ?? { txid: '', vout: 0 }
      return rpc<string>(
        'createpsbt',
        [{ txid, vout }],
        [{ [net.rpc(index, 'getnewaddress') as string]: 49.999 }],
      )
    })
    const joined = rpc<string>('utxoupdatepsbt', rpc('joinpsbts', parts))
    const signed = [0, 1].map(index => net.rpc(index, 'walletprocesspsbt', joined) as Made)
    expect(signed.map(({ complete }) => complete)).toEqual([false, false])
    const { hex, complete } = rpc<Made>(
      'finalizepsbt',
      rpc(
        'combinepsbt',
        signed.map(({ psbt }) => psbt),
      ),
    )
    expect(complete).toBe(true)
    expect(rpc<Json[]>('testmempoolaccept', [hex])).toMatchObject([{ allowed: true }])
    expect(failure('joinpsbts', [joined, joined])[0]).toBe(-8)
    expect(failure('combinepsbt', [joined, parts[0]])).toEqual([
      -8,
      'PSBTs not compatible (different transactions)',
    ])
  })

  test('of legacy coins carry the whole transaction; what is none is refused', () => {
    const address = rpc<string>('getnewaddress', '', 'legacy')
    const txid = rpc<string>('sendtoaddress', address, 1)
    const { vout } = rpc<{ vout: { n: number; scriptPubKey: Json }[] }>('getrawtransaction', txid, 1)
    const n = vout.find(({ scriptPubKey }) => scriptPubKey.address === address)?.n
    const raw = rpc<string>('createrawtransaction', [{ txid, vout: n }], [{ [theirs]: 0.9999 }])
    const psbt = rpc<string>('converttopsbt', raw)
    const done = rpc<Made>('walletprocesspsbt', psbt)
    expect(done.complete).toBe(true)
    expect(rpc<Json[]>('testmempoolaccept', [done.hex])).toMatchObject([{ allowed: true }])
    expect(rpc<{ inputs: Json[] }>('decodepsbt', done.psbt).inputs[0]).toMatchObject({
      non_witness_utxo: { txid },
    })
    expect(failure('converttopsbt', done.hex)[0]).toBe(-22)
    expect(failure('decodepsbt', '%')).toEqual([-22, 'TX decode failed invalid base64'])
    expect(failure('decodepsbt', 'AAAA')[0]).toBe(-22)
  })
})

describe('messages', () => {
  test('are signed by the key of a legacy address and verified by anybody', () => {
    const address = rpc<string>('getnewaddress', '', 'legacy')
    const signature = rpc<string>('signmessage', address, 'hello')
    expect(net.rpc(1, 'verifymessage', address, signature, 'hello')).toBe(true)
    expect(rpc('verifymessage', address, signature, 'hallo')).toBe(false)
    expect(rpc('signmessagewithprivkey', rpc('dumpprivkey', address), 'hello')).toBe(signature)
    expect(failure('signmessage', theirs, 'hello')).toEqual([-3, 'Address does not refer to key'])
    expect(failure('verifymessage', address, '%', 'hello')).toEqual([-3, 'Malformed base64 encoding'])
  })
})

describe('descriptors and scripts', () => {
  const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'

  test('getdescriptorinfo and deriveaddresses: BIP380’s checksum', () => {
    // The example of BIP380.
    expect(rpc('getdescriptorinfo', 'raw(deadbeef)')).toMatchObject({
      descriptor: 'raw(deadbeef)#89f8spxm',
      checksum: '89f8spxm',
      isrange: false,
      issolvable: false,
      hasprivatekeys: false,
    })
    expect(failure('getdescriptorinfo', 'raw(deadbeef)#89f8spxn')[0]).toBe(-5)
    expect(failure('deriveaddresses', `wpkh(${KEY})`)).toEqual([-5, 'Missing checksum'])
    const { descriptor } = rpc<{ descriptor: string }>('getdescriptorinfo', `wpkh(${KEY})`)
    // BIP173's example, for another network's prefix.
    const [address] = rpc<string[]>('deriveaddresses', descriptor)
    expect(rpc('validateaddress', address)).toMatchObject({
      witness_program: '751e76e8199196d454941c45d1b3a323f1433bd6',
    })
  })

  test('scantxoutset finds the coins of a descriptor', () => {
    const address = rpc<string>('getnewaddress')
    const { scriptPubKey } = rpc<{ scriptPubKey: string }>('validateaddress', address)
    const txid = rpc<string>('sendtoaddress', address, 1.25)
    net.mine(0)
    const found = rpc<{ unspents: Json[] } & Json>('scantxoutset', 'start', [`addr(${address})`])
    expect(found).toMatchObject({ success: true, height: 7, total_amount: 1.25 })
    expect(found.unspents).toMatchObject([{ txid, amount: 1.25, scriptPubKey, height: 7, coinbase: false }])
    expect(rpc('scantxoutset', 'status')).toBeNull()
    expect(failure('scantxoutset', 'start')[0]).toBe(-1)
  })

  test('decodescript knows keys, several keys, and data', () => {
    expect(rpc('decodescript', `21${KEY}ac`)).toMatchObject({
      type: 'pubkey',
      desc: expect.stringMatching(new RegExp(`^pk\\(${KEY}\\)#`)),
      segwit: { type: 'witness_v0_keyhash' },
    })
    const multi = rpc<{ redeemScript: string; address: string }>('createmultisig', 1, [KEY, KEY], 'bech32')
    expect(rpc('decodescript', multi.redeemScript)).toMatchObject({
      type: 'multisig',
      asm: `1 ${KEY} ${KEY} 2 OP_CHECKMULTISIG`,
      segwit: { address: multi.address, type: 'witness_v0_scripthash' },
    })
    expect(rpc('decodescript', '6a0401020304')).toEqual({
      asm: 'OP_RETURN 67305985',
      desc: expect.stringMatching(/^raw\(6a0401020304\)#/),
      type: 'nulldata',
    })
    expect(failure('createmultisig', 3, [KEY])[0]).toBe(-8)
  })

  test('a signature in an input is told with what it signs', () => {
    const address = rpc<string>('getnewaddress', '', 'legacy')
    const txid = rpc<string>('sendtoaddress', address, 1)
    const { vout } = rpc<{ vout: { n: number; scriptPubKey: Json }[] }>('getrawtransaction', txid, 1)
    const n = vout.find(({ scriptPubKey }) => scriptPubKey.address === address)?.n
    const raw = rpc<string>('createrawtransaction', [{ txid, vout: n }], [{ [theirs]: 0.9 }])
    const { hex } = rpc<{ hex: string }>('signrawtransactionwithwallet', raw)
    const [input] = rpc<{ vin: { scriptSig: { asm: string } }[] }>('decoderawtransaction', hex).vin
    expect(input?.scriptSig.asm).toMatch(/^30[0-9a-f]+\[ALL\] 0[23][0-9a-f]{64}$/)
  })
})

test('estimatesmartfee says when it knows nothing, as Core does before it has seen enough blocks', () => {
  const nothing = { errors: ['Insufficient data or no feerate found'], blocks: 0 }
  expect(rpc('estimatesmartfee', 2)).toEqual(nothing)
  rpc('sendtoaddress', theirs, 1)
  net.mine(0)
  expect(rpc('estimatesmartfee', 2)).toEqual(nothing)
  expect(failure('estimatesmartfee', 0)[0]).toBe(-8)
  expect(failure('estimatesmartfee', 2, 'nonsense')[0]).toBe(-8)
})
