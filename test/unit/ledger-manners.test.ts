// What Core's own tests ask of a peer with a ledger beyond the rules: who changes a block on its way, who sends what was not wanted,
// and what an old branch or a poor chain is worth.

import { describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { blockCodec, makeBlock } from '../../node/ledger/chain/block.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Tx } from '../../node/ledger/chain/types.ts'
import { makeCompact } from '../../node/ledger/compact.ts'
import { INV } from '../../node/ledger/messages.ts'
import { buildBlock, rewardOf, spend, testKey } from '../support/chain.ts'
import type { LedgerRawPeer } from '../support/ledger-network.ts'
import { Victim } from '../support/victim.ts'

const NOBODY = 'ab'.repeat(32)
const EVERYBODY = '0.0.0.0/0'

/** A block with a payment that the victim has not heard of. */
function withPayment(victim: Victim): { block: Block; payment: Tx } {
  const { chain } = victim
  const paid = victim.submit(buildBlock(chain))
  victim.mine(chain.params.coinbaseMaturity)
  const { point, valueSat } = rewardOf(paid)
  const outputs = [{ valueSat: valueSat - 10_000, script: testKey(1).script }]
  const payment = spend([{ point, valueSat }], { outputs })
  return { block: buildBlock(chain, { txs: [payment] }), payment }
}

function announce(victim: Victim, peer: LedgerRawPeer, block: Block): void {
  peer.tell(victim.net, 'sendcmpct', { highBandwidth: false, version: 2n })
  peer.tell(victim.net, 'cmpctblock', makeCompact(block, 1n))
}

const inFlight = (victim: Victim) =>
  (victim.net.rpc(0, 'getpeerinfo') as { inflight: number[] }[]).map(({ inflight }) => inflight)

describe('a block that was changed on its way', () => {
  test('is its sender’s offence, and whoever was asked for its transactions still completes it', () => {
    const victim = new Victim('mutated', 1)
    const { block, payment } = withPayment(victim)
    const honest = victim.join()
    announce(victim, honest, block)
    expect(honest.told('getblocktxn')).toMatchObject([{ hash: block.hash, indexes: [1] }])
    const liar = victim.join()
    const [coinbase] = block.transactions as [Tx]
    const changed = makeBlock(block.header, [coinbase, makeTx({ ...payment, version: 4 })])
    liar.tell(victim.net, 'block', changed)
    victim.expectOffence(liar, 'bad-txnmrklroot')
    expect(inFlight(victim)).toEqual([[victim.chain.tip.height + 1]])
    honest.tell(victim.net, 'blocktxn', { hash: block.hash, transactions: [payment] })
    expect(victim.chain.tip.hash).toBe(block.hash)
  })

  test('that stands on nothing is an offence, but where blocks come unasked', () => {
    for (const [relay, offences] of [
      ['compact', ['prev-blk-not-found']],
      ['unsolicited', []],
    ] as const) {
      const victim = new Victim('nowhere', 3, {}, { ledger: { relay } })
      const [header] = victim.headersOn(NOBODY, 1)
      const peer = victim.join()
      const [coinbase] = buildBlock(victim.chain).transactions
      if (header && coinbase) peer.tell(victim.net, 'block', makeBlock(header, [coinbase]))
      expect(victim.offences()).toEqual(offences)
    }
  })
})

describe('a compact block whose first sender is slow', () => {
  /** Makes it one of those that send blocks unasked: it was the first with the last one. */
  const prefer = (victim: Victim, peer: LedgerRawPeer) => {
    const block = buildBlock(victim.chain)
    peer.tell(victim.net, 'sendcmpct', { highBandwidth: false, version: 2n })
    peer.tell(victim.net, 'block', block)
    expect(victim.chain.tip.hash).toBe(block.hash)
  }

  test('is completed by a fast one; a third is not asked where none was dialled', () => {
    const victim = new Victim('alongside', 1)
    const { payment } = withPayment(victim)
    const [slow, fast, third] = [victim.join(), victim.join(), victim.join()]
    for (const peer of [fast, third]) prefer(victim, peer)
    const next = buildBlock(victim.chain, { txs: [payment] })
    for (const peer of [slow, fast, third]) announce(victim, peer, next)
    expect([slow, fast, third].map(peer => peer.told('getblocktxn').length)).toEqual([1, 1, 0])
    fast.tell(victim.net, 'blocktxn', { hash: next.hash, transactions: [payment] })
    expect(victim.chain.tip.hash).toBe(next.hash)
    slow.tell(victim.net, 'blocktxn', { hash: next.hash, transactions: [payment] })
    expect([victim.offences(), slow.closed]).toEqual([[], undefined])
  })
})

describe('transactions where none are wanted', () => {
  const blocksOnly = { core: { blocksOnly: true }, ledger: { blocksOnly: true } }

  test.each(['inv', 'tx'] as const)('close who sends one by %s', command => {
    const victim = new Victim('blocks-only', 1, {}, blocksOnly)
    const { payment } = withPayment(victim)
    const peer = victim.join()
    if (command === 'tx') peer.tell(victim.net, 'tx', payment)
    else peer.tell(victim.net, 'inv', [{ type: INV.wtx, hash: payment.wtxid }])
    expect([peer.closed, victim.offences()]).toEqual(['closed by peer', []])
    expect(peer.told('feefilter')).toEqual([])
  })

  test('are taken of who may send them, and blocks are asked for whole', () => {
    const grants = [{ subnet: EVERYBODY, permissions: ['relay'] as const, direction: 'in' as const }]
    const victim = new Victim('relay', 1, {}, { ...blocksOnly, core: { blocksOnly: true, grants } })
    const { payment } = withPayment(victim)
    const peer = victim.join()
    peer.tell(victim.net, 'tx', payment)
    expect(victim.net.rpc(0, 'getrawmempool')).toEqual([payment.txid])
    peer.tell(victim.net, 'sendcmpct', { highBandwidth: false, version: 2n })
    peer.tell(victim.net, 'headers', victim.headersOn(victim.chain.tip.hash, 1))
    expect(peer.told('getdata').map(items => [...items].map(({ type }) => type))).toEqual([
      [INV.witnessBlock],
    ])
  })
})

describe('messages for who is served by Bloom filters', () => {
  test.each(['mempool', 'filterload', 'filteradd', 'filterclear'] as const)('%s closes', command => {
    const victim = new Victim('bloom', 1)
    const peer = victim.join().tell(victim.net, command, null)
    expect([peer.closed, victim.offences()]).toEqual(['closed by peer', []])
  })

  test('the mempool is told to who may ask for it', () => {
    const grants = [{ subnet: EVERYBODY, permissions: ['mempool'] as const, direction: 'in' as const }]
    const victim = new Victim('bip35', 1, {}, { core: { grants } })
    const { payment } = withPayment(victim)
    victim.join().tell(victim.net, 'tx', payment)
    const peer = victim.join().tell(victim.net, 'mempool', null)
    expect(peer.told('inv').flatMap(items => [...items])).toEqual([{ type: INV.wtx, hash: payment.wtxid }])
    expect(peer.closed).toBeUndefined()
  })
})

test('a chain of too little work is neither followed, nor told of, nor the end of the initial download', () => {
  const victim = new Victim('poor', 3, {}, { ledger: { leastWork: 1_000n } })
  const peer = victim.join()
  peer.tell(victim.net, 'headers', victim.headersOn(victim.chain.tip.hash, 3))
  expect(victim.chain.bestHeader).toBe(victim.chain.tip)
  const question = { version: 70016, hashes: [victim.chain.genesis.hash], stop: '00'.repeat(32) }
  peer.tell(victim.net, 'getheaders', question)
  expect(peer.told('headers').at(-1)).toEqual([])
  expect(victim.net.rpc(0, 'getblockchaininfo')).toMatchObject({ initialblockdownload: true })
})

test('a tip of so many milliseconds ends the initial download where that is said', () => {
  const download = (maxTipAgeMs: number) => {
    const victim = new Victim('age', 1, {}, { ledger: { maxTipAgeMs } })
    const { initialblockdownload } = victim.net.rpc(0, 'getblockchaininfo') as Record<string, unknown>
    return initialblockdownload
  }
  expect([download(0), download(10_000_000)]).toEqual([true, false])
})

describe('blocks off the chain', () => {
  const MONTH_SECONDS = 30 * 24 * 60 * 60

  test.each([
    [60, true],
    [MONTH_SECONDS + 60, false],
  ])('that are %i s older than the best header are served: %s', (ageSeconds, served) => {
    const genesisTime = Math.floor(Date.UTC(2025, 0, 1) / 1000) - 2 * MONTH_SECONDS
    const victim = new Victim('stale', 1, { genesisTime })
    const stale = victim.submit(buildBlock(victim.chain, { time: genesisTime + 100 }))
    const parent = victim.chain.tip.parent
    if (!parent) throw new Error('a chain of two blocks')
    const peer = victim.join()
    const first = buildBlock(victim.chain, { parent, time: genesisTime + 100 + ageSeconds, tag: 1 })
    peer.tell(victim.net, 'block', first)
    const onFirst = victim.chain.entry(first.hash)
    if (!onFirst) throw new Error('a branch of one block')
    victim.submit(buildBlock(victim.chain, { parent: onFirst, tag: 1 }))
    peer.tell(victim.net, 'getdata', [{ type: INV.witnessBlock, hash: stale.hash }])
    expect(peer.told('block').length).toBe(served ? 1 : 0)
    peer.tell(victim.net, 'getheaders', { version: 70016, hashes: [], stop: stale.hash })
    expect(peer.told('headers').flat().length).toBe(served ? 1 : 0)
  })
})

test('an index of transactions finds those that are spent, and says how far it is', () => {
  const victim = new Victim('index', 1, {}, { ledger: { txIndex: true } })
  const { block, payment } = withPayment(victim)
  victim.submit(block)
  victim.net.advance(1_000)
  expect(victim.net.rpc(0, 'getindexinfo')).toEqual({
    txindex: { synced: true, best_block_height: victim.chain.tip.height },
  })
  const found = victim.net.rpc(0, 'getrawtransaction', payment.txid, 1) as Record<string, unknown>
  expect(found).toMatchObject({ txid: payment.txid, blockhash: block.hash, confirmations: 1 })
  expect(found).not.toHaveProperty('in_active_chain')
  const [input] = payment.inputs
  const spent = input?.previous.txid ?? ''
  expect(victim.net.rpc(0, 'gettxoutproof', [spent])).toEqual(expect.any(String))
  expect(() => victim.net.rpc(0, 'getrawtransaction', NOBODY)).toThrow('No such mempool or blockchain')
  const without = new Victim('none', 1)
  expect(without.net.rpc(0, 'getindexinfo')).toEqual({})
  expect(() => without.net.rpc(0, 'getrawtransaction', NOBODY)).toThrow('Use -txindex')
})

test('a block on a chain that it told of before with more work, and cannot give, does not keep it from giving another', () => {
  const victim = new Victim('another', 3)
  const { tip } = victim.chain
  const peer = victim.join()
  const longer = victim.headersOn(tip.hash, 2)
  peer.tell(victim.net, 'headers', longer)
  const block = buildBlock(victim.chain, { tag: 1, time: tip.header.time + 50 })
  peer.tell(victim.net, 'headers', [block.header])
  const wanted = peer.told('getdata').flatMap(items => [...items].map(({ hash }) => hash))
  expect(wanted).toEqual([...longer.map(({ hash }) => hash), block.hash])
})

test('where newcomers are not told of what is here, what nobody has asked for is announced again after a quarter of an hour', () => {
  const victim = new Victim('again', 1, {}, { ledger: { tellsNewcomers: false } })
  const { payment } = withPayment(victim)
  victim.net.rpc(0, 'sendrawtransaction', toHex(payment.bytes))
  victim.net.advance(10_000)
  const peer = victim.join()
  victim.net.advance(60_000)
  expect(peer.told('inv')).toEqual([])
  victim.net.advance(15 * 60_000)
  expect(peer.told('inv').flatMap(items => [...items])).toContainEqual({ type: INV.wtx, hash: payment.wtxid })
})

test('submitblock says how a script failed', () => {
  const victim = new Victim('script', 1)
  const { payment } = withPayment(victim)
  const [input] = payment.inputs
  if (!input) throw new Error('a payment has an input')
  const forged = makeTx({
    ...payment,
    inputs: [{ ...input, witness: [new Uint8Array(0), ...input.witness.slice(1)] }],
  })
  const block = buildBlock(victim.chain, { txs: [forged] })
  expect(victim.net.rpc(0, 'submitblock', toHex(encode(blockCodec, block)))).toMatch(
    /^mandatory-script-verify-flag-failed \(.+\)$/,
  )
})
