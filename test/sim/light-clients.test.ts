// What a light client gets of a node that keeps block filters (BIP157), what it is refused, and what RPC tells of them.

import { describe, expect, test } from 'vitest'
import { fromHex, hashToHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import type { Header } from '../../node/ledger/chain/types.ts'
import { filterHash, filterHeader, filterMatches } from '../../node/ledger/filters/basic-filter.ts'
import {
  createLedgerNetwork,
  type LedgerNetwork,
  LedgerRawPeer,
  simulatedSpec,
} from '../support/ledger-network.ts'

const FIXED = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
const NOTHING = new Uint8Array(32)

function setUp(blocks: number, blockFilters = true): { net: LedgerNetwork; join: () => LedgerRawPeer } {
  const net = createLedgerNetwork({ seed: 'filters', nodes: 1, chain: FIXED, ledger: { blockFilters } })
  for (let i = 0; i < blocks; i++) net.mine(0)
  net.advance(1_000)
  let peers = 0
  const join = () => {
    peers++
    return new LedgerRawPeer(net, `10.7.${peers}.1:18444`).meet(net, 0, BigInt(peers))
  }
  return { net, join }
}

const hashAt = (net: LedgerNetwork, height: number) => net.ledger(0).chain.at(height)?.hash ?? ''

test('filters and their headers fit together, and find what the blocks pay to', () => {
  const { net, join } = setUp(30)
  const { chain } = net.ledger(0)
  const stop = hashAt(net, 30)
  const peer = join()
    .tell(net, 'getcfilters', { type: 0, start: 0, stop })
    .tell(net, 'getcfheaders', { type: 0, start: 0, stop })
  const filters = peer.told('cfilter')
  expect(filters.map(({ block }) => block)).toEqual(
    Array.from({ length: 31 }, (_, height) => hashAt(net, height)),
  )
  const [headers] = peer.told('cfheaders')
  expect(headers).toMatchObject({ type: 0, stop, previousHeader: NOTHING })
  expect(headers?.filterHashes.map(toHex)).toEqual(filters.map(({ filter }) => toHex(filterHash(filter))))
  expect(toHex(filters[0]?.filter ?? NOTHING)).toBe('00') // what genesis pays nobody can spend
  for (const { block, filter } of filters.slice(1)) {
    const [paid] = chain.block(block)?.transactions[0]?.outputs ?? []
    const header = chain.entry(block)?.header as Header
    expect(filterMatches(filter, header, [paid?.script as Uint8Array])).toBe(true)
    expect(filterMatches(filter, header, [Uint8Array.of(1, 2, 3)])).toBe(false)
  }
  const last = headers?.filterHashes.reduce((previous, hash) => filterHeader(hash, previous), NOTHING)
  expect(net.rpc(0, 'getblockfilter', stop)).toEqual({
    filter: toHex(filters.at(-1)?.filter as Uint8Array),
    header: hashToHex(last as Uint8Array),
  })
})

test('from the middle on they begin with the header before', () => {
  const { net, join } = setUp(6)
  const ask = { type: 0, start: 4, stop: hashAt(net, 5) }
  const peer = join().tell(net, 'getcfheaders', ask).tell(net, 'getcfilters', ask)
  const { header } = net.rpc(0, 'getblockfilter', hashAt(net, 3)) as { header: string }
  expect(peer.told('cfheaders').map(({ previousHeader }) => hashToHex(previousHeader))).toEqual([header])
  expect(peer.told('cfilter').map(({ block }) => block)).toEqual([hashAt(net, 4), hashAt(net, 5)])
})

describe('of a long chain', () => {
  const { net, join } = setUp(2_003)

  test('every thousandth header is a checkpoint; a long chain is looked through a part at a time', () => {
    const peer = join().tell(net, 'getcfcheckpt', { type: 0, stop: hashAt(net, 2_003) })
    const expected = [1_000, 2_000].map(
      height => (net.rpc(0, 'getblockfilter', hashAt(net, height)) as { header: string }).header,
    )
    expect(peer.told('cfcheckpt').map(({ headers }) => headers.map(hashToHex))).toEqual([expected])
    expect(net.rpc(0, 'getindexinfo')).toEqual({
      'basic block filter index': { synced: true, best_block_height: 2_003 },
    })
    const all = join().tell(net, 'getcfilters', { type: 0, start: 1_004, stop: hashAt(net, 2_003) }, 60_000)
    expect(all.told('cfilter')).toHaveLength(1_000)
  })

  test('no more than a thousand filters, or two thousand headers, are had at a time', () => {
    const stop = hashAt(net, 2_003)
    expect(join().tell(net, 'getcfilters', { type: 0, start: 1_003, stop }).closed).toBeDefined()
    expect(join().tell(net, 'getcfilters', { type: 0, start: 1_004, stop }).closed).toBeUndefined()
    expect(join().tell(net, 'getcfheaders', { type: 0, start: 3, stop }).closed).toBeDefined()
    expect(join().tell(net, 'getcfheaders', { type: 0, start: 4, stop }).closed).toBeUndefined()
  })
})

test.each([
  ['another type', { type: 1 }],
  ['a block nobody knows', { stop: 'ab'.repeat(32) }],
  ['what begins behind its end', { start: 7 }],
])('who asks for %s is hung up on without blame', (_, change) => {
  const { net, join } = setUp(6)
  const peer = join().tell(net, 'getcfilters', { type: 0, start: 0, stop: hashAt(net, 6), ...change })
  expect(peer.closed).toBeDefined()
  expect(net.count('misbehaviour')).toBe(0)
  expect(peer.told('cfilter')).toEqual([])
})

test('without the index nothing is promised, and who asks is hung up on', () => {
  const without = setUp(3, false)
  expect(without.net.ledger(0).services & 64n).toBe(0n)
  for (const command of ['getcfilters', 'getcfheaders'] as const) {
    const peer = without
      .join()
      .tell(without.net, command, { type: 0, start: 0, stop: hashAt(without.net, 3) })
    expect(peer.closed).toBeDefined()
  }
  expect(() => without.net.rpc(0, 'getblockfilter', hashAt(without.net, 3))).toThrow('Index is not enabled')
  expect(without.net.rpc(0, 'getindexinfo')).toEqual({})
  expect(setUp(0).net.ledger(0).services & 64n).toBe(64n)
})

test('a branch that was left keeps its filters, the one that came has its own', () => {
  const { net } = setUp(4)
  const left = hashAt(net, 4)
  const before = net.rpc(0, 'getblockfilter', left)
  net.rpc(0, 'invalidateblock', hashAt(net, 3))
  for (let i = 0; i < 3; i++) net.mine(0)
  expect(net.rpc(0, 'getblockfilter', left)).toEqual(before)
  const there = net.rpc(0, 'getblockfilter', hashAt(net, 5)) as { filter: string }
  expect(fromHex(there.filter)?.length).toBeGreaterThan(2)
  expect(() => net.rpc(0, 'getblockfilter', 'ab'.repeat(32))).toThrow('Block not found')
  expect(() => net.rpc(0, 'getblockfilter', left, 'extended')).toThrow('Unknown filtertype')
})
