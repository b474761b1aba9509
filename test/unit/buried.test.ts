// Rules that a height stands for (BIP90), moved as Core's -testactivationheight moves them: one by one, before and after.

import { describe, expect, test } from 'vitest'
import { pushNumber } from '../../node/ledger/chain/push.ts'
import type { Block } from '../../node/ledger/chain/types.ts'
import type { VersionBits } from '../../node/ledger/consensus/deployment.ts'
import { RuleBook, usualVersionBits } from '../../node/ledger/consensus/rules.ts'
import { Mempool } from '../../node/ledger/mempool.ts'
import { deploymentInfo, templateRules } from '../../node/ledger/rpc/deployments.ts'
import { VERIFY } from '../../node/ledger/script/flags.ts'
import { buildTemplate } from '../../node/ledger/template.ts'
import {
  buildBlock,
  coinbaseInput,
  EASY,
  mineBlock,
  mineBlocks,
  NOW_MS,
  rewardOf,
  secp,
  solve,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'

const chainWith = (buried: VersionBits['buried']) =>
  testChain({ rules: new RuleBook(EASY, { ...usualVersionBits(EASY), ...(buried && { buried }) }) })
type Chain = ReturnType<typeof chainWith>

const reasonOf = (chain: Chain, block: Block): string => {
  try {
    return chain.acceptBlock(block).outcome
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error)
  }
}

describe('versions', () => {
  test.each([
    [{ bip34: 3 }, [4, 4, 4, 4]],
    [{ bip34: 2, dersig: 3, cltv: 4 }, [1, 2, 3, 4]],
    [{ dersig: 3, cltv: 2 }, [2, 4, 4, 4]],
    [{ bip34: 2, dersig: 9, cltv: 9 }, [1, 2, 2, 2]],
  ])('with %o: the least of blocks 1 to 4 is %o', (buried, least) => {
    const chain = chainWith(buried)
    for (const version of least) {
      if (version > 1)
        expect(reasonOf(chain, buildBlock(chain, { version: version - 1 }))).toBe('bad-version')
      expect(reasonOf(chain, buildBlock(chain, { version }))).toBe('connected')
    }
  })

  test('may be anything before the first', () => {
    const chain = chainWith({ bip34: 2, dersig: 2, cltv: 2 })
    expect(reasonOf(chain, buildBlock(chain, { version: -5 }))).toBe('connected')
  })
})

test('a coinbase need not begin with its height before BIP34, and must from it on', () => {
  const chain = chainWith({ bip34: 2 })
  const nameless = () => {
    const input = { ...coinbaseInput(99), scriptSig: pushNumber(9_999) }
    return buildBlock(chain, { coinbase: { inputs: [input] } })
  }
  expect(reasonOf(chain, nameless())).toBe('connected')
  expect(reasonOf(chain, nameless())).toBe('bad-cb-height')
  expect(reasonOf(chain, buildBlock(chain))).toBe('connected')
})

test('flags of scripts come with their heights, and NULLDUMMY with segwit', () => {
  const { rules } = chainWith({ dersig: 5, cltv: 5, csv: 5, segwit: 5 })
  const chain = chainWith(undefined)
  mineBlocks(chain, 6)
  const flags = (height: number) => rules.after(chain.at(height - 1)).flags
  const late = VERIFY.DERSIG | VERIFY.CHECKLOCKTIMEVERIFY | VERIFY.CHECKSEQUENCEVERIFY | VERIFY.NULLDUMMY
  expect(flags(4) & late).toBe(0)
  expect(flags(5) & late).toBe(late)
  expect(flags(4) | late).toBe(flags(5))
  expect(rules.after(chain.at(3)).csv).toBe(false)
})

describe('before segwit', () => {
  test('no block has a witness, and what commits to none needs no nonce', () => {
    const chain = chainWith({ segwit: 5 })
    const first = mineBlock(chain)
    mineBlocks(chain, 2)
    const outputs = [{ valueSat: 1_000, script: testKey(1).script }]
    const payment = () => buildBlock(chain, { txs: [spend([rewardOf(first)], { outputs })] })
    expect(reasonOf(chain, payment())).toBe('unexpected-witness')
    mineBlock(chain)
    expect(reasonOf(chain, payment())).toBe('connected')
  })

  test('a template leaves payments with a witness out, and is a good block', () => {
    const chain = chainWith({ segwit: 5 })
    const first = mineBlock(chain)
    mineBlocks(chain, 2)
    const mempool = new Mempool({ chain, secp, clock: { now: () => NOW_MS } })
    mempool.accept(spend([rewardOf(first)], { outputs: [{ valueSat: 1_000, script: testKey(1).script }] }))
    const sizes: number[] = []
    for (let i = 0; i < 2; i++) {
      const { block } = buildTemplate(chain, mempool, {
        script: testKey(0).script,
        extraNonce: 0,
        nowMs: NOW_MS,
      })
      sizes.push(block.transactions.length)
      expect(
        reasonOf(chain, {
          ...block,
          header: solve(block.header, EASY),
          hash: solve(block.header, EASY).hash,
        }),
      ).toBe('connected')
    }
    expect(sizes).toEqual([1, 2])
  })
})

test('getdeploymentinfo and getblocktemplate say so', () => {
  const chain = chainWith({ bip34: 2, dersig: 102, segwit: 3 })
  mineBlock(chain)
  const buried = (active: boolean, height: number) => ({ type: 'buried', active, height })
  expect(deploymentInfo(chain, chain.tip)).toMatchObject({
    bip34: buried(true, 2),
    bip66: buried(false, 102),
    bip65: buried(true, 1),
    csv: buried(true, 1),
    segwit: buried(false, 3),
  })
  expect(templateRules(chain).rules).toEqual(['csv', 'taproot'])
  mineBlock(chain)
  expect(templateRules(chain).rules).toEqual(['csv', '!segwit', 'taproot'])
})
