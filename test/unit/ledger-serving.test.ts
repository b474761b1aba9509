// What a ledger tells those who ask: how many headers, by what names methods are asked, which numbers, and what it does not say twice.

import { beforeAll, describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import type { Header } from '../../node/ledger/chain/types.ts'
import {
  INV,
  type Inventory,
  LEDGER_MESSAGES,
  type Locator,
  MAX_HEADERS,
  MAX_INVENTORY,
  MAX_LOCATOR,
} from '../../node/ledger/messages.ts'
import type { LedgerNetwork, LedgerRawPeer } from '../support/ledger-network.ts'
import { Victim } from '../support/victim.ts'

const NOBODY = 'ab'.repeat(32)

let victim: Victim
let net: LedgerNetwork
let peer: LedgerRawPeer

beforeAll(() => {
  victim = new Victim('serving', 6)
  net = victim.net
  peer = victim.join()
})

describe('headers behind a locator', () => {
  const asked = (hashes: readonly string[], stop = '00'.repeat(32)) => {
    const before = peer.told('headers').length
    peer.tell(net, 'getheaders', { version: 70016, hashes, stop })
    return peer
      .told('headers')
      .slice(before)
      .map(headers => headers.map(({ hash }) => victim.chain.entry(hash)?.height))
  }
  const hashAt = (height: number) => victim.chain.at(height)?.hash ?? ''

  test.each([
    [0, [1, 2, 3, 4, 5, 6]],
    [3, [4, 5, 6]],
    [4, [5, 6]],
    [5, [6]],
    [6, []],
  ])('from height %i on are all there are', (height, heights) => {
    expect(asked([hashAt(height)])).toEqual([heights])
  })

  test('end at the one that is named, and begin at the first that is known', () => {
    expect(asked([hashAt(1)], hashAt(3))).toEqual([[2, 3]])
    expect(asked([NOBODY, hashAt(4), hashAt(1)])).toEqual([[5, 6]])
    expect(asked([NOBODY])).toEqual([[1, 2, 3, 4, 5, 6]])
  })
})

test('the longest message of a kind is as long as its limit, to the byte', () => {
  const [header] = victim.headersOn(NOBODY, 1) as [Header]
  const item: Inventory = { type: INV.block, hash: NOBODY }
  const locator: Locator = { version: 1, hashes: new Array<string>(MAX_LOCATOR).fill(NOBODY), stop: NOBODY }
  const { headers, inv, getheaders } = LEDGER_MESSAGES
  expect(encode(headers.codec, new Array<Header>(MAX_HEADERS).fill(header))).toHaveLength(headers.maxBytes)
  expect(encode(inv.codec, new Array<Inventory>(MAX_INVENTORY).fill(item))).toHaveLength(inv.maxBytes)
  expect(encode(getheaders.codec, locator)).toHaveLength(getheaders.maxBytes)
})

describe('getnetworkhashps', () => {
  const rate = (...params: number[]) => net.rpc(0, 'getnetworkhashps', ...params) as number
  // Each block claims two hashes.
  const expected = (from: number, to: number) => {
    const time = (height: number) => victim.chain.at(height)?.header.time ?? 0
    return (2 * (to - from)) / (time(to) - time(from))
  }

  test('is work over time, at the tip unless another height is named', () => {
    expect(rate(3)).toBeCloseTo(expected(3, 6), 9)
    expect(rate(3, -1)).toBe(rate(3))
    expect(rate(2, 4)).toBeCloseTo(expected(2, 4), 9)
    expect(rate(100, 4)).toBeCloseTo(expected(0, 4), 9)
    expect(rate(1, 0)).toBe(0)
  })

  test.each([
    [0, -1],
    [-2, -1],
    [1, -2],
    [1, 7],
  ])('of %i blocks at %i there is none', (blocks, height) => {
    expect(() => rate(blocks, height)).toThrow(/nblocks|height/)
  })
})

test('the fee below which nothing need be announced is told once, not with every block', () => {
  const listener = victim.join()
  expect(listener.told('feefilter')).toEqual([1000n])
  victim.mine(3)
  net.advance(1_000)
  expect(listener.told('feefilter')).toEqual([1000n])
})

test('no announcement was held when none was', () => {
  const held = net
    .ledger(0)
    .readMetrics()
    .find(({ name }) => name === 'netsplit_announcements_held_total')
  expect(held?.value).toBe(0)
})
