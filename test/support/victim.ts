// One node with a short chain, and peers that say to it what a test has them say. Real proof of work at trivial difficulty.

import { expect } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { blockCodec } from '../../node/ledger/chain/block.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import type { Block, Header } from '../../node/ledger/chain/types.ts'
import { bitsToTarget, meetsTarget } from '../../node/ledger/consensus/target.ts'
import type { ChainSpec } from '../../node/params.ts'
import { buildBlock, EASY_SPEC, solve } from './chain.ts'
import { START_MS } from './harness.ts'
import {
  createLedgerNetwork,
  type LedgerNetwork,
  type LedgerNetworkOptions,
  LedgerRawPeer,
} from './ledger-network.ts'

/** After which who dialled us is asked for what it named by txid. */
export const ASKED_MS = 4_000

export class Victim {
  readonly net: LedgerNetwork
  readonly chain: Chain
  #peers = 0

  constructor(
    seed: string,
    blocks: number,
    change: Partial<ChainSpec> = {},
    more: Pick<LedgerNetworkOptions, 'core' | 'ledger'> = {},
  ) {
    const chain = { ...EASY_SPEC, genesisTime: START_MS / 1000 - 3_600, ...change }
    this.net = createLedgerNetwork({ seed, nodes: 1, chain, ...more })
    this.chain = this.net.ledger(0).chain
    this.mine(blocks)
  }

  mine(blocks: number): void {
    for (let i = 0; i < blocks; i++) this.submit(buildBlock(this.chain))
  }

  submit(block: Block): Block {
    expect(this.net.rpc(0, 'submitblock', toHex(encode(blockCodec, block)))).toBeNull()
    return block
  }

  /** A peer with its handshake done. Each has another address. */
  join(): LedgerRawPeer {
    this.#peers++
    return new LedgerRawPeer(this.net, `10.9.${this.#peers}.1:18444`).meet(this.net, 0, BigInt(this.#peers))
  }

  /** `count` headers that follow each other, on `prev`. */
  headersOn(prev: string, count: number, time = this.chain.tip.header.time + 1): Header[] {
    const { tip, params } = this.chain
    const headers: Header[] = []
    for (let i = 0; i < count; i++) {
      const fields = { ...tip.header, prev: headers.at(-1)?.hash ?? prev, time: time + i, nonce: 0 }
      headers.push(solve(makeHeader(fields), params))
    }
    return headers
  }

  /** Reasons of all offences so far. */
  offences(): unknown[] {
    return this.net.events
      .filter(({ event }) => event.type === 'misbehaviour')
      .map(({ event }) => event.reason)
  }

  expectOffence(peer: LedgerRawPeer, reason: string): void {
    expect(this.offences()).toEqual([reason])
    expect(peer.closed).toBe('closed by peer')
  }

  expectForgiven(peer: LedgerRawPeer): void {
    expect(this.offences()).toEqual([])
    expect(peer.closed).toBeUndefined()
  }
}

/** The same header with a nonce that proves nothing. */
export function withoutWork(header: Header): Header {
  const target = bitsToTarget(header.bits)
  let changed = header
  while (meetsTarget(changed.hash, target)) changed = makeHeader({ ...changed, nonce: changed.nonce + 1 })
  return changed
}
