// RPC that signs by hand: keys and scripts that are named, hash types, Core's words for what is missing, several signers' work combined.

import { beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { encodeWif } from '../../node/ledger/descriptor/wif.ts'
import { secp } from '../support/chain.ts'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

type Json = Record<string, unknown>
let net: LedgerNetwork
const rpc = <T = unknown>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T
const failure = (method: string, ...params: unknown[]) => rpcFailure(() => rpc(method, ...params))

const secret = (n: number) => new Uint8Array(32).fill(n)
const [one = '', two = '', three = ''] = [1, 2, 3].map(n => encodeWif(secret(n)))
const [a = '', b = '', c = ''] = [1, 2, 3].map(n => toHex(secp.publicKey(secret(n))))

interface Coin {
  txid: string
  vout: number
  scriptPubKey: string
  amount: number
}

/** A confirmed coin on this address. */
function coinOn(address: string): Coin {
  const txid = rpc<string>('sendtoaddress', address, 1)
  const { vout } = rpc<{ vout: { n: number; scriptPubKey: { address?: string; hex: string } }[] }>(
    'getrawtransaction',
    txid,
    1,
  )
  const output = vout.find(({ scriptPubKey }) => scriptPubKey.address === address)
  net.mine(0)
  return { txid, vout: output?.n ?? -1, scriptPubKey: output?.scriptPubKey.hex ?? '', amount: 1 }
}

const spending = (...coins: Coin[]) =>
  rpc<string>(
    'createrawtransaction',
    coins.map(({ txid, vout }) => ({ txid, vout })),
    [{ [rpc<string>('getnewaddress')]: coins.length - 0.001 }],
  )
interface Signed {
  hex: string
  complete: boolean
  errors?: { error: string; txid: string; vout: number; witness: string[]; scriptSig: string }[]
}

beforeAll(() => {
  net = createLedgerNetwork({ seed: 'signing', nodes: 1 })
  rpc('generatetoaddress', 12, rpc('getnewaddress'))
  net.advance(15_000)
})

describe('signing by hand', () => {
  test.each(['legacy', 'p2sh-segwit', 'bech32'])('a multisignature of type %s, signer by signer', type => {
    const made = rpc<{ address: string; redeemScript: string }>('createmultisig', 2, [a, b, c], type)
    const coin = coinOn(made.address)
    const scripts =
      type === 'legacy' ? { redeemScript: made.redeemScript } : { witnessScript: made.redeemScript }
    const previous = [{ ...coin, ...scripts }]
    const raw = spending(coin)
    const first = rpc<Signed>('signrawtransactionwithkey', raw, [one], previous)
    expect(first.complete).toBe(false)
    expect(first.errors).toEqual([
      expect.objectContaining({
        txid: coin.txid,
        vout: coin.vout,
        error: 'CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)',
      }),
    ])
    const second = rpc<Signed>('signrawtransactionwithkey', raw, [three], previous)
    const both = rpc<Signed>('signrawtransactionwithkey', first.hex, [three], previous)
    expect(both.complete).toBe(true)
    expect(rpc('combinerawtransaction', [first.hex, second.hex])).toBe(both.hex)
    expect(rpc('combinerawtransaction', [second.hex, raw, first.hex])).toBe(both.hex)
    expect(rpc<Json[]>('testmempoolaccept', [both.hex])).toMatchObject([{ allowed: true }])
    expect(rpc<Signed>('signrawtransactionwithkey', raw, [one, two, three], previous).complete).toBe(true)
  })

  test('coins of the wallet on each type of address, with each hash type', () => {
    const types = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m']
    const raw = spending(...types.map(type => coinOn(rpc('getnewaddress', '', type))))
    for (const hashType of ['DEFAULT', 'ALL', 'ALL|ANYONECANPAY', 'NONE', 'NONE|ANYONECANPAY']) {
      const { hex, complete } = rpc<Signed>('signrawtransactionwithwallet', raw, null, hashType)
      expect(complete).toBe(true)
      expect(rpc<Json[]>('testmempoolaccept', [hex])).toMatchObject([{ allowed: true }])
    }
    // There is one output: SINGLE has nothing to sign for the other inputs.
    expect(rpc<Signed>('signrawtransactionwithwallet', raw, null, 'SINGLE').errors).toHaveLength(3)
    expect(failure('signrawtransactionwithwallet', raw, null, 'SOME')).toEqual([
      -8,
      "'SOME' is not a valid sighash parameter.",
    ])
  })

  test('a coin that the mempool spends may be signed away again, to another place', () => {
    const coin = coinOn(rpc('getnewaddress'))
    rpc('sendrawtransaction', rpc<Signed>('signrawtransactionwithwallet', spending(coin)).hex)
    expect(rpc<Signed>('signrawtransactionwithwallet', spending(coin)).complete).toBe(true)
  })

  test('what is wrong or missing is said in Core’s words', () => {
    const nowhere = {
      txid: `${'00'.repeat(31)}01`,
      vout: 0,
      scriptPubKey: `0014${'11'.repeat(20)}`,
      amount: 1,
    }
    const raw = spending(nowhere)
    const [error] = rpc<Signed>('signrawtransactionwithkey', raw, [one]).errors ?? []
    expect(error).toMatchObject({ error: 'Input not found or already spent', witness: [], scriptSig: '' })
    const sign = (previous: unknown) => failure('signrawtransactionwithkey', raw, [one], [previous])
    const { txid, vout, scriptPubKey } = nowhere
    expect(sign({ vout, scriptPubKey })).toEqual([-3, 'Missing txid'])
    expect(sign({ txid, scriptPubKey })).toEqual([-3, 'Missing vout'])
    expect(sign({ txid, vout })).toEqual([-3, 'Missing scriptPubKey'])
    expect(sign({ ...nowhere, vout: -1 })).toEqual([-22, 'vout cannot be negative'])
    expect(sign({ ...nowhere, scriptPubKey: `a914${'11'.repeat(20)}87` })).toEqual([
      -8,
      'Missing redeemScript/witnessScript',
    ])
    expect(sign({ ...nowhere, scriptPubKey: `a914${'11'.repeat(20)}87`, redeemScript: '51' })).toEqual([
      -8,
      'redeemScript/witnessScript does not match scriptPubKey',
    ])
    expect(
      sign({ ...nowhere, scriptPubKey: `0020${'11'.repeat(32)}`, redeemScript: '51', witnessScript: '52' }),
    ).toEqual([-8, 'redeemScript does not correspond to witnessScript'])
    expect(rpc<Signed>('signrawtransactionwithkey', raw, [one], [nowhere]).errors).toMatchObject([
      { error: 'Witness program hash mismatch' },
    ])
    const { address } = rpc<{ address: string }>('createmultisig', 1, [a], 'bech32')
    const mine = { ...coinOn(address), witnessScript: `5121${a}51ae`, amount: undefined }
    expect(failure('signrawtransactionwithkey', spending(mine as unknown as Coin), [one], [mine])?.[0]).toBe(
      -3,
    )
    expect(failure('combinerawtransaction', [])).toEqual([-22, 'Missing transactions'])
    expect(failure('combinerawtransaction', [raw])).toEqual([-25, 'Input not found or already spent'])
  })
})
