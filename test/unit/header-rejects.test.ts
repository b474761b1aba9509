// Each rule of headers broken once: named as Core names it, remembered as it should be, and nothing moved.

import { describe, expect, test } from 'vitest'
import type { RejectReason } from '../../node/errors.ts'
import { makeBlock } from '../../node/ledger/chain/block.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import type { Block } from '../../node/ledger/chain/types.ts'
import { bitsToTarget, meetsTarget } from '../../node/ledger/consensus/target.ts'
import { chainParams, REGTEST } from '../../node/params.ts'
import { buildBlock, EASY_SPEC, mineBlock, mineBlocks, NOW_MS, solve, testChain } from '../support/chain.ts'

/** A chain of six blocks. */
function ground(): { readonly chain: Chain } {
  const chain = testChain()
  mineBlocks(chain, 6)
  return { chain }
}

/** The same block as another header: for faults in the header. */
function reheader(chain: Chain, change: Partial<Block['header']>, search = true): Block {
  const block = buildBlock(chain)
  const header = makeHeader({ ...block.header, ...change })
  return makeBlock(search ? solve(header, chain.params) : header, block.transactions)
}

const headerFaults: [RejectReason, (chain: Chain) => Block][] = [
  [
    'high-hash',
    chain => {
      const target = bitsToTarget(chain.nextBits(chain.tip))
      for (let nonce = 0; ; nonce++) {
        const block = reheader(chain, { nonce }, false)
        if (!meetsTarget(block.hash, target)) return block
      }
    },
  ],
  // Bits that are no target at all, or easier than the limit, prove nothing either.
  ['high-hash', chain => reheader(chain, { bits: 0x20ffffff }, false)],
  ['high-hash', chain => reheader(chain, { bits: 0x2100ffff }, false)],
  ['bad-diffbits', chain => buildBlock(chain, { bits: 0x2000ffff })],
  ['prev-blk-not-found', chain => reheader(chain, { prev: '77'.repeat(32) })],
  ['time-too-old', chain => buildBlock(chain, { time: chain.medianTimePast(chain.tip) })],
  ['time-too-new', chain => buildBlock(chain, { time: NOW_MS / 1000 + 7201 })],
  ['bad-version', chain => buildBlock(chain, { version: 3 })],
  ['bad-version', chain => buildBlock(chain, { version: -1 })],
]

describe('headers', () => {
  test.each(headerFaults)('%s', (reason, build) => {
    const { chain } = ground()
    const block = build(chain)
    expect(() => chain.acceptHeaders([block.header])).toThrow(expect.objectContaining({ reason }))
    expect(() => chain.acceptBlock(block)).toThrow(expect.objectContaining({ reason }))
    expect(chain.entry(block.hash)).toBeUndefined()
    expect(chain.tip.height).toBe(6)
  })

  test('time-too-new heals by itself', () => {
    let nowMs = NOW_MS
    const chain = testChain({ nowMs: () => nowMs })
    const block = buildBlock(chain, { time: NOW_MS / 1000 + 7201 })
    expect(() => chain.acceptBlock(block)).toThrow(expect.objectContaining({ reason: 'time-too-new' }))
    nowMs += 1000
    expect(chain.acceptBlock(block).outcome).toBe('connected')
  })

  test('time-timewarp-attack: on regtest a period may not start more than 600 s before its parent (BIP94)', () => {
    const chain = testChain({ params: REGTEST })
    mineBlocks(chain, 142)
    const { time } = chain.tip.header
    mineBlock(chain, { time: time + 5000 })
    expect(() => chain.acceptBlock(buildBlock(chain, { time: time + 4399 }))).toThrow(
      expect.objectContaining({ reason: 'time-timewarp-attack' }),
    )
    expect(chain.acceptBlock(buildBlock(chain, { time: time + 4400 })).outcome).toBe('connected')
    // Inside a period time may go back as far as the median allows.
    expect(chain.acceptBlock(buildBlock(chain, { time: time + 1 })).outcome).toBe('connected')
  })

  test('bad-prevblk: nothing builds on an invalid block, not even a header', () => {
    const { chain } = ground()
    const bad = buildBlock(chain, { claimSat: 5e9 + 1 })
    expect(() => chain.acceptBlock(bad)).toThrow(expect.objectContaining({ reason: 'bad-cb-amount' }))
    const child = makeBlock(
      solve(makeHeader({ ...bad.header, prev: bad.hash, time: bad.header.time + 1, nonce: 0 }), chain.params),
      bad.transactions,
    )
    expect(() => chain.acceptHeaders([child.header])).toThrow(
      expect.objectContaining({ reason: 'bad-prevblk' }),
    )
    expect(() => chain.acceptBlock(child)).toThrow(expect.objectContaining({ reason: 'bad-prevblk' }))
  })

  test('too-little-chainwork: branches far below the tip are taken only so many times', () => {
    const params = chainParams({ ...EASY_SPEC, checkProofOfWork: false })
    const chain = testChain({ params })
    mineBlocks(chain, 150)
    const low = (nonce: number) =>
      makeHeader({ ...(chain.at(1) as { header: Block['header'] }).header, nonce: nonce + 1 })
    const refused = expect.objectContaining({ reason: 'too-little-chainwork' })
    // Twins in one message are not a branch, whatever their number.
    for (let i = 0; i < 10; i++)
      chain.acceptHeaders(Array.from({ length: 1_000 }, (_, n) => low(1_000 * i + n)))
    expect(() => chain.acceptHeaders([low(10_000)])).toThrow(refused)
    expect(() => chain.acceptBlock(makeBlock(low(10_000), []))).toThrow(refused)
    // A branch that has the work is welcome, however far back it begins.
    const branch: Block['header'][] = []
    for (let prev = chain.genesis.header; branch.length < 10; prev = branch.at(-1) as Block['header'])
      branch.push(makeHeader({ ...prev, version: 4, prev: prev.hash, time: prev.time + 9 }))
    expect(chain.acceptHeaders(branch).added.length).toBe(10)
    expect(chain.tip.height).toBe(150)
  })
})
