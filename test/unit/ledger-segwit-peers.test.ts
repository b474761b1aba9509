// Peers from before segregated witnesses, and what of witnesses may be missing or wrong on the way (Bitcoin Core 28.1).

import { describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { blockCodec, makeBlock } from '../../node/ledger/chain/block.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Tx } from '../../node/ledger/chain/types.ts'
import { RuleBook, usualVersionBits } from '../../node/ledger/consensus/rules.ts'
import { INV } from '../../node/ledger/messages.ts'
import { chainParams } from '../../node/params.ts'
import { buildBlock, EASY, EASY_SPEC } from '../support/chain.ts'
import { START_MS } from '../support/harness.ts'
import { LedgerRawPeer } from '../support/ledger-network.ts'
import { Victim } from '../support/victim.ts'

const NETWORK = 1n
const WITNESS = 8n
/** Whom a node asks at once, however a transaction is named. */
const grants = [{ subnet: '0.0.0.0/0', permissions: ['noban'] as const, direction: 'in' as const }]

/** A node whose chain has segwit from this height on. */
function withSegwitAt(segwit: number): Victim {
  const chain = { genesisTime: START_MS / 1000 - 3_600 }
  const rules = new RuleBook(chainParams({ ...EASY_SPEC, ...chain }), {
    ...usualVersionBits(EASY),
    buried: { segwit },
  })
  return new Victim('segwit', 0, chain, { core: { grants }, ledger: { rules } })
}

function meet(victim: Victim, services: bigint): LedgerRawPeer {
  const peer = new LedgerRawPeer(victim.net, `10.8.1.${services}:18444`)
  peer.dial(0).send('version', peer.version({ nonce: services + 100n, services }))
  peer.send('verack', null)
  victim.net.advance(1_000)
  return peer
}

const asked = (peer: LedgerRawPeer) => peer.told('getdata').flatMap(items => [...items])
const withoutReserved = (block: Block): Block => {
  const [coinbase, ...others] = block.transactions as [Tx, ...Tx[]]
  const inputs = coinbase.inputs.map(input => ({ ...input, witness: [] }))
  return makeBlock(block.header, [makeTx({ ...coinbase, inputs }), ...others])
}

describe('a peer that knows no witnesses', () => {
  test('is asked for blocks as long as they have none, and for no block that may have some', () => {
    const victim = withSegwitAt(2)
    const peer = meet(victim, NETWORK)
    const first = buildBlock(victim.chain)
    peer.tell(victim.net, 'headers', [first.header])
    expect(asked(peer)).toEqual([{ type: INV.block, hash: first.hash }])
    peer.tell(victim.net, 'block', first)
    expect(victim.chain.tip.hash).toBe(first.hash)
    const second = buildBlock(victim.chain)
    peer.tell(victim.net, 'headers', [second.header])
    expect(asked(peer)).toHaveLength(1)
    const newer = meet(victim, NETWORK | WITNESS)
    newer.tell(victim.net, 'headers', [second.header])
    expect(asked(newer)).toEqual([{ type: INV.witnessBlock, hash: second.hash }])
  })

  test('and does not have one is passed over', () => {
    const victim = withSegwitAt(5)
    const [old, other] = [meet(victim, NETWORK), meet(victim, NETWORK | WITNESS)]
    const block = buildBlock(victim.chain)
    old.tell(victim.net, 'headers', [block.header])
    other.tell(victim.net, 'headers', [block.header])
    expect(asked(other)).toEqual([])
    old.tell(victim.net, 'notfound', [{ type: INV.block, hash: block.hash }])
    expect(asked(other)).toEqual([{ type: INV.witnessBlock, hash: block.hash }])
  })

  test('is asked for transactions without any', () => {
    const victim = new Victim('old', 3, {}, { core: { grants } })
    const hash = 'ab'.repeat(32)
    for (const [services, type] of [
      [NETWORK, INV.tx],
      [NETWORK | WITNESS, INV.witnessTx],
    ] as const) {
      const peer = meet(victim, services)
      peer.tell(victim.net, 'inv', [{ type: INV.tx, hash }])
      expect(asked(peer)).toEqual([{ type, hash }])
      peer.tell(victim.net, 'notfound', [{ type, hash }])
    }
  })
})

describe('a block whose witnesses somebody changed', () => {
  test('leaves nothing behind: what is asked next begins with our own tip', () => {
    const victim = new Victim('changed', 3, {}, { core: { grants } })
    const peer = meet(victim, NETWORK | WITNESS)
    const good = buildBlock(victim.chain, { commit: true })
    peer.tell(victim.net, 'block', withoutReserved(good))
    expect(victim.offences()).toEqual(['bad-witness-nonce-size'])
    expect(victim.chain.entry(good.hash)).toBeUndefined()
    peer.tell(victim.net, 'headers', [])
    peer.tell(victim.net, 'inv', [{ type: INV.block, hash: 'cd'.repeat(32) }])
    expect(peer.told('getheaders').at(-1)?.hashes[0]).toBe(victim.chain.tip.hash)
  })

  test('nor does one that is invalid stand before our own tip, though its peer’s branch is named', () => {
    const victim = new Victim('invalid', 3, {}, { core: { grants } })
    const peer = meet(victim, NETWORK | WITNESS)
    const bad = buildBlock(victim.chain, { claimSat: 10 ** 12 })
    peer.tell(victim.net, 'block', bad)
    expect(victim.chain.entry(bad.hash)?.status).toBe('invalid')
    peer.tell(victim.net, 'headers', [])
    peer.tell(victim.net, 'inv', [{ type: INV.block, hash: 'cd'.repeat(32) }])
    expect(peer.told('getheaders').at(-1)?.hashes.slice(0, 2)).toEqual([victim.chain.tip.hash, bad.hash])
  })

  test('or forgot: whoever hands it to the node need not know the reserved value', () => {
    const victim = new Victim('handed', 3)
    const handed = (block: Block) => victim.net.rpc(0, 'submitblock', toHex(encode(blockCodec, block)))
    const block = buildBlock(victim.chain, { commit: true })
    expect(handed(withoutReserved(block))).toBeNull()
    expect(victim.chain.tip.hash).toBe(block.hash)
    const bare = buildBlock(victim.chain)
    expect(handed(bare)).toBeNull()
    expect(victim.chain.block(bare.hash)?.transactions[0]?.hasWitness).toBe(false)
  })
})
