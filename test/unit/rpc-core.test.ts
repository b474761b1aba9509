// RPC that Core's own tools call, by the answers that they expect: blocks in figures, waiting, mining to order, a wallet's past.

import { beforeEach, describe, expect, test } from 'vitest'
import type { RpcError } from '../../node/core/service.ts'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

const SPEC = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
const NOBODY = 'ab'.repeat(32)

type Json = Record<string, unknown>

let net: LedgerNetwork

const rpc = <T = Json>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T

/** Of a method that answers later. */
function later(method: string, ...params: unknown[]): { outcome?: { result?: unknown; error?: RpcError } } {
  const waiting: { outcome?: { result?: unknown; error?: RpcError } } = {}
  net.node(0).core.rpc[method]?.handle(params, outcome => {
    waiting.outcome = outcome
  })
  return waiting
}

const same = (value: number, ...names: string[]) => Object.fromEntries(names.map(name => [name, value]))
const failure = (method: string, ...params: unknown[]) => rpcFailure(() => rpc(method, ...params))

beforeEach(() => {
  net = createLedgerNetwork({ seed: 'rpc-core', nodes: 2, chain: SPEC })
  net.advance(5_000)
  net.mine(0, 6)
})

describe('blocks', () => {
  test('getblockstats comes to what the block holds', () => {
    const address = rpc<string>('getnewaddress')
    const txid = rpc<string>('sendtoaddress', address, 1.5)
    const entry = rpc<{ fees: { base: number } }>('getmempoolentry', txid)
    const [hash] = net.mine(0)
    const raw = rpc<string>('getrawtransaction', txid, 0, hash)
    const tx = rpc<{ vin: unknown[]; vout: { value: number }[]; weight: number }>('decoderawtransaction', raw)
    const feeSat = Math.round(entry.fees.base * 1e8)
    const stats = rpc('getblockstats', 7)
    expect(stats).toMatchObject({
      blockhash: hash,
      height: 7,
      txs: 2,
      ins: tx.vin.length,
      outs: tx.vout.length + 2,
      totalfee: feeSat,
      avgfee: feeSat,
      medianfee: feeSat,
      minfee: feeSat,
      maxfee: feeSat,
      avgfeerate: Math.trunc((feeSat * 4) / tx.weight),
      feerate_percentiles: new Array(5).fill(Math.trunc((feeSat * 4) / tx.weight)),
      total_out: Math.round(tx.vout.reduce((sum, { value }) => sum + value, 0) * 1e8),
      total_size: raw.length / 2,
      total_weight: tx.weight,
      swtxs: 1,
      subsidy: 5_000_000_000,
      utxo_increase: tx.vout.length + 2 - tx.vin.length,
      // the commitment is no coin
      utxo_increase_actual: tx.vout.length + 1 - tx.vin.length,
    })
    expect(rpc('getblockstats', hash, ['txs', 'height'])).toEqual({ txs: 2, height: 7 })
    expect(rpc('getblockstats', 0)).toMatchObject({ height: 0, txs: 1, ins: 0, totalfee: 0 })
    expect(failure('getblockstats', 99)).toEqual([-8, 'Target block height 99 after current tip 7'])
    expect(failure('getblockstats', -1)[0]).toBe(-8)
    expect(failure('getblockstats', NOBODY)).toEqual([-5, 'Block not found'])
    expect(failure('getblockstats', 7, ['nonsense'])).toEqual([-8, "Invalid selected statistic 'nonsense'"])
  })

  test('getblock 3 and getrawtransaction 2 tell the coins that were spent', () => {
    const txid = rpc<string>('sendtoaddress', rpc<string>('getnewaddress'), 1)
    type Detailed = { vin: { prevout?: Json; scriptSig: { asm: string } }[]; fee: number }
    const waiting = rpc<Detailed>('getrawtransaction', txid, 2)
    const [hash] = net.mine(0)
    const inBlock = rpc<{ tx: Detailed[] }>('getblock', hash, 3).tx[1]
    const prevout = { generated: true, value: 50, scriptPubKey: { type: 'witness_v0_keyhash' } }
    for (const detailed of [waiting, inBlock, rpc<Detailed>('getrawtransaction', txid, 2, hash)]) {
      expect(detailed?.vin[0]?.prevout).toMatchObject(prevout)
      expect(detailed?.fee).toBeCloseTo(waiting.fee, 8)
    }
    expect(rpc<{ tx: Detailed[] }>('getblock', hash, 2).tx[1]?.vin[0]).not.toHaveProperty('prevout')
  })

  test('getchaintxstats counts transactions up to a block and in a window', () => {
    const times = [2, 6].map(height =>
      rpc<{ mediantime: number }>('getblockheader', rpc('getblockhash', height)),
    )
    const interval = (times[1]?.mediantime ?? 0) - (times[0]?.mediantime ?? 0)
    expect(rpc('getchaintxstats', 4)).toMatchObject({
      txcount: 7,
      window_final_block_height: 6,
      window_block_count: 4,
      window_tx_count: 4,
      window_interval: interval,
      txrate: 4 / interval,
    })
    expect(failure('getchaintxstats', 6)[0]).toBe(-8)
    expect(rpc('getchaintxstats', 0)).not.toHaveProperty('window_interval')
  })

  test('getdeploymentinfo: all that is buried is in force', () => {
    const info = rpc<{ height: number; deployments: Json }>('getdeploymentinfo')
    expect(info.height).toBe(6)
    expect(info.deployments.segwit).toEqual({ type: 'buried', active: true, height: 0 })
  })
})

describe('a block that is called invalid', () => {
  test('leaves the chain with all on it, its payments wait again, and comes back when it is reconsidered', () => {
    const txid = rpc<string>('sendtoaddress', rpc<string>('getnewaddress'), 1)
    const [hash, tip] = net.mine(0, 2)
    rpc('invalidateblock', hash)
    expect(rpc('getblockcount')).toBe(6)
    expect(rpc('getrawmempool')).toEqual([txid])
    expect(rpc<Json[]>('getchaintips')).toContainEqual({
      height: 8,
      hash: tip,
      branchlen: 2,
      status: 'invalid',
    })
    expect(rpc<number>('getbalance')).toBeGreaterThan(0)
    rpc('reconsiderblock', tip)
    expect(rpc('getbestblockhash')).toBe(tip)
    expect(rpc('getrawmempool')).toEqual([])
    expect(rpc('verifychain', 3, 0)).toBe(true)
    expect(failure('invalidateblock', NOBODY)).toEqual([-5, 'Block not found'])
    expect(failure('invalidateblock', rpc('getblockhash', 0))[0]).toBe(-8)
  })

  test('gives way to another branch, which is kept where it is longer', () => {
    const [hash] = net.mine(0)
    rpc('invalidateblock', hash)
    const [a, b] = net.mine(0, 2)
    rpc('reconsiderblock', hash)
    expect(rpc('getbestblockhash')).toBe(b)
    expect(rpc('getblockhash', 7)).toBe(a)
  })
})

describe('waiting for a block', () => {
  test('ends with the next tip, with a named block, or at a height', () => {
    const any = later('waitfornewblock')
    const height = later('waitforblockheight', 8)
    expect(later('waitforblockheight', 6).outcome?.result).toMatchObject({ height: 6 })
    expect([any.outcome, height.outcome]).toEqual([undefined, undefined])
    const [hash] = net.mine(0)
    expect(any.outcome).toEqual({ result: { hash, height: 7 } })
    expect(height.outcome).toBeUndefined()
    const [next] = net.mine(0)
    expect(height.outcome).toEqual({ result: { hash: next, height: 8 } })
    expect(later('waitforblock', next).outcome?.result).toMatchObject({ height: 8 })
  })

  test('ends when its time is up, with the tip of then', () => {
    const late = later('waitforblock', NOBODY, 1_500)
    net.advance(1_000)
    expect(late.outcome).toBeUndefined()
    net.advance(1_000)
    expect(late.outcome?.result).toMatchObject({ height: 6 })
    expect(failure('waitfornewblock', -1)).toEqual([-1, 'Negative timeout'])
  })
})

describe('mining to order', () => {
  test('generatetodescriptor pays whom the descriptor says', () => {
    const address = rpc<string>('getnewaddress')
    const [hash] = rpc<string[]>('generatetodescriptor', 1, `addr(${address})`)
    const block = rpc<{ tx: { vout: { scriptPubKey: Json }[] }[] }>('getblock', hash, 2)
    expect(block.tx[0]?.vout[0]?.scriptPubKey.address).toBe(address)
    expect(failure('generatetodescriptor', 1, 'nonsense(1)')[0]).toBe(-5)
  })

  test('generateblock holds what is asked for and nothing else; one that is not submitted is only made', () => {
    const address = rpc<string>('getnewaddress')
    const [one, two] = [0.5, 0.25].map(amount => rpc<string>('sendtoaddress', address, amount))
    const made = rpc<{ hash: string; hex: string }>('generateblock', address, [], false)
    expect(rpc('getblockcount')).toBe(6)
    expect(rpc('submitblock', made.hex)).toBeNull()
    const { hash } = rpc<{ hash: string }>('generateblock', address, [one])
    expect(rpc<{ tx: string[] }>('getblock', hash).tx.slice(1)).toEqual([one])
    expect(rpc('getrawmempool')).toEqual([two])
    expect(failure('generateblock', address, [NOBODY])).toEqual([-5, `Transaction ${NOBODY} not in mempool.`])
    const spent = rpc<string>('getrawtransaction', one, 0, hash)
    expect(failure('generateblock', address, [spent])[0]).toBe(-25)
    expect(failure('generateblock', 'nowhere', [])).toEqual([-5, 'Error: Invalid address or descriptor'])
  })

  test('getblocktemplate is a block less its coinbase; a long poll ends with the next tip', () => {
    const txid = rpc<string>('sendtoaddress', rpc<string>('getnewaddress'), 1)
    const template = rpc<{ transactions: Json[]; longpollid: string } & Json>('getblocktemplate', {
      rules: ['segwit'],
    })
    const fee = Math.round(rpc<{ fees: { base: number } }>('getmempoolentry', txid).fees.base * 1e8)
    expect(template).toMatchObject({
      height: 7,
      previousblockhash: rpc('getbestblockhash'),
      coinbasevalue: 5_000_000_000 + fee,
      transactions: [{ txid, fee, depends: [], data: rpc('getrawtransaction', txid) }],
      default_witness_commitment: expect.stringMatching(/^6a24aa21a9ed[0-9a-f]{64}$/),
      target: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const poll = later('getblocktemplate', { rules: ['segwit'], longpollid: template.longpollid })
    expect(poll.outcome).toBeUndefined()
    net.mine(0)
    expect(poll.outcome?.result).toMatchObject({ height: 8, transactions: [] })
    expect(failure('getblocktemplate')[0]).toBe(-8)
    expect(failure('getblocktemplate', { mode: 'nothing' })[0]).toBe(-8)
  })
})

describe('the mempool', () => {
  test('knows families, spenders, and its sequence', () => {
    const address = rpc<string>('getnewaddress')
    const before = rpc<{ mempool_sequence: number }>('getrawmempool', false, true).mempool_sequence
    const parent = rpc<string>('sendtoaddress', address, 180)
    const child = rpc<string>('sendtoaddress', address, 15)
    expect(rpc('getmempoolancestors', child)).toEqual([parent])
    expect(rpc('getmempooldescendants', parent)).toEqual([child])
    expect(rpc('getmempoolancestors', child, true)).toEqual({ [parent]: rpc('getmempoolentry', parent) })
    const [input] = rpc<{ vin: { txid: string; vout: number }[] }>('getrawtransaction', child, 1).vin
    expect(rpc('gettxspendingprevout', [{ txid: input?.txid, vout: input?.vout }])).toEqual([
      { txid: input?.txid, vout: input?.vout, spendingtxid: child },
    ])
    expect(rpc('getrawmempool', false, true)).toEqual({
      txids: [parent, child],
      mempool_sequence: before + 2,
    })
    expect(failure('getrawmempool', true, true)[0]).toBe(-8)
  })

  test('gettxspendingprevout wants outputs, whole and nothing else', () => {
    expect(
      [[], [{ txid: NOBODY, vout: -1 }], [{ txid: NOBODY, vout: 0, of: 1 }], [{ txid: 42, vout: 0 }]].map(
        outputs => failure('gettxspendingprevout', outputs),
      ),
    ).toEqual([
      [-8, 'Invalid parameter, outputs are missing'],
      [-8, 'Invalid parameter, vout cannot be negative'],
      [-3, 'Unexpected key of'],
      [-3, 'JSON value of type number for field txid is not of expected type string'],
    ])
  })

  test('prioritises by satoshi, whether the transaction is here or not', () => {
    const txid = rpc<string>('sendtoaddress', rpc<string>('getnewaddress'), 1)
    const base = rpc<{ fees: { base: number } }>('getmempoolentry', txid).fees.base
    expect(rpc('prioritisetransaction', txid, null, 5_000)).toBe(true)
    expect(rpc('prioritisetransaction', NOBODY, 0, -7)).toBe(true)
    expect(failure('prioritisetransaction', txid, 1, 5)).toEqual([
      -8,
      'Priority is no longer supported, dummy argument to prioritisetransaction must be 0.',
    ])
    expect(failure('prioritisetransaction', txid, 'foo', 5)).toEqual([
      -3,
      'JSON value of type string is not of expected type number',
    ])
    const modified = Math.round(base * 1e8) + 5_000
    expect(rpc('getprioritisedtransactions')).toEqual({
      [txid]: { fee_delta: 5_000, in_mempool: true, modified_fee: modified },
      [NOBODY]: { fee_delta: -7, in_mempool: false },
    })
    const { fees } = rpc<{ fees: Json }>('getmempoolentry', txid)
    expect(fees).toEqual({ base, ...same(modified / 1e8, 'modified', 'ancestor', 'descendant') })
    expect(rpc<{ total_fee: number }>('getmempoolinfo').total_fee).toBe(base)
    net.mine(0)
    expect(rpc('getprioritisedtransactions')).toEqual({ [NOBODY]: { fee_delta: -7, in_mempool: false } })
    expect(rpc('getmininginfo')).toMatchObject({ currentblocktx: 1 })
  })

  test('testmempoolaccept says what would be, for one or a chain of them, and takes nothing', () => {
    const { wallet } = net.ledger(0)
    const address = rpc<string>('getnewaddress')
    const tx = wallet.send(address, 1_000_000)
    const hex = Buffer.from(tx.bytes).toString('hex')
    const [verdict] = rpc<Json[]>('testmempoolaccept', [hex])
    expect(verdict).toMatchObject({
      txid: tx.txid,
      wtxid: tx.wtxid,
      allowed: true,
      fees: { 'effective-includes': [tx.wtxid] },
    })
    expect(rpc('getrawmempool')).toEqual([])
    expect(rpc('sendrawtransaction', hex)).toBe(tx.txid)
    expect(rpc<Json[]>('testmempoolaccept', [hex])).toMatchObject([
      { allowed: false, 'reject-reason': 'txn-already-in-mempool' },
    ])
    const orphan = rpc<string>('createrawtransaction', [{ txid: NOBODY, vout: 0 }], [{ [address]: 1 }])
    expect(rpc<Json[]>('testmempoolaccept', [orphan])).toMatchObject([
      { allowed: false, 'reject-reason': 'missing-inputs' },
    ])
    expect(failure('testmempoolaccept', ['00'])[0]).toBe(-22)
    expect(failure('testmempoolaccept', [])[0]).toBe(-8)
  })
})
