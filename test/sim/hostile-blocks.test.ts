// Hostile and unlucky peers: what becomes of broken blocks, whole and compact, and who is blamed for them.

import { beforeEach, describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { blockCodec, makeBlock } from '../../node/ledger/chain/block.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, BlockEntry, Header, Tx } from '../../node/ledger/chain/types.ts'
import { makeCompact } from '../../node/ledger/compact.ts'
import { INV } from '../../node/ledger/messages.ts'
import { buildBlock, outputOf, rewardOf, spend, testKey } from '../support/chain.ts'
import type { LedgerNetwork } from '../support/ledger-network.ts'
import { Victim, withoutWork } from '../support/victim.ts'

const HASH = 'ab'.repeat(32)

let victim: Victim
let net: LedgerNetwork
let chain: Chain

beforeEach(() => {
  victim = new Victim('hostile', 5)
  net = victim.net
  chain = victim.chain
})

describe('blocks', () => {
  test('a block whose transactions are not those of its header is an offence of the sender, not of the block', () => {
    const good = buildBlock(chain)
    const forged = makeBlock(good.header, buildBlock(chain, { tag: 5 }).transactions)
    const peer = victim.join().tell(net, 'block', forged)
    victim.expectOffence(peer, 'bad-txnmrklroot')
    // Nothing of it is taken, and it is told as any block that was refused.
    expect(chain.entry(good.hash)).toBeUndefined()
    expect(net.events.map(({ event }) => event)).toContainEqual({
      ...{ type: 'block-rejected', hash: good.hash, reason: 'bad-txnmrklroot' },
    })
    victim.join().tell(net, 'block', good)
    expect(chain.tip.hash).toBe(good.hash)
  })

  test('so is a block that repeats transactions behind the same Merkle root (CVE-2012-2459)', () => {
    const [a, b] = [victim.submit(buildBlock(chain)), victim.submit(buildBlock(chain))]
    victim.mine(2)
    const pay = (block: Block) =>
      spend([rewardOf(block)], { outputs: [{ valueSat: 1_000_000, script: testKey(1).script }] })
    const good = buildBlock(chain, { txs: [pay(a), pay(b)] })
    const repeated = makeBlock(good.header, [...good.transactions, good.transactions[2] as Tx])
    victim.expectOffence(victim.join().tell(net, 'block', repeated), 'bad-txns-duplicate')
    victim.join().tell(net, 'block', good)
    expect(chain.tip.hash).toBe(good.hash)
  })

  test('a block that spends a coin twice is an offence, and stays invalid', () => {
    const reward = victim.submit(buildBlock(chain))
    victim.mine(2)
    const to = (n: number) =>
      spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000, script: testKey(n).script }] })
    const tip = chain.tip
    const twice = buildBlock(chain, { txs: [to(1), to(2)] })
    victim.expectOffence(victim.join().tell(net, 'block', twice), 'bad-txns-inputs-missingorspent')
    expect(chain.tip).toBe(tip)
    expect(chain.entry(twice.hash)?.status).toBe('invalid')
    expect(net.rpc(0, 'submitblock', toHex(encode(blockCodec, twice)))).toBe('duplicate-invalid')
  })

  test('a block that pays its miner too much is an offence', () => {
    const greedy = buildBlock(chain, { claimSat: chain.subsidySat(6) + 1 })
    victim.expectOffence(victim.join().tell(net, 'block', greedy), 'bad-cb-amount')
  })

  test('a header on an invalid block is an offence', () => {
    const bad = buildBlock(chain, { claimSat: chain.subsidySat(6) + 1 })
    victim.join().tell(net, 'block', bad)
    const [next] = victim.headersOn(bad.hash, 1) as [Header]
    const peer = victim.join().tell(net, 'headers', [next])
    expect(victim.offences()).toEqual(['bad-cb-amount', 'bad-prevblk'])
    expect(peer.closed).toBeDefined()
  })

  test('a block that spends what anyone may spend is as good as any, and is built upon', () => {
    const reward = victim.submit(buildBlock(chain))
    victim.mine(2)
    const open = { valueSat: 1_000_000, script: Uint8Array.of(0x51) }
    const pay = spend([rewardOf(reward)], { outputs: [open] })
    victim.submit(buildBlock(chain, { txs: [pay] }))
    const bare = {
      previous: outputOf(pay).point,
      scriptSig: new Uint8Array(0),
      sequence: 0xffffffff,
      witness: [],
    }
    const outputs = [{ valueSat: 1_000, script: testKey(1).script }]
    const taken = makeTx({ version: 2, inputs: [bare], outputs, lockTime: 0 })
    const foreign = buildBlock(chain, { txs: [taken] })
    const peer = victim.join().tell(net, 'block', foreign)
    expect(chain.tip.hash).toBe(foreign.hash)
    peer.tell(net, 'block', buildBlock(chain))
    victim.expectForgiven(peer)
    expect(chain.tip.parent?.hash).toBe(foreign.hash)
  })

  test('a block whose parent is unknown is nothing that anybody asked for', () => {
    const [header] = victim.headersOn(HASH, 1) as [Header]
    const peer = victim.join().tell(net, 'headers', [])
    peer.tell(net, 'block', makeBlock(header, buildBlock(chain).transactions))
    victim.expectOffence(peer, 'prev-blk-not-found')
  })

  test('a bad block that waited for its parent is blamed on who sent it, not on who sent the parent', () => {
    const parent = buildBlock(chain)
    const early = victim.join().tell(net, 'headers', [parent.header])
    const onParent = { parent: chain.entry(parent.hash) as BlockEntry, claimSat: chain.subsidySat(7) + 1 }
    const greedy = buildBlock(chain, onParent)
    early.tell(net, 'headers', [greedy.header]).tell(net, 'block', greedy)
    victim.expectForgiven(early)
    const honest = victim.join().tell(net, 'block', parent)
    expect(chain.tip.hash).toBe(parent.hash)
    victim.expectOffence(early, 'bad-cb-amount')
    expect(honest.closed).toBeUndefined()
  })
})

describe('compact blocks', () => {
  test('two equal short ids: the whole block is asked for, nobody is to blame', () => {
    const block = buildBlock(chain)
    const compact = makeCompact(block, 1n)
    const peer = victim.join().tell(net, 'cmpctblock', { ...compact, shortIds: [7, 7] })
    victim.expectForgiven(peer)
    expect(peer.told('getdata').flat()).toEqual([{ type: INV.witnessBlock, hash: block.hash }])
    peer.tell(net, 'block', block)
    expect(chain.tip.hash).toBe(block.hash)
  })

  test('wrong transactions for the missing places: the whole block is asked for, nobody is to blame', () => {
    const reward = victim.submit(buildBlock(chain))
    victim.mine(2)
    const to = (n: number) =>
      spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000, script: testKey(n).script }] })
    const block = buildBlock(chain, { txs: [to(1)] })
    const peer = victim.join().tell(net, 'cmpctblock', makeCompact(block, 1n))
    expect(peer.told('getblocktxn')).toEqual([{ hash: block.hash, indexes: [1] }])
    peer.tell(net, 'blocktxn', { hash: block.hash, transactions: [to(2)] })
    victim.expectForgiven(peer)
    expect(peer.told('getdata').flat()).toEqual([{ type: INV.witnessBlock, hash: block.hash }])
  })

  test('a compact block that comes again and again has the mempool looked through for it a few times only', () => {
    const block = buildBlock(chain)
    const { mempool } = net.ledger(0)
    const entries = mempool.entries.bind(mempool)
    let walks = 0
    mempool.entries = () => {
      walks++
      return entries()
    }
    for (let n = 0; n < 20; n++)
      victim.join().tell(net, 'cmpctblock', { ...makeCompact(block, BigInt(n)), shortIds: [n] }, 10)
    // Who joins is told of all that is there, too.
    expect(walks - 20).toBeLessThanOrEqual(4)
  })

  test('too few transactions for the missing places are an offence', () => {
    const block = buildBlock(chain)
    const peer = victim.join().tell(net, 'cmpctblock', { ...makeCompact(block, 1n), shortIds: [1, 2] })
    peer.tell(net, 'blocktxn', { hash: block.hash, transactions: [] })
    victim.expectOffence(peer, 'malformed')
  })

  test('a late answer to an earlier question about the same block is no offence', () => {
    const rewards = [victim.submit(buildBlock(chain)), victim.submit(buildBlock(chain))]
    victim.mine(2)
    const [first, second] = rewards.map(reward =>
      spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000_000, script: testKey(1).script }] }),
    ) as [Tx, Tx]
    const block = buildBlock(chain, { txs: [first, second] })
    const peer = victim.join().tell(net, 'cmpctblock', makeCompact(block, 1n))
    // As many others as are waited for: the first one is given up.
    const others = Array.from({ length: 16 }, (_, n) => victim.join().tell(net, 'headers', [], n))
    for (const [n, other] of others.entries()) {
      const twin = buildBlock(chain, { tag: n + 1 })
      other.tell(net, 'cmpctblock', { ...makeCompact(twin, 1n), shortIds: [n] }, 10)
    }
    expect(net.rpc(0, 'sendrawtransaction', toHex(first.bytes), 0)).toBe(first.txid)
    peer.tell(net, 'cmpctblock', makeCompact(block, 2n))
    expect(peer.told('getblocktxn')).toEqual([
      { hash: block.hash, indexes: [1, 2] },
      { hash: block.hash, indexes: [2] },
    ])
    peer.tell(net, 'blocktxn', { hash: block.hash, transactions: [first, second] })
    victim.expectForgiven(peer)
    expect(chain.tip.hash).not.toBe(block.hash)
    peer.tell(net, 'blocktxn', { hash: block.hash, transactions: [second] })
    victim.expectForgiven(peer)
    expect(chain.tip.hash).toBe(block.hash)
  })

  test('a wrong answer to the last question that is open is one', () => {
    const reward = victim.submit(buildBlock(chain))
    victim.mine(2)
    const block = buildBlock(chain, {
      txs: [spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000, script: testKey(1).script }] })],
    })
    const peer = victim.join().tell(net, 'blocktxn', { hash: block.hash, transactions: [] })
    victim.expectForgiven(peer)
    peer.tell(net, 'cmpctblock', makeCompact(block, 1n))
    peer.tell(net, 'blocktxn', { hash: block.hash, transactions: [] })
    victim.expectOffence(peer, 'malformed')
  })

  test('a compact block without work is an offence', () => {
    const block = buildBlock(chain)
    const compact = makeCompact(makeBlock(withoutWork(block.header), block.transactions), 1n)
    victim.expectOffence(victim.join().tell(net, 'cmpctblock', compact), 'high-hash')
  })

  test('a broken block that came compact is refused without blame: it may be relayed before it is checked', () => {
    const greedy = buildBlock(chain, { claimSat: chain.subsidySat(6) + 1 })
    const peer = victim.join().tell(net, 'cmpctblock', makeCompact(greedy, 1n))
    victim.expectForgiven(peer)
    expect(chain.entry(greedy.hash)?.status).toBe('invalid')
  })

  test('asking for transactions that a block does not have is an offence', () => {
    const peer = victim.join().tell(net, 'getblocktxn', { hash: chain.tip.hash, indexes: [0, 1] })
    victim.expectOffence(peer, 'getblocktxn with out-of-bounds tx indices')
  })
})
