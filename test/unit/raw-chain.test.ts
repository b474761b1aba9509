// The second opinion on chains: it accepts what the node's own code makes, and nothing that breaks a rule.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { blockCodec } from '../../node/ledger/chain/block.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import type { Block } from '../../node/ledger/chain/types.ts'
import { chainParams, REGTEST, REGTEST_SPEC } from '../../node/params.ts'
import { Moments } from '../../orchestrator/chaos/moments.ts'
import { findCheck } from '../../orchestrator/checks/all.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { RawBlocks } from '../../orchestrator/systems/ledger/checks/raw-blocks.ts'
import { spentTwice, verifyRawChain } from '../../orchestrator/systems/ledger/checks/raw-chain.ts'
import {
  buildBlock,
  EASY_SPEC,
  mineBlock,
  mineBlocks,
  rewardOf,
  spend,
  supplySat,
  testChain,
  testKey,
} from '../support/chain.ts'
import { stateWith } from '../support/partial-state.ts'

const raw = (block: Block) => Buffer.from(encode(blockCodec, block))

/** All blocks of the active chain, and some that nobody accepted. */
function rawChain(chain: Chain, more: readonly Block[] = []): Buffer[] {
  const blocks = Array.from(
    { length: chain.tip.height + 1 },
    (_, height) => chain.block(chain.at(height)?.hash as string) as Block,
  )
  return [...blocks, ...more].map(raw)
}

/** A chain whose third block's coin is spent by the last one, with a fee. */
function spentChain() {
  const chain = testChain()
  const reward = rewardOf(mineBlock(chain))
  mineBlocks(chain, 2)
  const script = testKey(1).script
  const tx = spend([reward], { outputs: [{ valueSat: reward.valueSat - 1000, script }] })
  mineBlock(chain, { txs: [tx], claimSat: chain.subsidySat(4) + 1000 })
  return { chain, reward, script, tx }
}

/** What the checks see of one node that serves `chain` and counts `coins`. */
function groundOf(chain: Chain, coins: number): Ground {
  const moments = new Moments([], 0)
  moments.markHealed(0)
  return {
    plan: { chain: EASY_SPEC } as Plan,
    steps: [],
    moments,
    state: () => stateWith({ nodes: [{ name: 'n-1', phase: 'running' }] }),
    rpc: async (_, method, [hash]) => {
      if (method === 'getbestblockhash') return chain.tip.hash
      if (method === 'gettxoutsetinfo') return { bestblock: chain.tip.hash, total_amount: coins }
      return raw(chain.block(String(hash)) as Block).toString('hex')
    },
    resumedHeight: () => undefined,
    lives: () => 1,
    troubles: () => [],
    descriptors: () => undefined,
    nowMs: () => 0,
    wait: async () => {},
  }
}

const verdictOf = (name: string, ground: Ground) =>
  findCheck(name).run(ground, { name, within: { ms: 0, after: 'heal' }, numbers: {} })

describe('checks on raw blocks', () => {
  it('are green for a chain that is right, and say what they saw', async () => {
    const { chain } = spentChain()
    const ground = groundOf(chain, supplySat(chain) / 1e8)
    expect(await verdictOf('chain', ground)).toMatchObject({ passed: true, measured: '1 of 1: height 4' })
    expect(await verdictOf('supply', ground)).toMatchObject({ passed: true })
  })

  it('turn red when a node prints too much subsidy, and when it counts other coins than its blocks make', async () => {
    const chain = testChain({ params: chainParams({ ...EASY_SPEC, subsidySat: EASY_SPEC.subsidySat + 1 }) })
    mineBlocks(chain, 2)
    const printing = groundOf(chain, supplySat(chain) / 1e8)
    expect(await verdictOf('chain', printing)).toMatchObject({
      passed: false,
      message: expect.stringContaining('n-1: block 1: it creates 5000000001 satoshi'),
    })
    expect(await verdictOf('supply', printing)).toMatchObject({ passed: false })
    const miscounting = groundOf(spentChain().chain, 1)
    expect(await verdictOf('supply', miscounting)).toMatchObject({
      passed: false,
      message: expect.stringContaining('it counts 100000000 satoshi, its blocks make 20000000000'),
    })
  })
})

describe('a chain read raw', () => {
  it('adds up as the node adds it up, witnesses, fees and halvings included', () => {
    const { chain } = spentChain()
    const verified = verifyRawChain(rawChain(chain), EASY_SPEC)
    expect(verified).toEqual({
      height: 4,
      tip: chain.tip.hash,
      supplySat: BigInt(chain.utxoStats().totalSat),
      allowedSat: BigInt(supplySat(chain)),
    })
    const regtest = testChain({ params: REGTEST })
    mineBlocks(regtest, 160)
    expect(verifyRawChain(rawChain(regtest), REGTEST_SPEC).supplySat).toBe(BigInt(supplySat(regtest)))
  })

  it('does not pass with too much subsidy, which its own node accepted', () => {
    const generous = chainParams({ ...EASY_SPEC, subsidySat: EASY_SPEC.subsidySat + 1 })
    const chain = testChain({ params: generous })
    mineBlocks(chain, 3)
    expect(() => verifyRawChain(rawChain(chain), EASY_SPEC)).toThrow(
      'block 1: it creates 5000000001 satoshi where 5000000000 are allowed',
    )
  })

  it('does not pass with a coin spent twice', () => {
    const { chain, reward, script } = spentChain()
    const again = spend([reward], { outputs: [{ valueSat: 1, script }] })
    const twice = buildBlock(chain, { txs: [again] })
    expect(() => verifyRawChain(rawChain(chain, [twice]), EASY_SPEC)).toThrow(
      /^block 5: .*not there or spent already/,
    )
  })

  it('does not pass with a coinbase spent before its time, or money from nowhere', () => {
    const chain = testChain()
    const reward = rewardOf(mineBlock(chain))
    const { script } = testKey(1)
    const early = buildBlock(chain, { txs: [spend([reward], { outputs: [{ valueSat: 1, script }] })] })
    expect(() => verifyRawChain(rawChain(chain, [early]), EASY_SPEC)).toThrow(
      /^block 2: .*1 block after its birth/,
    )
    mineBlocks(chain, 2)
    const more = spend([reward], { outputs: [{ valueSat: reward.valueSat + 1, script }] })
    const rich = buildBlock(chain, { txs: [more] })
    expect(() => verifyRawChain(rawChain(chain, [rich]), EASY_SPEC)).toThrow(
      /^block 4: .*of 5000000000 satoshi/,
    )
  })

  it('does not pass without its work, or on another parent', () => {
    const chain = testChain()
    const [first, second] = mineBlocks(chain, 2) as [Block, Block]
    let lazy = second.header
    while (Number.parseInt(lazy.hash.slice(0, 2), 16) < 0x80)
      lazy = makeHeader({ ...lazy, nonce: lazy.nonce + 1 })
    const [genesis] = rawChain(chain) as [Buffer]
    expect(() => verifyRawChain([genesis, raw(first), raw({ ...second, header: lazy })], EASY_SPEC)).toThrow(
      /^block 2: its hash .* misses its target/,
    )
    expect(() => verifyRawChain([genesis, raw(second)], EASY_SPEC)).toThrow(/^block 1: its parent is/)
  })

  it('does not pass with any bit changed, and never fails otherwise than by saying so', () => {
    const { chain } = spentChain()
    const blocks = rawChain(chain)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (height, at, bit) => {
          const changed = Buffer.from(blocks[height] as Buffer)
          const body = changed.length
          changed[at % body] = (changed[at % body] as number) ^ (1 << bit)
          const all = blocks.map((block, i) => (i === height ? changed : block))
          try {
            const verified = verifyRawChain(all, EASY_SPEC)
            // Witnesses are the one part that neither hash nor header of a block without commitment covers.
            expect(verified.supplySat).toBe(BigInt(chain.utxoStats().totalSat))
          } catch (error) {
            expect((error as Error).name).toBe('ChainFault')
          }
        },
      ),
    )
  })

  it('of a regtest network has Bitcoin’s own rules, whatever its spec says', () => {
    const chain = testChain({ params: REGTEST })
    mineBlocks(chain, 3)
    const said = { ...REGTEST_SPEC, subsidySat: 1, powLimitBits: 0x1d00ffff }
    expect(verifyRawChain(rawChain(chain), said).allowedSat).toBe(BigInt(supplySat(chain)))
  })
})

describe('a raw transaction', () => {
  const input = (first: number) =>
    `${Buffer.alloc(32, 7).fill(first, 0, 1).toString('hex')}00000000${'00'}ffffffff`
  const output = `${'0100000000000000'}${'00'}`
  const spends = (...transactions: readonly string[]) => {
    const count = transactions.length.toString(16).padStart(2, '0')
    return spentTwice([Buffer.from('00'.repeat(80) + count + transactions.join(''), 'hex')]).spends
  }

  it('has a witness when a marker and a flag follow its version, and only then', () => {
    // One input of a transaction whose id ends in 01: a count and a byte, no marker and no flag.
    expect(spends(`02000000${'01'}${input(1)}${'01'}${output}${'00000000'}`)).toBe(1)
    const witnesses = `${'01'}${'02'}abcd${'00'}`
    expect(
      spends(`02000000${'0001'}${'02'}${input(1)}${input(2)}${'01'}${output}${witnesses}${'00000000'}`),
    ).toBe(2)
  })

  it('with versions that use every byte', () => {
    expect(spends(`01000020${'0001'}${'01'}${input(9)}${'01'}${output}${'00'}${'00000000'}`)).toBe(1)
  })
})

it('what a node handed out is asked of it once, and of each node by itself', async () => {
  const chain = testChain()
  mineBlocks(chain, 2)
  const asked: string[] = []
  const blocks = new RawBlocks({
    ...groundOf(chain, 0),
    rpc: async (node, method, [hash, verbosity]) => {
      if (method !== 'getblock' || verbosity !== 0) throw new Error(`no ${method} ${verbosity}`)
      asked.push(node)
      return raw(chain.block(String(hash)) as Block).toString('hex')
    },
  })
  const whole = rawChain(chain)
  expect(await blocks.chainOf('n-1', chain.tip.hash)).toEqual(whole)
  expect(await blocks.chainOf('n-1', chain.tip.hash)).toEqual(whole)
  expect(asked).toHaveLength(3)
  expect(await blocks.chainOf('n-2', chain.tip.hash)).toEqual(whole)
  expect(asked).toHaveLength(6)
})
