// RPC of miners from outside: proposals, headers, blocks that are none, and the version that an operator sets.

import { beforeEach, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { blockCodec, makeBlock } from '../../node/ledger/chain/block.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Header } from '../../node/ledger/chain/types.ts'
import { difficultyOfBits } from '../../node/ledger/consensus/target.ts'
import { INV } from '../../node/ledger/messages.ts'
import { buildBlock, rewardOf, spend, testKey } from '../support/chain.ts'
import { rpcFailure } from '../support/refusal.ts'
import { Victim } from '../support/victim.ts'

let victim: Victim
let block: Block

const rpc = <T = unknown>(method: string, ...params: unknown[]) => victim.net.rpc(0, method, ...params) as T
const hex = (one: Block) => toHex(encode(blockCodec, one))
const propose = (data: unknown) => rpc('getblocktemplate', { mode: 'proposal', data })
/** Not proven anew: of a proposal the work is not asked. */
const altered = (change: Partial<Header>) =>
  makeBlock(makeHeader({ ...block.header, ...change }), block.transactions)

beforeEach(() => {
  victim = new Victim('mining', 3)
  block = buildBlock(victim.chain, { tag: 7 })
})

test('a proposal is told whether it would be a block, and is not taken', () => {
  const { tip } = victim.chain
  expect(rpc<{ capabilities: string[] }>('getblocktemplate', { rules: ['segwit'] }).capabilities).toEqual([
    'proposal',
  ])
  expect(propose(hex(altered({ nonce: 1 })))).toBeNull()
  expect(victim.chain.tip).toBe(tip)
  expect(propose(hex(altered({ bits: 0x1c00ffff })))).toBe('bad-diffbits')
  expect(propose(hex(altered({ merkleRoot: new Uint8Array(32) })))).toBe('bad-txnmrklroot')
  expect(propose(hex(altered({ time: 0 })))).toBe('time-too-old')
  expect(propose(hex(altered({ time: 0xffffffff })))).toBe('time-too-new')
  expect(propose(hex(altered({ prev: 'ab'.repeat(32) })))).toBe('inconclusive-not-best-prevblk')
  expect(rpcFailure(() => propose(undefined))).toEqual([-3, 'Missing data String key for proposal'])
  expect(rpcFailure(() => propose(hex(block).slice(0, -2)))).toEqual([-22, 'Block decode failed'])
})

test('a proposal that spends what is not there, or takes too much, is refused by its coins', () => {
  const nobody = { point: { txid: 'ab'.repeat(32), index: 0 }, valueSat: 5_000 }
  const stray = spend([nobody], { outputs: [{ valueSat: 4_000, script: testKey(0).script }] })
  expect(propose(hex(buildBlock(victim.chain, { txs: [stray] })))).toBe('bad-txns-inputs-missingorspent')
  const greedy = buildBlock(victim.chain, { claimSat: 2 * rewardOf(block).valueSat })
  expect(propose(hex(greedy))).toBe('bad-cb-amount')
})

test('a proposal that is known is a duplicate', () => {
  victim.submit(block)
  expect(propose(hex(block))).toBe('duplicate')
  const next = buildBlock(victim.chain, { tag: 8 })
  rpc('submitheader', hex(next))
  expect(propose(hex(next))).toBe('duplicate-inconclusive')
})

test('of a whole block submitheader takes the header', () => {
  expect(rpc('submitheader', hex(block))).toBeNull()
  expect(victim.chain.bestHeader.hash).toBe(block.hash)
  expect(rpcFailure(() => rpc('submitheader', 'ff'.repeat(78)))).toEqual([-22, 'Block header decode failed'])
})

test('what does not begin with a coinbase is no block', () => {
  const stray = spend([rewardOf(block)], { outputs: [{ valueSat: 1, script: testKey(0).script }] })
  for (const transactions of [[], [stray]])
    expect(rpcFailure(() => rpc('submitblock', hex(makeBlock(block.header, transactions))))).toEqual([
      -22,
      'Block does not start with a coinbase',
    ])
})

test('a block that would be refused is not made, whether or not it is to be submitted', () => {
  const nobody = { point: { txid: 'ab'.repeat(32), index: 0 }, valueSat: 5_000 }
  const stray = spend([nobody], { outputs: [{ valueSat: 4_000, script: testKey(0).script }] })
  for (const submit of [true, false]) {
    const [code, words] = rpcFailure(() =>
      rpc('generateblock', rpc('getnewaddress'), [toHex(stray.bytes)], submit),
    )
    expect([code, words.split(': ').slice(0, 2)]).toEqual([
      -25,
      ['testBlockValidity failed', 'bad-txns-inputs-missingorspent'],
    ])
  }
})

test('an operator may have blocks of another version', () => {
  victim = new Victim('version', 1, {}, { ledger: { policy: { blockVersion: 1_337 } } })
  expect(rpc('getblocktemplate', { rules: ['segwit'] })).toMatchObject({ version: 1_337 })
})

test('a transaction that is here already is announced again, with the witness that it has here, to those who do not know of it', () => {
  victim = new Victim('again', 1, {}, { ledger: { tellsNewcomers: false } })
  const paid = rewardOf(victim.submit(buildBlock(victim.chain)))
  victim.mine(victim.chain.params.coinbaseMaturity)
  const script = testKey(1).script
  const payment = spend([paid], { outputs: [{ valueSat: paid.valueSat - 9_000, script }] })
  rpc('sendrawtransaction', toHex(payment.bytes))
  const peer = victim.join()
  victim.net.advance(60_000)
  expect(peer.told('inv')).toEqual([])
  const inputs = payment.inputs.map(input => ({ ...input, witness: [Uint8Array.of(1)] }))
  rpc('sendrawtransaction', toHex(makeTx({ ...payment, inputs }).bytes))
  victim.net.advance(60_000)
  expect(peer.told('inv').flatMap(items => [...items])).toEqual([{ type: INV.wtx, hash: payment.wtxid }])
})

test('numbers that are not whole have sixteen digits', () => {
  expect(String(difficultyOfBits(0x207fffff))).toBe('4.656542373906925e-10')
})
