// What comes to a ledger that it has already, or that cannot be used as it is: what is counted, kept, and asked for instead.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import type { Block, Header, Tx } from '../../node/ledger/chain/types.ts'
import { makeCompact } from '../../node/ledger/compact.ts'
import { INV } from '../../node/ledger/messages.ts'
import { buildBlock, rewardOf, spend, testKey } from '../support/chain.ts'
import type { LedgerNetwork } from '../support/ledger-network.ts'
import { Victim } from '../support/victim.ts'

let victim: Victim
let net: LedgerNetwork
let chain: Chain
/** A coin that can be spent. */
let reward: Block

beforeEach(() => {
  victim = new Victim('hearsay', 2)
  net = victim.net
  chain = victim.chain
  reward = victim.submit(buildBlock(chain))
  victim.mine(2)
})

const payTo = (n: number): Tx =>
  spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000_000, script: testKey(n).script }] })

const metric = (name: string, labels: Readonly<Record<string, string>> = {}) =>
  net
    .ledger(0)
    .readMetrics()
    .find(
      one =>
        one.name === `netsplit_${name}` &&
        Object.entries(labels).every(([key, of]) => one.labels?.[key] === of),
    )?.value

describe('a transaction that is here already', () => {
  const counts = () => [
    metric('transactions_accepted_total'),
    metric('transactions_duplicate_total'),
    metric('transactions_rejected_total', { reason: 'conflict' }),
  ]

  test('in the mempool or in a block is counted as one that came again, whoever sends it', () => {
    const tx = payTo(1)
    expect(counts()).toEqual([0, 0, 0])
    const sender = victim.join().tell(net, 'tx', tx)
    expect(counts()).toEqual([1, 0, 0])
    sender.tell(net, 'tx', tx)
    victim.join().tell(net, 'tx', tx)
    expect(counts()).toEqual([1, 2, 0])
    victim.submit(buildBlock(chain, { txs: [tx] }))
    const late = victim.join().tell(net, 'tx', tx)
    expect(counts()).toEqual([1, 3, 0])
    victim.expectForgiven(late)
  })

  test('and was refused is not looked at twice', () => {
    victim.join().tell(net, 'tx', payTo(1))
    const [second, third] = [victim.join(), victim.join()]
    for (const peer of [second, third]) peer.tell(net, 'tx', payTo(2))
    expect(counts()).toEqual([1, 1, 1])
    victim.expectForgiven(third)
  })
})

test('of headers that do not follow each other none is stored', () => {
  const [a, b, , d] = victim.headersOn(chain.tip.hash, 4) as [Header, Header, Header, Header]
  victim.expectOffence(victim.join().tell(net, 'headers', [a, b, d]), 'non-continuous-headers')
  expect([a, b, d].map(({ hash }) => chain.entry(hash))).toEqual([undefined, undefined, undefined])
})

describe('a compact block', () => {
  const asked = (peer: ReturnType<Victim['join']>) => peer.told('getdata').flat()

  test('far above the tip is asked for when the blocks below it are, and only once', () => {
    const [first, second, third] = victim.headersOn(chain.tip.hash, 3) as [Header, Header, Header]
    const peer = victim.join().tell(net, 'headers', [first, second])
    const before = asked(peer).length
    expect(before).toBe(2)
    const compact = {
      header: third,
      nonce: 1n,
      shortIds: [7],
      prefilled: makeCompact(buildBlock(chain), 1n).prefilled,
    }
    peer.tell(net, 'cmpctblock', compact)
    expect(peer.told('getblocktxn')).toEqual([])
    victim.expectForgiven(peer)
  })

  test('whose sender goes before it gave the rest can come from another', () => {
    const block = buildBlock(chain, { txs: [payTo(1)] })
    const gone = victim.join().tell(net, 'cmpctblock', makeCompact(block, 1n))
    expect(gone.told('getblocktxn')).toEqual([{ hash: block.hash, indexes: [1] }])
    const other = victim.join()
    gone.close()
    net.advance(500)
    other.tell(net, 'cmpctblock', makeCompact(block, 2n))
    expect(other.told('getblocktxn')).toEqual([{ hash: block.hash, indexes: [1] }])
    other.tell(net, 'blocktxn', { hash: block.hash, transactions: block.transactions.slice(1) })
    expect(chain.tip.hash).toBe(block.hash)
  })

  test('goes on being waited for when another peer goes', () => {
    const block = buildBlock(chain, { txs: [payTo(1)] })
    const stranger = victim.join()
    const sender = victim.join().tell(net, 'cmpctblock', makeCompact(block, 1n))
    stranger.close()
    net.advance(500)
    sender.tell(net, 'blocktxn', { hash: block.hash, transactions: block.transactions.slice(1) })
    expect(chain.tip.hash).toBe(block.hash)
  })

  test('is looked for four times, and anew when sixty-four others were looked for since', () => {
    const { mempool } = net.ledger(0)
    const entries = mempool.entries.bind(mempool)
    let walks = 0
    const peers = Array.from({ length: 7 }, () => victim.join())
    mempool.entries = () => {
      walks++
      return entries()
    }
    const walksFor = (block: Block, n: number) => {
      const before = walks
      peers[n]?.tell(net, 'cmpctblock', { ...makeCompact(block, BigInt(n)), shortIds: [n] }, 10)
      return walks - before
    }
    const block = buildBlock(chain)
    expect([0, 1, 2, 3, 4, 5].map(n => walksFor(block, n))).toEqual([1, 1, 1, 1, 0, 0])
    for (let tag = 1; tag <= 63; tag++) expect(walksFor(buildBlock(chain, { tag }), 0)).toBe(1)
    expect(walksFor(block, 5)).toBe(0)
    expect(walksFor(buildBlock(chain, { tag: 64 }), 0)).toBe(1)
    expect(walksFor(block, 6)).toBe(1)
  })

  test('that was looked for often enough is asked for whole of the first that sends it then, and of nobody else', () => {
    const block = buildBlock(chain, { txs: [payTo(1)] })
    // Two equal short ids: each has the mempool looked through, and is asked for whole at once.
    const odd = { ...makeCompact(block, 1n), shortIds: [7, 7] }
    const [first, ...others] = Array.from({ length: 7 }, () => victim.join())
    for (const peer of [first, ...others]) peer?.tell(net, 'cmpctblock', odd)
    expect(first && asked(first)).toEqual([{ type: INV.witnessBlock, hash: block.hash }])
    expect(others.flatMap(asked)).toEqual([])
  })
})
