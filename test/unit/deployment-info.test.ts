// What RPC says of deployments, field by field as Bitcoin Core 28.1 has them; and what nodes that know nothing of them are warned of.

import { describe, expect, test } from 'vitest'
import { answerText } from '../../node/host/answer-text.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { NEVER } from '../../node/ledger/consensus/deployment.ts'
import { RuleBook } from '../../node/ledger/consensus/rules.ts'
import { DeploymentWatch } from '../../node/ledger/deployment-watch.ts'
import type { LedgerEvent } from '../../node/ledger/events.ts'
import type { LedgerParts } from '../../node/ledger/parts.ts'
import { deploymentInfo, templateRules, warningsOf } from '../../node/ledger/rpc/deployments.ts'
import { REGTEST } from '../../node/params.ts'
import { buildBlock, EASY, mineBlock, mineBlocks, testChain } from '../support/chain.ts'
import { ACTIVE_FROM, deployed, SIGNAL, unaware } from '../support/deployed.ts'

const RULE = { rule: 'checktemplateverify' } as const
const told = (chain: Chain, height: number) => deploymentInfo(chain, chain.at(height) as never).demo

describe('getdeploymentinfo', () => {
  test('of one by time has the fields of BIP9, each in its state alone', () => {
    const chain = testChain({ rules: deployed(RULE, { by: 'time', start: 0, minActivationHeight: 16 }) })
    mineBlocks(chain, 5, { version: SIGNAL })
    mineBlock(chain)
    mineBlocks(chain, 11, { version: SIGNAL })
    const terms = { start_time: 0, timeout: 2 ** 63, min_activation_height: 16 }
    expect(told(chain, 2)).toEqual({
      type: 'bip9',
      active: false,
      bip9: { ...terms, status: 'defined', since: 0, status_next: 'defined' },
    })
    expect(told(chain, 3)).toMatchObject({ bip9: { status: 'defined', since: 0, status_next: 'started' } })
    expect(told(chain, 6)).toEqual({
      type: 'bip9',
      active: false,
      bip9: {
        ...{ bit: 5, ...terms, status: 'started', since: 4, status_next: 'started' },
        statistics: { period: 4, elapsed: 3, count: 2, threshold: 3, possible: true },
        signalling: '##-',
      },
    })
    expect(told(chain, 9)).toEqual({
      type: 'bip9',
      active: false,
      bip9: {
        ...{ bit: 5, ...terms, status: 'locked_in', since: 8, status_next: 'locked_in' },
        statistics: { period: 4, elapsed: 2, count: 2 },
        signalling: '##',
      },
    })
    expect(told(chain, 15)).toMatchObject({
      active: true,
      height: 16,
      bip9: { status: 'locked_in', status_next: 'active' },
    })
    expect(told(chain, 16)).toEqual({
      type: 'bip9',
      height: 16,
      active: true,
      bip9: { ...terms, status: 'active', since: 16, status_next: 'active' },
    })
  })

  test('of one by height has those of BIP8', () => {
    const chain = testChain({ rules: deployed(RULE, { timeout: 12, lockInOnTimeout: true }) })
    mineBlocks(chain, 8)
    const terms = { startheight: 0, timeoutheight: 12, min_activation_height: 0, lockinontimeout: true }
    expect(told(chain, 8)).toEqual({
      type: 'bip8',
      active: false,
      bip8: {
        ...{ bit: 5, ...terms, status: 'must_signal', since: 8, status_next: 'must_signal' },
        statistics: { period: 4, elapsed: 1, count: 0, threshold: 3, possible: true },
        signalling: '-',
      },
    })
  })

  test('on regtest has what Core has: buried ones, testdummy and taproot; never is the largest number there', () => {
    const chain = testChain({ params: REGTEST })
    const info = deploymentInfo(chain, chain.tip)
    expect(Object.keys(info)).toEqual(['bip34', 'bip66', 'bip65', 'csv', 'segwit', 'testdummy', 'taproot'])
    expect(JSON.parse(answerText(info).replaceAll('9223372036854775807', '"never"'))).toMatchObject({
      testdummy: {
        type: 'bip9',
        active: false,
        bip9: { start_time: 0, timeout: 'never', min_activation_height: 0, status: 'defined', since: 0 },
      },
      taproot: {
        type: 'bip9',
        height: 0,
        active: true,
        bip9: { start_time: -1, timeout: 'never', status: 'active', since: 0, status_next: 'active' },
      },
    })
  })

  test('leaves out of the buried what a deployment is to bring', () => {
    const chain = testChain({ rules: deployed({ rule: 'csv' }) })
    expect(Object.keys(deploymentInfo(chain, chain.tip))).toEqual([
      'bip34',
      'bip66',
      'bip65',
      'segwit',
      'demo',
      'taproot',
    ])
    expect(templateRules(chain).rules).toEqual(['!segwit', 'taproot'])
  })
})

test('getblocktemplate: what can be signalled, what must be, and what is in force', () => {
  const chain = testChain({ rules: deployed(RULE, { timeout: 12, lockInOnTimeout: true }) })
  const at = () => {
    const { rules, vbavailable, vbrequired } = templateRules(chain)
    return [rules.includes('demo'), vbavailable, vbrequired]
  }
  expect(at()).toEqual([false, {}, 0])
  mineBlocks(chain, 3)
  expect(at()).toEqual([false, { demo: 5 }, 0])
  mineBlocks(chain, 4)
  expect(at()).toEqual([false, { demo: 5 }, 32])
  mineBlocks(chain, 4, { version: SIGNAL })
  expect(at()).toEqual([false, { demo: 5 }, 0])
  mineBlocks(chain, 4)
  expect(at()).toEqual([true, {}, 0])
})

describe('who knows nothing of a rule', () => {
  const watched = (chain: Chain) => {
    const events: LedgerEvent[] = []
    const watch = new DeploymentWatch(chain, event => events.push(event))
    const parts = { deployments: watch, env: { chain } } as unknown as LedgerParts
    const mine = (blocks: number) => {
      for (let i = 0; i < blocks; i++) {
        mineBlock(chain, { version: SIGNAL })
        watch.onTip()
      }
    }
    return { events, mine, warnings: () => warningsOf(parts), watch }
  }

  test('is warned once it is in force, and once', () => {
    const { events, mine, warnings, watch } = watched(testChain({ rules: unaware(RULE) }))
    mine(ACTIVE_FROM - 2)
    expect([events, warnings()]).toEqual([[], []])
    mine(9)
    expect(events).toEqual([{ type: 'unknown-rules', bits: [5] }])
    expect(warnings()).toEqual(['Unknown new rules activated (versionbit 5)'])
    expect(watch.standing()).toEqual([])
  })

  test('and who does tells of each state, and of when it will be in force', () => {
    const { events, mine, warnings, watch } = watched(
      testChain({ rules: deployed(RULE, { minActivationHeight: 17 }) }),
    )
    mine(20)
    const { name } = { name: 'demo' }
    expect(events).toEqual([
      { type: 'deployment', name, state: 'started', since: 4 },
      { type: 'deployment', name, state: 'locked_in', since: 8, activeFrom: 20 },
      { type: 'deployment', name, state: 'active', since: 20 },
    ])
    expect(warnings()).toEqual([])
    expect(watch.standing()).toEqual([{ name, state: 'active', since: 20, count: 1, elapsedBlocks: 1 }])
  })

  test('is told of nothing that every network has', () => {
    const { events, mine, watch } = watched(testChain({ rules: new RuleBook(EASY) }))
    mine(3)
    expect([events, watch.standing()]).toEqual([[], []])
  })
})

test('a chain refused here that has six blocks more than ours is warned of', () => {
  const rules = deployed({ rule: 'forbid', outputs: 'data' }, { start: 0, timeout: NEVER })
  const chain = testChain({ rules })
  const watch = new DeploymentWatch(chain, () => {})
  const warnings = () => warningsOf({ deployments: watch, env: { chain } } as unknown as LedgerParts)
  const fork = mineBlock(chain)
  chain.invalidate(chain.entry(fork.hash) as never)
  let parent = chain.entry(fork.hash)
  for (let i = 0; i < 6; i++) {
    expect(warnings()).toEqual([])
    parent = chain.acceptHeader(buildBlock(chain, { parent: parent as never, tag: i }).header)
  }
  expect(warnings()).toEqual([
    'Warning: We do not appear to fully agree with our peers! You may need to upgrade, or other nodes may need to upgrade.',
  ])
})
