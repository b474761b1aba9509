// Hostile and unlucky peers: what each of them meets with, exactly. Real proof of work at trivial difficulty.

import { beforeEach, describe, expect, test } from 'vitest'
import { blockCodec, makeBlock } from '../../node/ledger/chain/block.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, BlockEntry, Header, Tx } from '../../node/ledger/chain/types.ts'
import { makeCompact } from '../../node/ledger/compact.ts'
import { bitsToTarget, meetsTarget } from '../../node/ledger/consensus/target.ts'
import { INV } from '../../node/ledger/messages.ts'
import { encode } from '../../node/wire/codec.ts'
import { toHex } from '../../node/wire/hex.ts'
import { buildBlock, EASY_SPEC, outputOf, rewardOf, solve, spend, testKey } from '../support/chain.ts'
import { START_MS } from '../support/harness.ts'
import { createLedgerNetwork, type LedgerNetwork, LedgerRawPeer } from '../support/ledger-network.ts'

const SPEC = { ...EASY_SPEC, genesisTime: START_MS / 1000 - 3_600 }
const HASH = 'ab'.repeat(32)

let net: LedgerNetwork
let chain: Chain
let peers: number

beforeEach(() => {
  net = createLedgerNetwork({ seed: 'hostile', nodes: 1, chain: SPEC })
  chain = net.ledger(0).chain
  peers = 0
  for (let i = 0; i < 5; i++) submit(buildBlock(chain))
})

function submit(block: Block): Block {
  expect(net.rpc(0, 'submitblock', toHex(encode(blockCodec, block)))).toBeNull()
  return block
}

/** A peer with its handshake done. Each has another address. */
function join(): LedgerRawPeer {
  peers++
  return new LedgerRawPeer(net, `10.9.${peers}.1:18444`).meet(net, 0, BigInt(peers))
}

/** Reasons of all offences so far. */
const offences = () =>
  net.events.filter(({ event }) => event.type === 'misbehaviour').map(({ event }) => event.reason)

function expectOffence(peer: LedgerRawPeer, reason: string): void {
  expect(offences()).toEqual([reason])
  expect(peer.closed).toBe('closed by peer')
}

function expectForgiven(peer: LedgerRawPeer): void {
  expect(offences()).toEqual([])
  expect(peer.closed).toBeUndefined()
}

function withoutWork(header: Header): Header {
  const target = bitsToTarget(header.bits)
  let changed = header
  while (meetsTarget(changed.hash, target)) changed = makeHeader({ ...changed, nonce: changed.nonce + 1 })
  return changed
}

/** `count` headers that follow each other, on `prev`. */
function headersOn(prev: string, count: number, time = chain.tip.header.time + 1): Header[] {
  const headers: Header[] = []
  for (let i = 0; i < count; i++) {
    const fields = { ...chain.tip.header, prev: headers.at(-1)?.hash ?? prev, time: time + i, nonce: 0 }
    headers.push(solve(makeHeader(fields), chain.params))
  }
  return headers
}

describe('peers from which nothing comes, at a block every thirty seconds', () => {
  beforeEach(() => {
    net = createLedgerNetwork({ seed: 'silent', nodes: 1, chain: { ...SPEC, blockIntervalMs: 30_000 } })
    chain = net.ledger(0).chain
    submit(buildBlock(chain))
    net.advance(1_000)
  })

  test('who does not answer is asked again after six seconds, and before twelve', () => {
    const peer = join()
    const asked = peer.told('getheaders').length
    net.advance(4_500)
    expect(peer.told('getheaders').length).toBe(asked)
    net.advance(6_500)
    expect(peer.told('getheaders').length).toBe(asked + 1)
  })

  test('who stays behind us is asked once a minute, who is level never', () => {
    const peer = join().tell(net, 'headers', [chain.tip.header])
    const level = join().tell(net, 'headers', [chain.tip.header])
    net.advance(300_000)
    peer.heard = []
    level.heard = []
    const { header } = submit(buildBlock(chain))
    level.tell(net, 'headers', [header])
    const untilAskedMs = () => {
      const sinceMs = net.elapsedMs()
      const asked = peer.told('getheaders').length
      expect(net.until(() => peer.told('getheaders').length > asked, 120_000)).toBe(true)
      expect(peer.told('getheaders').at(-1)?.hashes[0]).toBe(header.prev)
      const waitedMs = net.elapsedMs() - sinceMs
      peer.tell(net, 'headers', []) // it has nothing new
      return waitedMs
    }
    for (const waitedMs of [untilAskedMs(), untilAskedMs()]) {
      expect(waitedMs).toBeGreaterThan(59_000)
      expect(waitedMs).toBeLessThan(67_000)
    }
    peer.tell(net, 'headers', [header])
    net.advance(300_000)
    expect(peer.told('getheaders')).toHaveLength(2)
    expect(level.told('getheaders')).toEqual([])
    expectForgiven(peer)
  })
})

describe('headers', () => {
  test('a header without work is an offence, and not stored', () => {
    const header = withoutWork(buildBlock(chain).header)
    const peer = join().tell(net, 'headers', [header])
    expectOffence(peer, 'high-hash')
    expect(chain.entry(header.hash)).toBeUndefined()
  })

  test('one without work among good ones is as bad', () => {
    const [a, b] = headersOn(chain.tip.hash, 2) as [Header, Header]
    expectOffence(join().tell(net, 'headers', [a, withoutWork(b)]), 'high-hash')
  })

  test('headers that do not follow each other are an offence', () => {
    const [a, , c] = headersOn(chain.tip.hash, 3) as [Header, Header, Header]
    expectOffence(join().tell(net, 'headers', [a, c]), 'non-continuous-headers')
  })

  test('a header that breaks a rule of its place is an offence', () => {
    const header = buildBlock(chain, { time: chain.genesis.header.time }).header
    expectOffence(join().tell(net, 'headers', [header]), 'time-too-old')
  })

  test('a header from the future is not stored, and forgiven', () => {
    const { header } = buildBlock(chain, { time: net.clock.now() / 1000 + 3 * 3_600 })
    const peer = join().tell(net, 'headers', [header])
    expectForgiven(peer)
    expect(chain.entry(header.hash)).toBeUndefined()
  })

  test('a header that connects to nothing makes us ask, once a message', () => {
    const peer = join()
    const before = peer.told('getheaders').length
    peer.tell(net, 'headers', headersOn(HASH, 1))
    expectForgiven(peer)
    expect(peer.told('getheaders').length).toBe(before + 1)
    expect(peer.told('getheaders').at(-1)?.hashes[0]).toBe(chain.tip.hash)
  })

  test('more of them at once than a block is announced with are an offence', () => {
    expectOffence(join().tell(net, 'headers', headersOn(HASH, 9)), 'unconnecting-headers')
  })

  test('so is one after the other without an end; one that connects starts the count anew', () => {
    const peer = join()
    for (let i = 0; i < 10; i++) peer.tell(net, 'headers', headersOn(HASH, 1, i))
    expectForgiven(peer)
    peer.tell(net, 'headers', [chain.tip.header])
    for (let i = 0; i < 10; i++) peer.tell(net, 'headers', headersOn(HASH, 1, i))
    expectForgiven(peer)
    peer.tell(net, 'headers', headersOn(HASH, 1))
    expectOffence(peer, 'unconnecting-headers')
  })

  test('a chain with little work is neither stored nor held against anybody', () => {
    for (let i = 0; i < 160; i++) submit(buildBlock(chain))
    const cheap = headersOn(chain.genesis.hash, 15, chain.genesis.header.time + 1)
    const peer = join().tell(net, 'headers', cheap)
    expectForgiven(peer)
    for (const { hash } of cheap) expect(chain.entry(hash)).toBeUndefined()
  })

  test('a rival chain from far below is stored once it has proved enough work', () => {
    for (let i = 0; i < 145; i++) submit(buildBlock(chain))
    const rival = headersOn(chain.genesis.hash, 2_100, chain.genesis.header.time + 1)
    const peer = join()
    peer.heard = []
    peer.tell(net, 'headers', rival.slice(0, 2_000))
    expect(peer.told('getheaders').at(-1)?.hashes[0]).toBe(rival[1_999]?.hash)
    // It finds another block meanwhile and says so: that is no part of the answer.
    peer.tell(net, 'headers', headersOn(rival.at(-1)?.hash ?? '', 1))
    peer.tell(net, 'headers', rival.slice(2_000))
    expectForgiven(peer)
    expect(chain.bestHeader.hash).toBe(rival.at(-1)?.hash)
  })
})

describe('blocks', () => {
  test('a block whose transactions are not those of its header is an offence of the sender, not of the block', () => {
    const good = buildBlock(chain)
    const forged = makeBlock(good.header, buildBlock(chain, { tag: 5 }).transactions)
    const peer = join().tell(net, 'block', forged)
    expectOffence(peer, 'bad-txnmrklroot')
    expect(chain.entry(good.hash)?.status).toBe('header')
    join().tell(net, 'block', good)
    expect(chain.tip.hash).toBe(good.hash)
  })

  test('so is a block that repeats transactions behind the same Merkle root (CVE-2012-2459)', () => {
    const [a, b] = [submit(buildBlock(chain)), submit(buildBlock(chain))]
    submit(buildBlock(chain))
    submit(buildBlock(chain))
    const pay = (block: Block) =>
      spend([rewardOf(block)], { outputs: [{ valueSat: 1_000_000, script: testKey(1).script }] })
    const good = buildBlock(chain, { txs: [pay(a), pay(b)] })
    const repeated = makeBlock(good.header, [...good.transactions, good.transactions[2] as Tx])
    expectOffence(join().tell(net, 'block', repeated), 'bad-txns-duplicate')
    join().tell(net, 'block', good)
    expect(chain.tip.hash).toBe(good.hash)
  })

  test('a block that spends a coin twice is an offence, and stays invalid', () => {
    const [reward] = [submit(buildBlock(chain))]
    submit(buildBlock(chain))
    submit(buildBlock(chain))
    const to = (n: number) =>
      spend([rewardOf(reward as Block)], { outputs: [{ valueSat: 1_000, script: testKey(n).script }] })
    const tip = chain.tip
    const twice = buildBlock(chain, { txs: [to(1), to(2)] })
    expectOffence(join().tell(net, 'block', twice), 'bad-txns-inputs-missingorspent')
    expect(chain.tip).toBe(tip)
    expect(chain.entry(twice.hash)?.status).toBe('invalid')
    expect(net.rpc(0, 'submitblock', toHex(encode(blockCodec, twice)))).toBe('duplicate-invalid')
  })

  test('a block that pays its miner too much is an offence', () => {
    const greedy = buildBlock(chain, { claimSat: chain.subsidySat(6) + 1 })
    expectOffence(join().tell(net, 'block', greedy), 'bad-cb-amount')
  })

  test('a header on an invalid block is an offence', () => {
    const bad = buildBlock(chain, { claimSat: chain.subsidySat(6) + 1 })
    join().tell(net, 'block', bad)
    const [next] = headersOn(bad.hash, 1) as [Header]
    const peer = join().tell(net, 'headers', [next])
    expect(offences()).toEqual(['bad-cb-amount', 'bad-prevblk'])
    expect(peer.closed).toBeDefined()
  })

  test('a block whose parent is unknown makes us ask for headers', () => {
    const [header] = headersOn(HASH, 1) as [Header]
    const peer = join().tell(net, 'headers', [])
    peer.heard = []
    peer.tell(net, 'block', makeBlock(header, buildBlock(chain).transactions))
    expect(peer.told('getheaders')).toHaveLength(1)
    for (let i = 0; i < 12; i++) peer.tell(net, 'block', makeBlock(header, buildBlock(chain).transactions))
    expectForgiven(peer)
    expect(peer.told('getheaders').length).toBeLessThan(4)
  })

  test('a bad block that waited for its parent is blamed on who sent it, not on who sent the parent', () => {
    const parent = buildBlock(chain)
    const early = join().tell(net, 'headers', [parent.header])
    const onParent = { parent: chain.entry(parent.hash) as BlockEntry, claimSat: chain.subsidySat(7) + 1 }
    const greedy = buildBlock(chain, onParent)
    early.tell(net, 'headers', [greedy.header]).tell(net, 'block', greedy)
    expectForgiven(early)
    const honest = join().tell(net, 'block', parent)
    expect(chain.tip.hash).toBe(parent.hash)
    expectOffence(early, 'bad-cb-amount')
    expect(honest.closed).toBeUndefined()
  })
})

describe('compact blocks', () => {
  test('two equal short ids: the whole block is asked for, nobody is to blame', () => {
    const block = buildBlock(chain)
    const compact = makeCompact(block, 1n)
    const peer = join().tell(net, 'cmpctblock', { ...compact, shortIds: [7, 7] })
    expectForgiven(peer)
    expect(peer.told('getdata').flat()).toEqual([{ type: INV.witnessBlock, hash: block.hash }])
    peer.tell(net, 'block', block)
    expect(chain.tip.hash).toBe(block.hash)
  })

  test('wrong transactions for the missing places: the whole block is asked for, nobody is to blame', () => {
    const reward = submit(buildBlock(chain))
    submit(buildBlock(chain))
    submit(buildBlock(chain))
    const to = (n: number) =>
      spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000, script: testKey(n).script }] })
    const block = buildBlock(chain, { txs: [to(1)] })
    const peer = join().tell(net, 'cmpctblock', makeCompact(block, 1n))
    expect(peer.told('getblocktxn')).toEqual([{ hash: block.hash, indexes: [1] }])
    peer.tell(net, 'blocktxn', { hash: block.hash, transactions: [to(2)] })
    expectForgiven(peer)
    expect(peer.told('getdata').flat()).toEqual([{ type: INV.witnessBlock, hash: block.hash }])
  })

  test('too few transactions for the missing places are an offence', () => {
    const block = buildBlock(chain)
    const peer = join().tell(net, 'cmpctblock', { ...makeCompact(block, 1n), shortIds: [1, 2] })
    peer.tell(net, 'blocktxn', { hash: block.hash, transactions: [] })
    expectOffence(peer, 'malformed')
  })

  test('a compact block without work is an offence', () => {
    const block = buildBlock(chain)
    const compact = makeCompact(makeBlock(withoutWork(block.header), block.transactions), 1n)
    expectOffence(join().tell(net, 'cmpctblock', compact), 'high-hash')
  })

  test('a broken block that came compact is refused without blame: it may be relayed before it is checked', () => {
    const greedy = buildBlock(chain, { claimSat: chain.subsidySat(6) + 1 })
    const peer = join().tell(net, 'cmpctblock', makeCompact(greedy, 1n))
    expectForgiven(peer)
    expect(chain.entry(greedy.hash)?.status).toBe('invalid')
  })

  test('asking for transactions that a block does not have is an offence', () => {
    const peer = join().tell(net, 'getblocktxn', { hash: chain.tip.hash, indexes: [0, 1] })
    expectOffence(peer, 'getblocktxn with out-of-bounds tx indices')
  })
})

describe('transactions', () => {
  let reward: Block
  const pay = (n: number, valueSat = 1_000_000) =>
    spend([rewardOf(reward)], { outputs: [{ valueSat, script: testKey(n).script }] })
  const rejections = () =>
    net.events.filter(({ event }) => event.type === 'tx-rejected').map(({ event }) => event.reason)

  beforeEach(() => {
    reward = submit(buildBlock(chain))
    submit(buildBlock(chain))
    submit(buildBlock(chain))
  })

  test('a transaction spending nothing is an offence', () => {
    const nothing = makeTx({
      version: 2,
      inputs: [],
      outputs: [{ valueSat: 1, script: new Uint8Array(22) }],
      lockTime: 0,
    })
    const peer = join().sendPayload('tx', nothing.bytes)
    net.advance(500)
    expect(offences()).toHaveLength(1)
    expect(peer.closed).toBeDefined()
    expect(net.ledger(0).mempool.size).toBe(0)
  })

  test('a double spend of what is in the mempool is refused, and forgiven', () => {
    const peer = join().tell(net, 'tx', pay(1)).tell(net, 'tx', pay(2))
    expectForgiven(peer)
    expect(rejections()).toEqual(['txn-mempool-conflict'])
    expect([...net.ledger(0).mempool.entries()].map(({ tx }) => tx.txid)).toEqual([pay(1).txid])
  })

  test('a false signature is an offence', () => {
    const tx = pay(1)
    const [input] = tx.inputs
    const [signature = new Uint8Array(), key = new Uint8Array()] = input?.witness ?? []
    const forged = signature.slice()
    forged[40] = (forged[40] ?? 0) ^ 1
    const inputs = tx.inputs.map(one => ({ ...one, witness: [forged, key] }))
    const peer = join().tell(net, 'tx', makeTx({ ...tx, inputs }))
    expectOffence(peer, 'mandatory-script-verify-flag-failed')
  })

  test('more out than in is an offence', () => {
    const reward0 = rewardOf(reward)
    const peer = join().tell(net, 'tx', pay(1, reward0.valueSat + 1))
    expectOffence(peer, 'bad-txns-in-belowout')
  })

  test('an orphan waits for its parent, which is asked for', () => {
    const parent = spend([rewardOf(reward)], {
      outputs: [{ valueSat: 1_000_000, script: testKey(0).script }],
    })
    const child = spend([outputOf(parent)], { outputs: [{ valueSat: 900_000, script: testKey(1).script }] })
    const peer = join().tell(net, 'tx', child)
    expectForgiven(peer)
    expect(peer.told('getdata').flat()).toEqual([{ type: INV.witnessTx, hash: parent.txid }])
    expect(net.ledger(0).mempool.size).toBe(0)
    peer.tell(net, 'tx', parent)
    expect([...net.ledger(0).mempool.entries()].map(({ tx }) => tx.txid)).toEqual([parent.txid, child.txid])
  })

  test('of a flood of announcements, at most a hundred are asked for at a time', () => {
    const items = Array.from({ length: 20_000 }, (_, i) => ({
      type: INV.wtx,
      hash: i.toString(16).padStart(64, '0'),
    }))
    const peer = join().tell(net, 'inv', items)
    expectForgiven(peer)
    expect(peer.told('getdata').flat()).toHaveLength(100)
    peer.tell(net, 'notfound', items.slice(0, 100))
    expect(peer.told('getdata').flat()).toHaveLength(200)
  })

  test('who never answers is not asked again, the next one is', () => {
    const item = { type: INV.wtx, hash: HASH }
    const silent = join().tell(net, 'inv', [item])
    const other = join().tell(net, 'inv', [item])
    expect(silent.told('getdata').flat()).toEqual([item])
    expect(other.told('getdata').flat()).toEqual([])
    net.advance(61_000)
    expect(other.told('getdata').flat()).toEqual([item])
    expect(silent.told('getdata').flat()).toEqual([item])
  })
})

test('a message larger than its command allows is an offence', () => {
  const peer = join().sendPayload('getheaders', new Uint8Array(10_000))
  net.advance(500)
  expectOffence(peer, 'oversize')
})

test('an inventory of too many entries is an offence', () => {
  const payload = new Uint8Array(3 + 36 * 50_000)
  payload.set([0xfd, 0xff, 0xff])
  const peer = join().sendPayload('inv', payload)
  net.advance(5_000)
  expectOffence(peer, 'out-of-range')
})
