// Fetching blocks, by the clock: who is asked for which, when a late peer is dropped or passed over, and who is asked instead.

import { describe, expect, test } from 'vitest'
import type { PeerView } from '../../node/bitcoin/protocol.ts'
import type { Block, BlockEntry } from '../../node/ledger/chain/types.ts'
import { BlockDownload } from '../../node/ledger/download.ts'
import type { Inventory } from '../../node/ledger/messages.ts'
import { type LedgerEnv, LedgerPeer } from '../../node/ledger/peers.ts'
import { timesOf } from '../../node/ledger/times.ts'
import { mineBlocks, testChain } from '../support/chain.ts'

const SHARE = 16
const BLOCKS: readonly Block[] = mineBlocks(testChain(), 80)
/** At ten minutes a block these are Core's: ten minutes for a block, one until another is asked for it near the tip. */
const TIMES = timesOf(600_000)

/** A node that knows headers up to `height`, and peers that have all their blocks. */
function setUp(peerCount: number, height = BLOCKS.length, blocks = BLOCKS) {
  const chain = testChain()
  const { last } = chain.acceptHeaders(blocks.slice(0, height).map(({ header }) => header))
  let nowMs = 0
  let timers: { readonly atMs: number; readonly run: () => void }[] = []
  const asked = new Map<number, string[]>()
  const dropped: [ms: number, id: number, why: string][] = []
  const peers = new Map<number, LedgerPeer>()
  const env = {
    chain,
    peers,
    times: TIMES,
    net: {
      clock: {
        now: () => nowMs,
        after(ms: number, run: () => void) {
          const timer = { atMs: nowMs + ms, run }
          timers.push(timer)
          return () => {
            timers = timers.filter(one => one !== timer)
          }
        },
      },
      disconnect(id: number, why: string) {
        dropped.push([nowMs, id, why])
        const peer = peers.get(id)
        peers.delete(id)
        if (peer) download.peerGone(peer)
      },
    },
    send(peer: LedgerPeer, command: string, items: readonly Inventory[]) {
      expect(command).toBe('getdata')
      asked.set(peer.id, [...(asked.get(peer.id) ?? []), ...items.map(({ hash }) => hash)])
    },
  } as unknown as LedgerEnv
  const download = new BlockDownload(env)
  const join = (id: number, best: BlockEntry = last) => {
    const peer = new LedgerPeer({ id, services: 9n, handshakeCommands: new Set() } as unknown as PeerView)
    peer.has(best)
    peers.set(id, peer)
    return peer
  }
  const joined = Array.from({ length: peerCount }, (_, i) => join(i + 1))
  /** A second at a time; those that `speak` say something in each. */
  const runUntil = (ms: number, speak: readonly LedgerPeer[] = []) => {
    while (nowMs < ms) {
      nowMs += 1_000
      for (const peer of speak) peer.heardMs = nowMs
      for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
        timers = timers.filter(one => one !== timer)
        timer.run()
      }
    }
  }
  const heights = (id: number) => (asked.get(id) ?? []).map(hash => chain.entry(hash)?.height ?? -1)
  const arrive = (from: number, to: number) => {
    for (const block of blocks.slice(from - 1, to)) {
      chain.acceptBlock(block)
      download.arrived(block.hash, 32_000)
    }
  }
  return { chain, download, join, joined, dropped, heights, arrive, runUntil, timers: () => timers.length }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('peers are asked', () => {
  test('for sixteen blocks each, the next ones that nobody else was asked for', () => {
    const { download, heights } = setUp(3)
    download.schedule()
    expect([1, 2, 3].map(heights)).toEqual([range(1, 16), range(17, 32), range(33, 48)])
    expect(download.inFlight).toBe(3 * SHARE)
    download.schedule()
    expect(download.inFlight).toBe(3 * SHARE)
  })

  test('for more when a quarter of that has come', () => {
    const { download, heights, arrive } = setUp(1)
    download.schedule()
    arrive(1, 3)
    download.schedule()
    expect(heights(1)).toEqual(range(1, 16))
    arrive(4, 4)
    download.schedule()
    expect(heights(1)).toEqual(range(1, 20))
  })

  test('for no block beyond those that they have, and none that serve nothing', () => {
    const { chain, download, join, heights } = setUp(0)
    join(1, chain.entry(BLOCKS[4]?.hash ?? '') as BlockEntry)
    const silent = new LedgerPeer({
      id: 2,
      services: 1n,
      handshakeCommands: new Set(),
    } as unknown as PeerView)
    silent.has(chain.bestHeader)
    download.schedule()
    download.fill(silent)
    expect([heights(1), heights(2)]).toEqual([range(1, 5), []])
  })

  test('instead of one that does not have a block; what others say of it changes nothing', () => {
    const { download, joined, heights } = setUp(2, SHARE)
    const [first, second] = joined as [LedgerPeer, LedgerPeer]
    download.schedule()
    expect(heights(2)).toEqual([])
    const hash = BLOCKS[4]?.hash ?? ''
    download.failed(second, hash)
    expect(download.askedOf(hash)).toBe(first)
    download.failed(first, hash)
    expect(download.askedOf(hash)).toBe(second)
    expect(heights(2)).toEqual([5])
  })
})

describe('a peer whose oldest block does not come, though it talks,', () => {
  test.each([
    [1, 600],
    [2, 900],
    [3, 1_200],
  ])('is dropped: with %i that send blocks after %i seconds', (peers, seconds) => {
    const { download, joined, dropped, runUntil } = setUp(peers)
    download.schedule()
    runUntil(seconds * 1_000, joined)
    expect(dropped).toEqual([])
    runUntil((seconds + 1) * 1_000, joined)
    expect(dropped[0]).toEqual([(seconds + 1) * 1_000, 1, 'block download timeout'])
  })

  test('counts from the last block that was its oldest', () => {
    const { download, joined, dropped, arrive, runUntil } = setUp(1)
    download.schedule()
    runUntil(500_000, joined)
    arrive(1, 1)
    runUntil(1_100_000, joined)
    expect(dropped).toEqual([])
    runUntil(1_101_000, joined)
    expect(dropped).toEqual([[1_101_000, 1, 'block download timeout']])
  })
})

test('after each drop the next one is given twice the time, and less again as blocks come', () => {
  const { download, join, dropped, runUntil } = setUp(0)
  let nowMs = 0
  const lastsFor = (id: number) => {
    const startedMs = nowMs
    const peer = join(id)
    download.fill(peer)
    while (dropped.length < id) {
      nowMs += 1_000
      runUntil(nowMs, [peer])
    }
    return (nowMs - startedMs) / 1_000
  }
  expect([1, 2, 3].map(lastsFor)).toEqual([601, 1_201, 2_401])
  for (let i = 0; i < 100; i++) download.connected()
  expect(lastsFor(4)).toBe(601)
})

describe('a peer that says nothing at all', () => {
  test('is kept, its blocks are asked of others, and it is asked again once it speaks', () => {
    const { download, joined, dropped, heights, runUntil } = setUp(2, 2 * SHARE)
    const [silent, talker] = joined as [LedgerPeer, LedgerPeer]
    download.schedule()
    const blocks = heights(2)
    expect(blocks).toEqual(range(17, 32))
    runUntil(900_000, [talker])
    expect(silent.inFlight.size).toBe(SHARE)
    // The talker's own blocks have not come either; but for that it is dropped.
    talker.downloadingSinceMs = 900_000
    runUntil(901_000, [talker])
    expect(dropped).toEqual([])
    expect(silent.inFlight.size).toBe(0)
    download.fill(silent)
    expect(silent.inFlight.size).toBe(0)
    silent.heardMs = 902_000
    download.fill(silent)
    expect(silent.inFlight.size).toBe(SHARE)
  })
})

test('near the tip a block that is late by a minute is asked of an idle peer as well', () => {
  const { download, joined, heights, runUntil } = setUp(2, SHARE)
  download.schedule()
  runUntil(60_000, joined)
  expect(heights(2)).toEqual([])
  runUntil(61_000, joined)
  expect(heights(2)).toEqual([1])
  expect(download.askedOf(BLOCKS[0]?.hash ?? '')?.id).toBe(2)
})

test('with nothing under way no timer runs', () => {
  const { download, joined, arrive, timers } = setUp(1, SHARE)
  download.schedule()
  expect(timers()).toBe(1)
  arrive(1, SHARE)
  expect([timers(), download.inFlight, joined[0]?.inFlight.size]).toEqual([0, 0, 0])
})

describe('a peer that holds up the whole window', () => {
  const WINDOW = 1_024
  const blocks = mineBlocks(testChain(), WINDOW + 40)

  test('is dropped after two seconds, and the others are asked for what it owed', () => {
    const { download, joined, dropped, heights, arrive, runUntil } = setUp(2, blocks.length, blocks)
    const [first, second] = joined as [LedgerPeer, LedgerPeer]
    download.schedule()
    for (let height = SHARE + 1; height <= WINDOW; height++) {
      expect(first.stallingSinceMs).toBeUndefined()
      arrive(height, height)
      download.fill(second)
    }
    expect(heights(1)).toEqual(range(1, SHARE))
    expect(heights(2)).toEqual(range(SHARE + 1, WINDOW))
    download.fill(first)
    expect(second.stallingSinceMs).toBeUndefined()
    runUntil(2_000, joined)
    expect(dropped).toEqual([])
    runUntil(3_000, joined)
    expect(dropped).toEqual([[3_000, 1, 'stalling']])
    expect(heights(2).slice(-SHARE)).toEqual(range(1, SHARE))
    expect(second.inFlight.size).toBe(SHARE)
  })
})
