// How a peer that is not of our kind is treated: what it is sent after what it says in `version`, and who is asked for what.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Version } from '../../node/bitcoin/wire/messages.ts'
import { INV } from '../../node/ledger/messages.ts'
import { buildBlock, rewardOf, spend, testKey } from '../support/chain.ts'
import { START_MS } from '../support/harness.ts'
import { LedgerRawPeer } from '../support/ledger-network.ts'
import { Victim } from '../support/victim.ts'

const WITNESS = 8n
const WITNESS_LIMITED = 1032n
const DAY_SECONDS = 86_400

let victim: Victim
let peers = 0

/** A peer that says this in its `version`. */
function meet(change: Partial<Version> = {}): LedgerRawPeer {
  peers++
  const peer = new LedgerRawPeer(victim.net, `10.8.${peers}.1:18444`)
  peer.dial(0).send('version', peer.version({ nonce: BigInt(peers + 1_000), ...change }))
  peer.sendPayload('wtxidrelay', new Uint8Array()).send('verack', null)
  victim.net.advance(1_000)
  return peer
}

beforeEach(() => {
  victim = new Victim('manners', 5)
})

describe('transactions', () => {
  /** Into the mempool of the node, by another peer. */
  const pay = () => {
    const reward = victim.submit(buildBlock(victim.chain))
    victim.mine(2)
    const tx = spend([rewardOf(reward)], { outputs: [{ valueSat: 1_000_000, script: testKey(1).script }] })
    victim.join().tell(victim.net, 'tx', tx)
    victim.net.advance(60_000)
    expect(victim.net.ledger(0).mempool.size).toBe(1)
    return tx
  }

  test('are announced to nobody who says relay=0, before or after, nor given, but taken', () => {
    const before = meet({ relay: false })
    const other = meet()
    const { wtxid } = pay()
    const after = meet({ relay: false })
    victim.net.advance(60_000)
    const item = { type: INV.wtx, hash: wtxid }
    expect(other.told('inv').flatMap(items => [...items])).toContainEqual(item)
    for (const quiet of [before, after]) {
      quiet.tell(victim.net, 'getdata', [item]).tell(victim.net, 'mempool', null)
      expect(quiet.commands()).not.toContain('tx')
      expect(quiet.commands()).not.toContain('notfound')
      expect(quiet.told('inv').flatMap(items => [...items])).not.toContainEqual(item)
    }
    victim.mine(1)
    victim.net.advance(1_000)
    expect(before.commands()).toContain('inv') // of the block
  })
})

test('what a peer is too old for it is not told', () => {
  const commandsTo = (version: number) => new Set(meet({ version }).commands())
  const added = (from: number, to: number) =>
    [...commandsTo(to)].filter(command => !commandsTo(from).has(command))
  expect(added(70011, 70012)).toEqual(['sendheaders'])
  expect(added(70012, 70013)).toEqual(['feefilter'])
  expect(added(70013, 70014)).toEqual(['sendcmpct'])
  expect(added(70015, 70016)).toEqual(['wtxidrelay', 'sendaddrv2'])
})

test('wtxids are spoken only with who is new enough to, whatever it sends', () => {
  const old = meet({ version: 70015 })
  expect(victim.net.ledger(0).parts.env.peers.values().next().value?.wtxidRelay).toBe(false)
  old.tell(victim.net, 'inv', [{ type: INV.tx, hash: 'ab'.repeat(32) }], 2_000)
  expect(old.told('getdata').flatMap(items => [...items])).toEqual([
    { type: INV.witnessTx, hash: 'ab'.repeat(32) },
  ])
})

test('a fee that no transaction can pay is no filter', () => {
  const peer = meet().tell(victim.net, 'feefilter', 2n ** 64n - 1n)
  const [known] = victim.net.ledger(0).parts.env.peers.values()
  expect(known?.feeFilter).toBe(0)
  peer.tell(victim.net, 'feefilter', 5_000n)
  expect(known?.feeFilter).toBe(5_000)
})

describe('a peer that does not keep all blocks', () => {
  test.each([WITNESS, WITNESS_LIMITED])('announces one, and is asked for it (services %i)', services => {
    const peer = meet({ services })
    const block = buildBlock(victim.chain)
    peer.tell(victim.net, 'headers', [block.header])
    expect(peer.told('getdata').flatMap(items => [...items])).toEqual([
      { type: INV.witnessBlock, hash: block.hash },
    ])
    peer.tell(victim.net, 'block', block)
    expect(victim.chain.tip.hash).toBe(block.hash)
  })

  test('without witnesses is asked for none', () => {
    const peer = meet({ services: 1n }).tell(victim.net, 'headers', [buildBlock(victim.chain).header])
    expect(peer.commands()).not.toContain('getdata')
  })

  test('is asked once what lies before what it announces, one that does each time', () => {
    const asks = (services: bigint) => {
      const peer = meet({ services })
      peer.tell(victim.net, 'headers', [])
      const before = peer.told('getheaders').length
      for (const height of [1, 2]) {
        const block = buildBlock(victim.chain, { tag: Number(services) + height })
        peer.tell(victim.net, 'inv', [{ type: INV.block, hash: block.hash }])
        peer.tell(victim.net, 'headers', [block.header])
        peer.tell(victim.net, 'block', block)
        expect(victim.chain.tip.hash).toBe(block.hash)
      }
      return peer.told('getheaders').length - before
    }
    expect([asks(WITNESS), asks(WITNESS | 1n)]).toEqual([1, 2])
  })

  test('is asked for sixteen at most, one that does for as many as are small', () => {
    const before = meet()
    for (let i = 0; i < 60; i++) before.tell(victim.net, 'block', buildBlock(victim.chain), 1)
    const asks = (services: bigint) => {
      const { hash, header } = victim.chain.tip
      const peer = meet({ services })
      peer.tell(victim.net, 'headers', victim.headersOn(hash, 40, header.time + Number(services)))
      return peer.told('getdata').flatMap(items => [...items]).length
    }
    expect(asks(WITNESS)).toBe(16)
    expect(asks(WITNESS | 1n)).toBeGreaterThan(16)
  })

  test('is asked for the last ones only, one that does for all', () => {
    const headers = victim.headersOn(victim.chain.tip.hash, 300)
    const limited = meet({ services: WITNESS_LIMITED }).tell(victim.net, 'headers', headers)
    expect(limited.commands()).not.toContain('getdata')
    const full = meet().tell(victim.net, 'headers', headers)
    expect(full.told('getdata').flatMap(items => [...items])[0]).toMatchObject({ hash: headers[0]?.hash })
  })
})

describe('while our headers are old', () => {
  beforeEach(() => {
    victim = new Victim('old', 0, { genesisTime: START_MS / 1000 - 10 * DAY_SECONDS })
  })

  const asked = (peer: LedgerRawPeer) => peer.told('getheaders').length

  test('one peer is asked, and with each block that is announced one other, each once', () => {
    const first = meet()
    expect(asked(first)).toBe(1)
    first.tell(victim.net, 'headers', [])
    const others = [meet(), meet()]
    expect(others.map(asked)).toEqual([0, 0])
    const announce = (hash: string) => {
      for (const peer of [first, ...others]) peer.tell(victim.net, 'inv', [{ type: INV.block, hash }], 50)
      first.tell(victim.net, 'headers', [], 50)
    }
    announce('ab'.repeat(32))
    expect(asked(first)).toBe(2)
    expect(others.map(asked).sort()).toEqual([0, 1])
    announce('cd'.repeat(32))
    expect(asked(first)).toBe(3)
    expect(others.map(asked)).toEqual([1, 1])
  })

  test('a peer that says it has more than one that had nothing is asked as well', () => {
    meet().tell(victim.net, 'headers', [])
    expect(asked(meet({ startHeight: 0 }))).toBe(0)
    expect(asked(meet({ startHeight: 7 }))).toBe(1)
  })

  test('no transactions are wanted: the fee filter says so until the chain is here', () => {
    const peer = meet()
    // The largest of the steps that Core rounds to.
    expect(peer.told('feefilter')).toEqual([9_170_997n])
    victim.submit(buildBlock(victim.chain, { time: START_MS / 1000 }))
    victim.net.advance(500)
    expect(peer.told('feefilter').at(-1)).toBe(BigInt(victim.net.ledger(0).mempool.minFeeSatPerKvb))
  })
})
