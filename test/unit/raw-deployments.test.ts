// The check's own count of raw headers, held against the node's on random chains; and the breaches that it sees in raw blocks.

import { describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { createRandom } from '../../node/core/random.ts'
import { blockCodec } from '../../node/ledger/chain/block.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import type { BlockEntry } from '../../node/ledger/chain/types.ts'
import { type Deployment, NEVER } from '../../node/ledger/consensus/deployment.ts'
import { DeploymentStates } from '../../node/ledger/consensus/versionbits.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { firstBreach, rawStates } from '../../orchestrator/systems/ledger/checks/raw-deployments.ts'
import { mineBlock, mineBlocks, rewardOf, spend, testChain, testKey } from '../support/chain.ts'
import { ACTIVE_FROM, DEMO, PERIOD, SIGNAL, unaware } from '../support/deployed.ts'
import { Headers } from '../support/headers.ts'

const SEED = 'raw deployments'

test(`states are the node's, on random chains of seed ${SEED}`, () => {
  const random = createRandom(SEED)
  const seen = new Set<string>()
  for (let run = 0; run < 300; run++) {
    const periodBlocks = 1 + random.int(8)
    const counting = { periodBlocks, thresholdBlocks: 1 + random.int(periodBlocks) }
    const by = random.int(2) === 0 ? ('time' as const) : ('height' as const)
    const start = random.int(30)
    const timeout = random.int(3) === 0 ? NEVER : start + 1 + random.int(40)
    const deployment: Deployment = {
      ...{ ...DEMO, by, bit: random.int(29), start: by === 'time' ? start * 10 : start },
      timeout: timeout === NEVER ? NEVER : by === 'time' ? timeout * 10 : timeout,
      minActivationHeight: random.int(2) === 0 ? 0 : random.int(60),
      lockInOnTimeout: by === 'height' && timeout !== NEVER && random.int(2) === 0,
    }
    const chain = new Headers()
    const share = random.int(101)
    const tops = [0x20000000, 0x20000000, 0x40000000, 0]
    const entries: BlockEntry[] = []
    for (let height = 0; height < 60; height++) {
      const version = (tops[random.int(4)] ?? 0) | (random.int(100) < share ? 1 << deployment.bit : 0)
      chain.mine(height + 1, height * 10 + random.int(30), version)
      entries.push(chain.tip as BlockEntry)
    }
    const states = new DeploymentStates(deployment, counting)
    const blocks = entries.map(({ header }) => Buffer.from(header.bytes))
    const expected = [undefined, ...entries].map(parent => states.after(parent))
    for (const state of expected) seen.add(state)
    expect(rawStates(blocks, deployment, counting), `run ${run}`).toEqual(expected)
  }
  expect([...seen].sort()).toEqual(['active', 'defined', 'failed', 'locked_in', 'must_signal', 'started'])
})

describe('a breach', () => {
  const rawOf = (chain: Chain) =>
    Array.from({ length: chain.tip.height + 1 }, (_, height) =>
      Buffer.from(encode(blockCodec, chain.block(chain.at(height)?.hash ?? '') as never)),
    )
  const DATA = concat(Uint8Array.of(OP.return), pushData(new Uint8Array(80)))
  const P2TR = concat(Uint8Array.of(OP.one, 32), new Uint8Array(32).fill(2))

  test.each([
    [
      { rule: 'max-block-weight', weight: 4_000 } as const,
      testKey(1).script,
      40,
      /^weighs \d+, at most 4000/,
    ],
    [{ rule: 'forbid', outputs: 'data' } as const, DATA, 1, /^\w{64} has a data output$/],
    [{ rule: 'forbid', outputs: 'p2tr' } as const, P2TR, 1, /^\w{64} has a p2tr output$/],
  ])('of %o is seen from the block on that is held to it', (rule, script, count, what) => {
    for (const at of [ACTIVE_FROM - 1, ACTIVE_FROM]) {
      const chain = testChain({ rules: unaware(rule) })
      const first = mineBlock(chain, { version: SIGNAL })
      mineBlocks(chain, at - 2, { version: SIGNAL })
      expect(firstBreach(rawOf(chain), { ...DEMO, rule }, PERIOD)).toBeUndefined()
      const outputs = Array.from({ length: count }, () => ({ valueSat: 1_000, script }))
      mineBlock(chain, { txs: [spend([rewardOf(first)], { outputs })] })
      expect(chain.tip.height).toBe(at)
      const breach = firstBreach(rawOf(chain), { ...DEMO, rule }, PERIOD)
      if (at < ACTIVE_FROM) expect(breach).toBeUndefined()
      else expect(breach).toEqual({ height: at, what: expect.stringMatching(what) })
    }
  })

  test('is a block too many that does not signal where blocks must', () => {
    const deployment = { ...DEMO, timeout: 12, lockInOnTimeout: true }
    const chain = testChain()
    mineBlocks(chain, 8)
    expect(firstBreach(rawOf(chain), deployment, PERIOD)).toBeUndefined()
    mineBlocks(chain, 1)
    expect(firstBreach(rawOf(chain), deployment, PERIOD)).toEqual({ height: 9, what: 'must signal bit 5' })
  })
})
