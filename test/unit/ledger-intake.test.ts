// The one way into the chain: who is told, and to blame, when a block that was stored earlier turns out to break a rule.

import { expect, test } from 'vitest'
import { BlockIntake } from '../../node/ledger/intake.ts'
import { LedgerPeer } from '../../node/ledger/peers.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { buildBlock, mineBlocks, testChain } from '../support/chain.ts'

const peerOf = (id: number) =>
  new LedgerPeer({
    ...{ id, address: `10.0.0.${id}:18444`, inbound: true, userAgent: '/x/', services: 9n, startHeight: 0 },
    ...{ protocolVersion: 70016, relaysTransactions: true, handshakeCommands: new Set<string>() },
    ...{ connectedMs: 0, readyMs: 0, minPingMs: undefined, usable: true },
  } as unknown as LedgerPeer['view'])

/** A side block that breaks a rule, from one peer; then the block on it that shows it, from another. */
function blamedFor(leaves: boolean): (LedgerPeer | undefined)[] {
  const chain = testChain()
  mineBlocks(chain, 3)
  const blamed: (LedgerPeer | undefined)[] = []
  const intake = new BlockIntake(chain, new VirtualClock(0), () => {}, {
    onTip() {},
    onInvalid: (_block, from) => void blamed.push(from),
  })
  const parent = chain.tip
  intake.accept(buildBlock(chain), { by: 'rpc', from: undefined })
  const bad = buildBlock(chain, { parent, claimSat: chain.subsidySat(4) + 1, tag: 1 })
  const [greedy, honest] = [peerOf(1), peerOf(2)]
  const { entry } = intake.accept(bad, { by: 'block', from: greedy })
  if (leaves) intake.onPeerGone(greedy)
  const next = buildBlock(chain, { parent: entry })
  intake.accept(next, { by: 'block', from: honest })
  expect(chain.entry(bad.hash)?.status).toBe('invalid')
  return blamed.map(peer => (peer === greedy ? peer : undefined))
}

test('who sent a block is to blame for it, also later', () => {
  const [from] = blamedFor(false)
  expect(from?.id).toBe(1)
})

test('a peer that has gone is held on to no longer', () => {
  expect(blamedFor(true)).toEqual([undefined])
})
