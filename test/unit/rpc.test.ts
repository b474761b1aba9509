// The ledger's RPC: Bitcoin Core's names, shapes and error codes.

import { beforeAll, describe, expect, test } from 'vitest'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import { RpcError } from '../../node/core/service.ts'
import { bestKernel } from '../../node/hash.ts'
import { disassemble } from '../../node/ledger/rpc/asm.ts'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'

const SPEC = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
const NOBODY = 'ab'.repeat(32)

type Json = Record<string, unknown>

let net: LedgerNetwork
let hashes: readonly string[]
let address: string
/** A payment in block 9, and one in the mempool. */
let paid: string
let pending: string

const rpc = <T = Json>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T

beforeAll(() => {
  net = createLedgerNetwork({ seed: 'rpc', nodes: 2, chain: SPEC })
  net.advance(5_000)
  hashes = net.mine(0, 8)
  address = rpc<string>('getnewaddress')
  paid = rpc<string>('sendtoaddress', address, 1.5)
  hashes = [...hashes, ...net.mine(0)]
  pending = rpc<string>('sendtoaddress', address, '0.25')
  net.advance(10_000)
})

/** The RpcError that a call ends in. */
function failure(method: string, ...params: unknown[]): { code: number; message: string } {
  try {
    rpc(method, ...params)
  } catch (error) {
    expect(error).toBeInstanceOf(RpcError)
    const { code, message } = error as RpcError
    return { code, message }
  }
  throw new Error(`${method} did not fail`)
}

describe('the chain', () => {
  test('getblockchaininfo has Core’s fields', () => {
    const info = rpc('getblockchaininfo')
    expect(Object.keys(info)).toEqual(
      expect.arrayContaining([
        'chain',
        'blocks',
        'headers',
        'bestblockhash',
        'difficulty',
        'time',
        'mediantime',
        'verificationprogress',
        'initialblockdownload',
        'chainwork',
        'pruned',
        'warnings',
      ]),
    )
    expect(info).toMatchObject({
      chain: 'netsplit',
      blocks: 9,
      headers: 9,
      bestblockhash: hashes[8],
      initialblockdownload: false,
      pruned: false,
      warnings: [],
    })
    expect(info.chainwork).toMatch(/^[0-9a-f]{64}$/)
  })

  test('tip, height and hashes agree', () => {
    expect(rpc('getblockcount')).toBe(9)
    expect(rpc('getbestblockhash')).toBe(hashes[8])
    expect(rpc('getblockhash', 3)).toBe(hashes[2])
    expect(rpc('getdifficulty')).toBe(rpc('getblockchaininfo').difficulty)
    expect(failure('getblockhash', 10)).toEqual({ code: -8, message: 'Block height out of range' })
    expect(failure('getblockhash', -1).code).toBe(-8)
    expect(failure('getblockhash', '3').code).toBe(-3)
    expect(failure('getblockhash').code).toBe(-3)
  })

  test('getblockheader gives 80 bytes or an object', () => {
    expect(rpc('getblockheader', hashes[0], false)).toMatch(/^[0-9a-f]{160}$/)
    expect(rpc('getblockheader', hashes[0])).toMatchObject({
      hash: hashes[0],
      confirmations: 9,
      height: 1,
      version: 0x20000000,
      versionHex: '20000000',
      nonce: 0,
      nTx: 1,
      previousblockhash: rpc('getblockhash', 0),
      nextblockhash: hashes[1],
    })
    expect(rpc('getblockheader', hashes[8])).not.toHaveProperty('nextblockhash')
    expect(rpc('getblockheader', rpc('getblockhash', 0))).not.toHaveProperty('previousblockhash')
    expect(failure('getblockheader', NOBODY)).toEqual({ code: -5, message: 'Block not found' })
    expect(failure('getblockheader', 'abc').code).toBe(-8)
    expect(failure('getblockheader', 'z'.repeat(64)).code).toBe(-8)
  })

  test('getblock 0, 1 and 2 tell the same block', () => {
    const raw = rpc<string>('getblock', hashes[8], 0)
    const plain = rpc('getblock', hashes[8])
    const full = rpc('getblock', hashes[8], 2)
    expect(plain.size).toBe(raw.length / 2)
    expect(plain.tx).toHaveLength(2)
    expect((plain.tx as string[])[1]).toBe(paid)
    const weight = 3 * (plain.strippedsize as number) + (plain.size as number)
    expect(plain.weight).toBe(weight)
    const [coinbase, payment] = full.tx as Json[]
    expect(coinbase).toHaveProperty('vin[0].coinbase')
    expect(coinbase).not.toHaveProperty('fee')
    expect(payment).toMatchObject({ txid: paid, vin: [{ sequence: 0xffffffff }] })
    expect(payment?.fee).toBeGreaterThan(0)
    expect(rpc('getblock', hashes[8], true)).toEqual(plain)
  })

  test('getchaintips knows the active tip and a stale one', () => {
    expect(rpc('getchaintips')).toEqual([{ height: 9, hash: hashes[8], branchlen: 0, status: 'active' }])
  })

  test('gettxout sees the mempool unless told not to', () => {
    const [coin] = rpc<{ txid: string; vout: number; amount: number; address: string }[]>('listunspent')
    const output = rpc('gettxout', coin?.txid, coin?.vout)
    expect(output).toMatchObject({ bestblock: hashes[8], value: coin?.amount })
    expect(output.scriptPubKey).toMatchObject({ address: coin?.address, type: 'witness_v0_keyhash' })
    const raw = rpc('getrawtransaction', pending, 1) as { vin: { txid: string; vout: number }[] }
    const [spent] = raw.vin
    expect(rpc('gettxout', spent?.txid, spent?.vout)).toBeNull()
    expect(rpc('gettxout', spent?.txid, spent?.vout, false)).toMatchObject({ bestblock: hashes[8] })
    expect(rpc('gettxout', pending, 0)).toMatchObject({ confirmations: 0 })
    expect(rpc('gettxout', pending, 0, false)).toBeNull()
    expect(rpc('gettxout', NOBODY, 0)).toBeNull()
  })

  test('gettxoutsetinfo: the supply is what the schedule and nobody else has made', () => {
    const info = rpc('gettxoutsetinfo')
    expect(info).toMatchObject({ height: 9, bestblock: hashes[8], total_amount: 450 })
    expect(info.txouts).toBe(10) // nine coinbases, the payment and its change, less the coin that they spent
    expect(info.hash_serialized_3).toMatch(/^[0-9a-f]{64}$/)
  })

  test('verifychain checks all of it', () => {
    expect(rpc('verifychain')).toBe(true)
    expect(rpc('verifychain', 3, 0)).toBe(true)
  })
})

describe('the mempool', () => {
  test('getmempoolinfo has Core’s fields', () => {
    expect(rpc('getmempoolinfo')).toMatchObject({
      loaded: true,
      size: 1,
      mempoolminfee: 0.00001,
      minrelaytxfee: 0.00001,
      unbroadcastcount: 0,
    })
  })

  test('getrawmempool lists ids, or all about each', () => {
    expect(rpc('getrawmempool')).toEqual([pending])
    const { [pending]: entry } = rpc<Record<string, Json>>('getrawmempool', true)
    expect(entry).toEqual(rpc('getmempoolentry', pending))
    expect(entry).toMatchObject({ height: 9, ancestorcount: 1, descendantcount: 1, depends: [], spentby: [] })
    const fees = entry?.fees as Json | undefined
    expect(fees?.base).toBe(fees?.ancestor)
    expect(failure('getmempoolentry', NOBODY)).toEqual({ code: -5, message: 'Transaction not in mempool' })
  })

  test('getrawtransaction finds it in the mempool or in a named block', () => {
    const raw = rpc<string>('getrawtransaction', pending)
    expect(rpc('decoderawtransaction', raw).txid).toBe(pending)
    expect(rpc('getrawtransaction', paid, 1, hashes[8])).toMatchObject({
      txid: paid,
      in_active_chain: true,
      blockhash: hashes[8],
      confirmations: 1,
    })
    expect(failure('getrawtransaction', paid).code).toBe(-5)
    expect(failure('getrawtransaction', paid, 1, hashes[0]).code).toBe(-5)
    expect(failure('getrawtransaction', paid, 1, NOBODY)).toEqual({
      code: -5,
      message: 'Block hash not found',
    })
  })

  test('sendrawtransaction answers as Core does', () => {
    const raw = rpc<string>('getrawtransaction', pending)
    expect(rpc('sendrawtransaction', raw)).toBe(pending)
    expect(failure('sendrawtransaction', '00').code).toBe(-22)
    expect(failure('sendrawtransaction', 'xyz').code).toBe(-22)
    const inBlock = rpc<string>('getrawtransaction', paid, 0, hashes[8])
    expect([-25, -27]).toContain(failure('sendrawtransaction', inBlock).code)
    expect(failure('sendrawtransaction', raw.replace(/..$/, 'ff')).code).toBeLessThan(0)
    // A fee beyond the caller's own limit is taken for a mistake.
    const dear = net.ledger(0).wallet.send(address, 1_000_000, 50)
    const bytes = Buffer.from(dear.bytes).toString('hex')
    expect(failure('sendrawtransaction', bytes, 0.0004)).toMatchObject({ code: -25 })
    expect(failure('sendrawtransaction', bytes, 22_000_000).code).toBe(-3)
  })
})

describe('proofs', () => {
  test('a proof of a payment verifies, anywhere, and names it', () => {
    const proof = rpc<string>('gettxoutproof', [paid], hashes[8])
    expect(rpc('verifytxoutproof', proof)).toEqual([paid])
    expect(net.rpc(1, 'verifytxoutproof', proof)).toEqual([paid])
    const both = rpc<string[]>('getblock', hashes[8], 1) as unknown as { tx: string[] }
    expect(rpc('verifytxoutproof', rpc('gettxoutproof', both.tx))).toEqual(both.tx)
  })

  test('what cannot be proven is said', () => {
    expect(failure('gettxoutproof', [])).toEqual({ code: -8, message: "Parameter 'txids' cannot be empty" })
    expect(failure('gettxoutproof', [paid, paid]).code).toBe(-8)
    expect(failure('gettxoutproof', [NOBODY]).message).toBe('Transaction not yet in block')
    expect(failure('gettxoutproof', [paid], hashes[0]).code).toBe(-5)
    expect(failure('gettxoutproof', [pending], hashes[8]).code).toBe(-5)
    expect(failure('verifytxoutproof', 'ff').code).toBe(-22)
  })
})

describe('the wallet', () => {
  test('balances add up', () => {
    const { mine } = rpc('getbalances') as { mine: { trusted: number; immature: number } }
    expect(rpc('getbalance')).toBe(mine.trusted)
    // All but the fee of the payment that is still in the mempool.
    const fee = (rpc('getmempoolentry', pending).fees as { base: number }).base
    expect(mine.trusted + mine.immature + fee).toBeCloseTo(450, 8)
  })

  test('listunspent names each coin', () => {
    const coins = rpc<Json[]>('listunspent', 0) as {
      amount: number
      confirmations: number
      address: string
    }[]
    const sum = coins.reduce((total, { amount }) => total + amount, 0)
    expect(sum).toBeCloseTo(rpc<number>('getbalance'), 8)
    expect(rpc<Json[]>('listunspent').length).toBeLessThan(coins.length)
  })

  test('sendtoaddress refuses what cannot be', () => {
    expect(failure('sendtoaddress', 'nowhere', 1).code).toBe(-5)
    expect(failure('sendtoaddress', address, 0).code).toBe(-3)
    expect(failure('sendtoaddress', address, -1).code).toBe(-3)
    expect(failure('sendtoaddress', address, '1,5').code).toBe(-3)
    expect(failure('sendtoaddress', address, 0.123456789).code).toBe(-3)
    expect(failure('sendtoaddress', address, 20_999_999.9 + 0.2).code).toBe(-3)
    expect(failure('sendtoaddress', address, (0.1 + 0.2) * 10_000).message).toBe('Insufficient funds')
    expect(failure('sendtoaddress', address, 1_000)).toEqual({ code: -6, message: 'Insufficient funds' })
  })
})

describe('mining', () => {
  test('getmininginfo', () => {
    expect(rpc('getmininginfo')).toMatchObject({
      blocks: 9,
      pooledtx: 1,
      chain: 'netsplit',
      warnings: [],
      kernel: bestKernel(),
    })
    expect(failure('getnetworkhashps', 0).code).toBe(-8)
    expect(failure('getnetworkhashps', 120, 100).code).toBe(-8)
  })

  test('generatetoaddress wants an address and a count', () => {
    expect(failure('generatetoaddress', 1, 'nowhere')).toEqual({
      code: -5,
      message: 'Error: Invalid address',
    })
    expect(failure('generatetoaddress', -1, address).code).toBe(-8)
    expect(rpc('generatetoaddress', 0, address)).toEqual([])
  })

  test('submitblock tells what is wrong with a block', () => {
    const known = rpc<string>('getblock', hashes[4], 0)
    expect(rpc('submitblock', known)).toBe('duplicate')
    expect(failure('submitblock', known.slice(2))).toEqual({ code: -22, message: 'Block decode failed' })
    // The same transactions under a header of another time: no longer on time for its place.
    const early = `${known.slice(0, 136)}00000000${known.slice(144)}`
    expect(rpc('submitblock', early)).toBe('time-too-old')
  })
})

test('scripts are shown in Core’s words', () => {
  const words = (hex: string) => disassemble(fromHex(hex) ?? new Uint8Array())
  expect(words(`76a914${'11'.repeat(20)}88ac`)).toBe(
    `OP_DUP OP_HASH160 ${'11'.repeat(20)} OP_EQUALVERIFY OP_CHECKSIG`,
  )
  expect(words(`0014${'22'.repeat(20)}`)).toBe(`0 ${'22'.repeat(20)}`)
  expect(words('6a0401020304')).toBe('OP_RETURN 67305985')
  expect(words('5152ae')).toBe('1 2 OP_CHECKMULTISIG')
  expect(words('4f0181')).toBe('-1 -1')
  expect(words('0501')).toBe('[error]')
  expect(words('ba')).toBe('OP_CHECKSIGADD')
  expect(words('fe')).toBe('OP_UNKNOWN')
  expect(words('4c0301020363')).toBe('197121 OP_IF')
})

test('metrics: names and kinds follow the conventions, each series is there once', () => {
  const readings = net.ledger(0).readMetrics()
  const series = readings.map(({ name, labels }) => JSON.stringify([name, labels]))
  expect(new Set(series).size).toBe(series.length)
  for (const { name, kind, help, labels = {}, value } of readings) {
    expect(name).toMatch(/^netsplit_[a-z]+(_[a-z]+)*$/)
    expect(name.endsWith('_total')).toBe(kind === 'counter')
    expect(help).toMatch(/^[A-Z].*\.$/)
    expect(Number.isFinite(value)).toBe(true)
    for (const label of Object.values(labels)) expect(label).toMatch(/^[a-z]+$/)
  }
  const value = (name: string) => readings.find(reading => reading.name === name)?.value
  expect(value('netsplit_chain_height')).toBe(9)
  expect(value('netsplit_mempool_transactions')).toBe(1)
  expect(value('netsplit_transactions_accepted_total')).toBe(2)
})
