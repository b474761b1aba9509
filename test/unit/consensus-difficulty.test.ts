// The difficulty rules against published figures, and whether they find the right difficulty at all.

import { describe, expect, test } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { ancestor, BlockTree } from '../../node/ledger/chain/tree.ts'
import type { BlockEntry } from '../../node/ledger/chain/types.ts'
import { asertBits, nextBits, windowBits } from '../../node/ledger/consensus/difficulty.ts'
import { bitsForExpectedHashes, bitsToTarget, workOfBits } from '../../node/ledger/consensus/target.ts'
import { type ChainSpec, chainParams, type DifficultyRule } from '../../node/params.ts'
import { EASY_SPEC } from '../support/chain.ts'

const HALF_LIFE_SEC = 2 * 24 * 60 * 60

/** What the published vectors ask: the bits after the block at `height`, whose time is `time`, with the anchor at height 1. */
function published(anchorBits: number, height: number, time: number): number {
  return asertBits({
    anchorBits,
    lateMs: 1000 * (time - 600 * (height - 1 + 1)),
    halfLifeMs: 1000 * HALF_LIFE_SEC,
    powLimitBits: 0x1d00ffff,
  })
}

describe('aserti3-2d', () => {
  test('run 1–3: blocks on schedule keep the target', () => {
    for (const anchor of [0x1d00ffff, 0x1a2b3c4d, 0x01010000])
      for (let height = 2; height <= 11; height++)
        expect(published(anchor, height, 600 * height)).toBe(anchor)
  })

  test('run 4: one half-life late at each block doubles the target, up to the limit', () => {
    let wanted = 1n
    for (let i = 1; i <= 223; i++) {
      wanted *= 2n
      expect(bitsToTarget(published(0x01010000, i + 1, 174_000 + 173_400 * (i - 1)))).toBe(wanted)
    }
    expect(published(0x01010000, 225, 38_842_200)).toBe(0x1d00ffff)
    expect(published(0x01010000, 226, 39_015_600)).toBe(0x1d00ffff)
  })

  test.each<[height: number, bits: number]>([
    [2, 0x1d00fec5],
    [290, 0x1c7f62c0],
    [578, 0x1c3fb160],
    [2306, 0x1c00fec5],
    [16_130, 0x1600fec5],
    [60_194, 0x027f6200],
    [62_210, 0x0200fe00],
    [62_498, 0x017f0000],
    [64_226, 0x01010000],
    [64_514, 0x01010000],
  ])('run 5: block %i in no time leaves %i', (height, bits) => {
    expect(published(0x1d00ffff, height, 0)).toBe(bits)
  })

  test.each<[height: number, time: number, bits: number]>([
    [2, 1200, 0x1802aee8],
    [3, 1310, 0x1802ad91],
    [4, 1327, 0x1802abf8],
    [8, 2746, 0x1802a94b],
    [9, 7099, 0x1802b39c],
    [101, 20_372, 0x18024899],
    [256, 25_930, 0x18019b9e],
    [412, 28_484, 0x18011db2],
    [500, 29_547, 0x1800e81f],
    [638, 31_020, 0x1800a788],
  ])('run 7, a rising hash rate: block %i at %i s', (height, time, bits) => {
    expect(published(0x1802aee8, height, time)).toBe(bits)
  })

  test.each<[height: number, time: number, bits: number]>([
    [12, 9595, 0x1802b58d],
    [54, 111_773, 0x1803b056],
    [127, 503_376, 0x180ee2f0],
    [187, 1_078_358, 0x19008158],
    [281, 2_529_858, 0x1a00881c],
    [352, 3_950_808, 0x1b0085ea],
    [426, 5_430_357, 0x1c00a57c],
    [481, 6_842_136, 0x1d00a31a],
    [485, 6_993_399, 0x1d00ffff],
    [501, 7_462_933, 0x1d00ffff],
  ])('run 8, a falling hash rate: block %i at %i s', (height, time, bits) => {
    expect(published(0x1802aee8, height, time)).toBe(bits)
  })

  test('however far off schedule, the answer is a valid target', () => {
    const q = { anchorBits: 0x1d00ffff, halfLifeMs: 1, powLimitBits: 0x207fffff }
    expect(asertBits({ ...q, lateMs: 1000 * 2 ** 32 })).toBe(0x207fffff)
    expect(asertBits({ ...q, lateMs: -1000 * 2 ** 32 })).toBe(0x01010000)
    for (let lateMs = -300; lateMs <= 300; lateMs++)
      expect(bitsToTarget(asertBits({ ...q, lateMs })) <= bitsToTarget(0x207fffff)).toBe(true)
  })
})

describe('the window retarget', () => {
  test('reproduces mainnet’s first change of difficulty', () => {
    // Block 32256: the window began at 30240, the off-by-one counts 2015 intervals against 2016.
    const bits = windowBits({
      bits: 0x1d00ffff,
      actualMs: 1000 * (1_262_152_739 - 1_261_130_161),
      wantedMs: 1000 * 14 * 24 * 60 * 60,
      powLimitBits: 0x1d00ffff,
    })
    expect(bits).toBe(0x1d00d86a)
  })

  test.each<[string, number, number, number, number]>([
    ['never above the limit', 1_231_006_505, 1_233_061_996, 0x1d00ffff, 0x1d00ffff],
    ['at most four times harder', 1_279_008_237, 1_279_297_671, 0x1c05a3f4, 0x1c0168fd],
    ['at most four times easier', 1_263_163_443, 1_269_211_443, 0x1c387f6f, 0x1d00e1fd],
  ])('is %s (Core’s own figures)', (_, from, to, bits, wanted) => {
    const wantedMs = 1000 * 14 * 24 * 60 * 60
    expect(windowBits({ bits, actualMs: 1000 * (to - from), wantedMs, powLimitBits: 0x1d00ffff })).toBe(
      wanted,
    )
  })
})

/** A chain of headers alone; `mine` adds one at a time of its own. */
function headerChain(spec: Partial<ChainSpec>) {
  const params = chainParams({ ...EASY_SPEC, checkProofOfWork: false, ...spec })
  const header = (prev: string, time: number, bits: number) =>
    makeHeader({ version: 4, prev, merkleRoot: new Uint8Array(32), time, bits, nonce: 0 })
  const tree = new BlockTree(header('00'.repeat(32), params.genesisTime, params.initialBits))
  let tip: BlockEntry = tree.genesis
  return {
    bits: () => nextBits(params, tip, ancestor),
    mine(time: number): BlockEntry {
      tip = tree.add(header(tip.hash, time, nextBits(params, tip, ancestor)), tip)
      return tip
    },
  }
}

describe('on a chain', () => {
  const asert: DifficultyRule = { rule: 'asert', halfLifeMs: 60_000 }
  const window: DifficultyRule = { rule: 'bitcoin', windowBlocks: 10 }
  const start = { initialBits: 0x1e00ffff, powLimitBits: 0x207fffff, genesisTime: 1_600_000_000 }

  test('fixed never moves', () => {
    const chain = headerChain({ ...start, difficulty: { rule: 'fixed' } })
    for (let i = 1; i < 50; i++) expect(chain.mine(1_700_000_000 + i * 7).header.bits).toBe(0x1e00ffff)
  })

  test.each([asert, window])(
    'a network launched long after its genesis time starts at the planned difficulty: %j',
    difficulty => {
      const chain = headerChain({ ...start, difficulty, blockIntervalMs: 5_000 })
      for (let i = 1; i <= 25; i++) {
        const { bits } = chain.mine(1_700_000_000 + i * 5).header
        // The off-by-one of a window of 10 blocks makes it 10 % harder each time.
        const factor = Number(workOfBits(bits)) / Number(workOfBits(0x1e00ffff))
        expect(factor).toBeGreaterThan(0.99)
        expect(factor).toBeLessThan(1.25)
      }
    },
  )

  test('the window moves only where a window ends', () => {
    const chain = headerChain({ ...start, difficulty: window, blockIntervalMs: 10_000 })
    const bits = Array.from({ length: 30 }, (_, i) => chain.mine(1_700_000_000 + i * 5).header.bits)
    const changes = bits.flatMap((value, i) => (i > 0 && value !== bits[i - 1] ? [i + 1] : []))
    expect(changes).toEqual([10, 20, 30])
  })

  test('sub-second intervals are measured in milliseconds', () => {
    const chain = headerChain({ ...start, difficulty: asert, blockIntervalMs: 500 })
    // Two blocks a second for a minute: on schedule at each even block.
    for (let i = 0; i < 120; i++) chain.mine(1_700_000_000 + Math.floor(i / 2))
    expect(Math.abs(Number(workOfBits(chain.bits())) / Number(workOfBits(0x1e00ffff)) - 1)).toBeLessThan(0.01)
  })

  test.each([
    ['asert', asert, 16],
    ['asert', asert, 1 / 16],
    ['bitcoin', { rule: 'bitcoin', windowBlocks: 50 }, 16],
    ['bitcoin', { rule: 'bitcoin', windowBlocks: 50 }, 1 / 16],
  ] as const)('%s finds the interval when the hash rate was misjudged', (_, difficulty, misjudged) => {
    const blockIntervalMs = 5_000
    const hashRate = 1e6
    const initialBits = bitsForExpectedHashes((hashRate * blockIntervalMs * misjudged) / 1000)
    const chain = headerChain({ ...start, difficulty, blockIntervalMs, initialBits })
    const random = createRandom(`convergence-${misjudged}`)
    let now = 1_700_000_000
    const mine = (count: number) => {
      const from = now
      for (let i = 0; i < count; i++) {
        now += (-Math.log(1 - random.float()) * Number(workOfBits(chain.bits()))) / hashRate
        chain.mine(Math.floor(now))
      }
      return (1000 * (now - from)) / count
    }
    mine(200)
    expect(mine(2_000) / blockIntervalMs).toBeGreaterThan(0.8)
    expect(mine(2_000) / blockIntervalMs).toBeLessThan(1.25)
  })
})
