// Hostile and unlucky peers: what becomes of headers that prove nothing, connect to nothing or never come.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import type { Header } from '../../node/ledger/chain/types.ts'
import { buildBlock } from '../support/chain.ts'
import type { LedgerNetwork } from '../support/ledger-network.ts'
import { Victim, withoutWork } from '../support/victim.ts'

const HASH = 'ab'.repeat(32)

let victim: Victim
let net: LedgerNetwork
let chain: Chain

describe('peers from which nothing comes, at a block every thirty seconds', () => {
  beforeEach(() => {
    victim = new Victim('silent', 1, { blockIntervalMs: 30_000 })
    net = victim.net
    chain = victim.chain
    net.advance(1_000)
  })

  test('who does not answer is not asked again while it is silent, and two minutes after it spoke', () => {
    const peer = victim.join()
    const asked = peer.told('getheaders').length
    net.advance(400_000)
    expect(peer.told('getheaders').length).toBe(asked)
    peer.tell(net, 'sendheaders', null)
    net.advance(118_000)
    expect(peer.told('getheaders').length).toBe(asked)
    net.advance(10_000)
    expect(peer.told('getheaders').length).toBe(asked + 1)
    victim.expectForgiven(peer)
  })

  test('who stays behind us is asked once a minute, who is level never', () => {
    const peer = victim.join().tell(net, 'headers', [chain.tip.header])
    const level = victim.join().tell(net, 'headers', [chain.tip.header])
    net.advance(300_000)
    peer.heard = []
    level.heard = []
    const { header } = victim.submit(buildBlock(chain))
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
    victim.expectForgiven(peer)
  })
})

describe('headers', () => {
  beforeEach(() => {
    victim = new Victim('hostile', 5)
    net = victim.net
    chain = victim.chain
  })

  test('a header without work is an offence, and not stored', () => {
    const header = withoutWork(buildBlock(chain).header)
    const peer = victim.join().tell(net, 'headers', [header])
    victim.expectOffence(peer, 'high-hash')
    expect(chain.entry(header.hash)).toBeUndefined()
  })

  test('one without work among good ones is as bad', () => {
    const [a, b] = victim.headersOn(chain.tip.hash, 2) as [Header, Header]
    victim.expectOffence(victim.join().tell(net, 'headers', [a, withoutWork(b)]), 'high-hash')
  })

  test('headers that do not follow each other are an offence', () => {
    const [a, , c] = victim.headersOn(chain.tip.hash, 3) as [Header, Header, Header]
    victim.expectOffence(victim.join().tell(net, 'headers', [a, c]), 'non-continuous-headers')
  })

  test('a header that breaks a rule of its place is an offence', () => {
    const header = buildBlock(chain, { time: chain.genesis.header.time }).header
    victim.expectOffence(victim.join().tell(net, 'headers', [header]), 'time-too-old')
  })

  test('a header from the future is not stored, and forgiven', () => {
    const { header } = buildBlock(chain, { time: net.clock.now() / 1000 + 3 * 3_600 })
    const peer = victim.join().tell(net, 'headers', [header])
    victim.expectForgiven(peer)
    expect(chain.entry(header.hash)).toBeUndefined()
  })

  test('headers that connect to nothing make us ask, and are no answer, however many come', () => {
    const peer = victim.join().tell(net, 'headers', [])
    peer.heard = []
    peer.tell(net, 'headers', victim.headersOn(HASH, 1))
    expect(peer.told('getheaders').map(({ hashes }) => hashes[0])).toEqual([chain.tip.hash])
    for (let i = 1; i < 30; i++) peer.tell(net, 'headers', victim.headersOn(HASH, 1, i))
    peer.tell(net, 'headers', victim.headersOn(HASH, 9))
    expect(peer.told('getheaders')).toHaveLength(1)
    // What was announced meanwhile may have come too late for the answer; what is in neither is left.
    peer.tell(net, 'headers', [])
    expect(peer.told('getheaders')).toHaveLength(2)
    peer.tell(net, 'headers', [])
    expect(peer.told('getheaders')).toHaveLength(2)
    victim.expectForgiven(peer)
  })

  test('of many who announce what we do not know two are asked at a time', () => {
    const peers = Array.from({ length: 5 }, () => victim.join().tell(net, 'headers', []))
    for (const peer of peers) peer.heard = []
    const asked = () => peers.filter(peer => peer.told('getheaders').length > 0)
    const [first, second] = victim.headersOn(chain.tip.hash, 2) as [Header, Header]
    for (const peer of peers) peer.tell(net, 'headers', [second])
    expect(asked()).toHaveLength(2)
    peers[0]?.tell(net, 'headers', [first, second])
    expect(asked()).toHaveLength(2) // it is known now
    expect(chain.bestHeader.hash).toBe(second.hash)
  })

  test('a chain with little work is neither stored nor held against anybody', () => {
    victim.mine(160)
    const cheap = victim.headersOn(chain.genesis.hash, 15, chain.genesis.header.time + 1)
    const peer = victim.join().tell(net, 'headers', cheap)
    victim.expectForgiven(peer)
    for (const { hash } of cheap) expect(chain.entry(hash)).toBeUndefined()
  })

  test('who goes on with a chain of little work is not asked for it again; once it left it, it is', () => {
    victim.mine(160)
    const cheap = victim.headersOn(chain.genesis.hash, 17, chain.genesis.header.time + 1)
    const peer = victim.join().tell(net, 'headers', [])
    peer.tell(net, 'headers', victim.headersOn(HASH, 1)).tell(net, 'headers', cheap.slice(0, 5))
    peer.tell(net, 'headers', [])
    peer.heard = []
    for (const header of cheap.slice(5)) peer.tell(net, 'headers', [header])
    expect(peer.told('getheaders')).toEqual([])
    peer.tell(net, 'headers', victim.headersOn(HASH, 1, 7))
    expect(peer.told('getheaders')).toHaveLength(1)
    victim.expectForgiven(peer)
  })

  test('a rival chain from far below is stored once it has proved enough work', () => {
    victim.mine(2_195)
    const rival = victim.headersOn(chain.genesis.hash, 2_100, chain.genesis.header.time + 1)
    const stored = () => rival.filter(({ hash }) => chain.entry(hash)).length
    const peer = victim.join()
    peer.heard = []
    peer.tell(net, 'headers', rival.slice(0, 2_000))
    expect(peer.told('getheaders').at(-1)?.hashes[0]).toBe(rival[1_999]?.hash)
    expect(stored()).toBe(0)
    // It finds another block meanwhile and says so: that is no part of the answer.
    peer.tell(net, 'headers', victim.headersOn(rival.at(-1)?.hash ?? '', 1))
    peer.tell(net, 'headers', rival.slice(2_000))
    victim.expectForgiven(peer)
    expect(stored()).toBe(2_100)
  })
})
