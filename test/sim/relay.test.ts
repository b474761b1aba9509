// How blocks and transactions travel between honest nodes: each way of announcing, who is told what, and what it costs.

import { describe, expect, test } from 'vitest'
import { makeCompact } from '../../node/ledger/compact.ts'
import { INV } from '../../node/ledger/messages.ts'
import type { RelayMode } from '../../node/ledger/relay-mode.ts'
import {
  createLedgerNetwork,
  type LedgerNetwork,
  LedgerRawPeer,
  simulatedSpec,
} from '../support/ledger-network.ts'

const FIXED = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
const LINK = { latencyMs: 50, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: false }

function createLine(nodes: number, relay: RelayMode): LedgerNetwork {
  return createLedgerNetwork({
    seed: `line ${relay}`,
    nodes,
    chain: FIXED,
    linkOf: () => LINK,
    connect: index => (index + 1 < nodes ? [index + 1] : []),
    ledger: { relay },
  })
}

/** The first sign of a block that each way gives. */
const SEEN_BY = { inv: 'inv', headers: 'headers', unsolicited: 'block', compact: 'cmpctblock' } as const

/** How each node but the first saw the blocks made since. */
function ways(net: LedgerNetwork, since: number): Set<unknown> {
  const seen = net.events.slice(since).filter(({ event, node }) => event.type === 'block-seen' && node > 0)
  return new Set(seen.map(({ event }) => event.by))
}

function mineApart(net: LedgerNetwork, blocks: number): void {
  for (let i = 0; i < blocks; i++) {
    net.mine(0)
    net.advance(10_000)
  }
}

describe.each(['inv', 'headers', 'unsolicited', 'compact'] as const)('announcing by %s', mode => {
  test('brings every block to the end of the line, in the way that was chosen', () => {
    const net = createLine(5, mode)
    net.advance(5_000)
    mineApart(net, 3) // the neighbours learn who is fast
    const since = net.events.length
    mineApart(net, 5)
    expect(net.converged()).toBe(true)
    expect(ways(net, since)).toEqual(new Set([SEEN_BY[mode]]))
    expect(net.count('misbehaviour')).toBe(0)
  })
})

test('compact and unasked blocks cross a link in half a round trip, headers need one and a half, inventories two and a half', () => {
  const arrival = (mode: RelayMode) => {
    const net = createLine(2, mode)
    net.advance(5_000)
    mineApart(net, 3)
    const startedMs = net.elapsedMs()
    net.mine(0)
    net.until(() => net.converged(), 10_000)
    return net.elapsedMs() - startedMs
  }
  expect(arrival('compact')).toBeCloseTo(50, 0)
  expect(arrival('unsolicited')).toBeCloseTo(50, 0)
  expect(arrival('headers')).toBeCloseTo(150, 0)
  expect(arrival('inv')).toBeCloseTo(250, 0)
})

test('at most three peers are asked to send compact blocks unasked', () => {
  const net = createLedgerNetwork({
    seed: 'star',
    nodes: 8,
    chain: FIXED,
    linkOf: () => LINK,
    connect: index => (index === 0 ? [1, 2, 3, 4, 5, 6, 7] : []),
  })
  net.advance(5_000)
  for (let round = 0; round < 2; round++)
    for (let miner = 1; miner < 8; miner++) {
      net.mine(miner)
      net.advance(10_000)
    }
  const asked = net
    .ledgers()
    .slice(1)
    .filter(ledger => [...ledger.parts.env.peers.values()].some(peer => peer.wantsHighBandwidth))
  expect(asked).toHaveLength(3)
})

describe('transactions', () => {
  function createFunded(nodes: number): LedgerNetwork {
    const net = createLine(nodes, 'compact')
    net.advance(5_000)
    net.mine(0, 5)
    net.advance(5_000)
    return net
  }
  const pay = (net: LedgerNetwork, to = 0) =>
    String(net.rpc(0, 'sendtoaddress', net.rpc(to, 'getnewaddress'), 1))

  test('reach everybody, once each, and are mined', () => {
    const net = createFunded(5)
    const txid = pay(net, 1)
    net.advance(10_000)
    for (const ledger of net.ledgers()) expect(ledger.mempool.has(txid)).toBe(true)
    expect(net.count('tx-accepted')).toBe(5)
    net.mine(4)
    net.advance(5_000)
    for (const ledger of net.ledgers()) expect(ledger.mempool.size).toBe(0)
    expect(net.ledger(1).wallet.balance().trustedSat).toBe(100_000_000)
  })

  test('are not sent again with the block: its compact form is all that travels', () => {
    const net = createFunded(4)
    mineApart(net, 2)
    for (let i = 0; i < 3; i++) pay(net, 1)
    net.advance(10_000)
    const [hash = ''] = net.mine(0)
    net.advance(5_000)
    expect(net.converged()).toBe(true)
    expect(net.ledger(3).chain.block(hash)?.transactions).toHaveLength(4)
    for (let node = 1; node < 4; node++)
      for (const peer of net.rpc(node, 'getpeerinfo') as { bytesrecv_per_msg: Record<string, number> }[])
        expect(peer.bytesrecv_per_msg).not.toHaveProperty('blocktxn')
  })

  test('are not announced to peers that want higher fees', () => {
    const net = createFunded(1)
    const peer = new LedgerRawPeer(net, '10.9.9.9:18444').meet(net, 0, 1n)
    peer.tell(net, 'feefilter', 1_000_000n)
    pay(net)
    net.advance(10_000)
    const ofTransactions = () =>
      peer
        .told('inv')
        .flatMap(items => [...items])
        .filter(({ type }) => type === INV.wtx)
    expect(ofTransactions()).toEqual([])
    peer.tell(net, 'feefilter', 0n)
    pay(net)
    net.advance(10_000)
    expect(ofTransactions()).toHaveLength(1)
  })

  test('are given by wtxid or txid, and what is not there is said', () => {
    const net = createFunded(1)
    const txid = pay(net)
    const tx = net.ledger(0).mempool.get(txid)?.tx
    const wtxid = tx?.wtxid ?? ''
    const peer = new LedgerRawPeer(net, '10.9.9.9:18444').meet(net, 0, 1n)
    const missing = { type: INV.witnessTx, hash: 'ab'.repeat(32) }
    peer.tell(net, 'getdata', [{ type: INV.wtx, hash: wtxid }, { type: INV.witnessTx, hash: txid }, missing])
    peer.tell(net, 'getdata', [{ type: INV.tx, hash: txid }])
    const [byWtxid, byTxid, plain] = peer.told('tx')
    expect([byWtxid?.wtxid, byTxid?.wtxid, plain?.txid]).toEqual([wtxid, wtxid, txid])
    expect(plain?.hasWitness).toBe(false)
    expect(peer.told('notfound')).toEqual([[missing]])
  })

  test('that a compact block lacks are fetched in one round trip', () => {
    const net = createFunded(1)
    const txid = pay(net)
    const [hash = ''] = net.mine(0)
    const block = net.ledger(0).chain.block(hash)
    const peer = new LedgerRawPeer(net, '10.9.9.9:18444').meet(net, 0, 1n)
    peer.tell(net, 'getdata', [{ type: INV.compactBlock, hash }])
    const [compact] = peer.told('cmpctblock')
    expect(compact?.shortIds).toHaveLength(1)
    expect(compact).toEqual(block && makeCompact(block, compact?.nonce ?? 0n))
    peer.tell(net, 'getblocktxn', { hash, indexes: [1] })
    expect(peer.told('blocktxn').map(({ transactions }) => transactions.map(tx => tx.txid))).toEqual([[txid]])
  })
})

/** BIP130: by header only where the peer has the block before it; else it could not tell where the header belongs. */
test('a block is announced by its hash to a peer that does not have its parent, by its header to one that has', () => {
  const net = createLine(1, 'headers')
  mineApart(net, 2)
  const peer = new LedgerRawPeer(net, '10.9.9.9:18444').meet(net, 0, 1n)
  peer.tell(net, 'sendheaders', null)
  const [third = ''] = net.mine(0)
  net.advance(1_000)
  expect(peer.told('headers')).toEqual([])
  expect(peer.told('inv')).toEqual([[expect.objectContaining({ hash: third })]])

  const genesis = net.ledger(0).chain.at(0)?.hash ?? ''
  peer.tell(net, 'getheaders', { version: 70016, hashes: [genesis], stop: '00'.repeat(32) })
  const [fourth = ''] = net.mine(0)
  net.advance(1_000)
  const [all, announced] = peer.told('headers')
  expect(all?.map(({ hash }) => hash).at(-1)).toBe(third)
  expect(announced?.map(({ hash }) => hash)).toEqual([fourth])
  expect(peer.told('inv')).toHaveLength(1)
})

test('after the handshake a node says how it wants to be told', () => {
  const net = createLine(1, 'compact')
  const peer = new LedgerRawPeer(net, '10.9.9.9:18444').meet(net, 0, 1n)
  const commands = peer.commands()
  expect(commands.slice(commands.indexOf('verack') + 1)).toEqual(
    expect.arrayContaining(['sendcmpct', 'sendheaders', 'feefilter', 'getheaders']),
  )
  expect(peer.told('sendcmpct')).toEqual([{ highBandwidth: false, version: 2n }])
  expect(peer.told('feefilter')).toEqual([1000n])
})

test('a peer that asks for more than it reads is dropped, not served without end', () => {
  const net = createLedgerNetwork({
    seed: 'greedy',
    nodes: 1,
    chain: FIXED,
    linkOf: from => ({ ...LINK, bandwidthBps: from === 0 ? 8_000 : 0 }),
  })
  const [hash = ''] = net.mine(0)
  const peer = new LedgerRawPeer(net, '10.9.9.9:18444').meet(net, 0, 1n)
  const items = Array.from({ length: 40_000 }, () => ({ type: INV.witnessBlock, hash }))
  peer.tell(net, 'getdata', items, 0).tell(net, 'getdata', items, 0)
  net.advance(10_000)
  const downs = net.events.filter(({ event }) => event.type === 'peer-down').map(({ event }) => event.why)
  expect(downs).toEqual(['asks faster than it reads'])
})

test('what many ask for and do not read has an end in all, and who asks for little is served still', () => {
  const net = createLedgerNetwork({
    seed: 'greedy crowd',
    nodes: 1,
    chain: FIXED,
    linkOf: from => ({ ...LINK, bandwidthBps: from === 0 ? 8_000 : 0 }),
  })
  const [hash = ''] = net.mine(0)
  const items = Array.from({ length: 45_000 }, () => ({ type: INV.witnessBlock, hash }))
  const join = (n: number) => new LedgerRawPeer(net, `10.9.${n}.9:18444`).meet(net, 0, BigInt(n))
  const crowd = Array.from({ length: 16 }, (_, n) => join(n + 1))
  for (const peer of crowd) peer.tell(net, 'getdata', items, 10)
  net.advance(5_000)
  const downs = () =>
    net.events.filter(({ event }) => event.type === 'peer-down').map(({ event }) => event.why)
  // Something of what each asked for is on its way already.
  expect(downs()).toEqual(Array(4).fill('asks faster than it reads'))
  const honest = join(17).tell(net, 'getdata', items.slice(0, 1), 10_000)
  expect(honest.told('block').map(block => block.hash)).toEqual([hash])
  expect(downs()).toHaveLength(4)
})
