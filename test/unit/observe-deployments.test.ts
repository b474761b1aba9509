// Deployments as the network's state has them: by what enforcing nodes tell, with the hash power that signals, and in words.

import { describe, expect, it } from 'vitest'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import {
  deploymentFacts,
  deploymentText,
  ruleSplit,
  splitText,
} from '../../orchestrator/systems/ledger/deployment-words.ts'
import { LEDGER_METRICS } from '../../orchestrator/systems/ledger/metrics.ts'
import { narrate } from '../../orchestrator/systems/ledger/narrate.ts'
import type { BlockState, DeploymentTally } from '../../orchestrator/systems/ledger/state.ts'
import { ledgerSummary } from '../../orchestrator/systems/ledger/summary.ts'
import { stateWith } from '../support/partial-state.ts'

const PLAN = makePlan(
  parseSpec(
    `nodes: { new: { count: 2, share: 75% }, old: { count: 1, share: 25% } }
chain: { deployments: { demo: { bit: 5, rule: { maxBlockWeight: 8000 }, enforcedBy: [new] } } }`,
    'forks.yaml',
    {},
  ),
)

/** A network on paper that stands, and what nodes and testnet then tell. */
function paper() {
  let nowMs = 1_000_000
  const observer = new Observer({ plan: PLAN, runtime: 'process', clock: () => nowMs })
  const testnet = (event: object) => observer.observe(undefined, event as never)
  const node = (name: string, event: object) =>
    observer.observe(name, { seq: 0, timeMs: ++nowMs, ...event } as never)
  for (const { name } of PLAN.nodes)
    testnet({
      type: 'node-ready',
      node: name,
      p2p: `${name}:1`,
      control: undefined,
      pid: 1,
      resumedHeight: 0,
    })
  testnet({ type: 'network-ready', seconds: 1 })
  const sampled = (name: string, height: number, deployments?: object[]) =>
    testnet({
      ...{
        type: 'node-sampled',
        node: name,
        height,
        tip: 'ab',
        peers: 2,
        mempool: 0,
        measuredHps: 0,
        hashes: 0,
      },
      ...{ rssBytes: 0, ...(deployments && { deployments }) },
    })
  return {
    observer,
    node,
    sampled,
    demo: () => observer.state().systems.ledger.deployments[0] as DeploymentTally,
  }
}

describe('a deployment in the state', () => {
  it('is defined before anybody tells of it, and signalled by the power that is planned to', () => {
    expect(paper().demo()).toEqual({
      ...{ name: 'demo', bit: 5, rule: 'blocks of at most 8000 weight units', state: 'defined', since: 0 },
      ...{ count: 0, elapsedBlocks: 0, periodBlocks: 20, thresholdBlocks: 15, refusedBlocks: 0 },
      signalShare: expect.closeTo(0.75, 9),
    })
  })

  it('stands as with the highest node that enforces it', () => {
    const { demo, sampled } = paper()
    const at = (state: string, count: number) => [{ name: 'demo', state, since: 20, count, elapsedBlocks: 9 }]
    sampled('new-1', 30, at('started', 7))
    sampled('new-2', 31, at('started', 8))
    sampled('old-1', 40)
    expect(demo()).toMatchObject({ state: 'started', since: 20, count: 8, elapsedBlocks: 9 })
  })

  it('moves with what a node tells, before the next sample', () => {
    const { demo, node, sampled } = paper()
    sampled('new-1', 39, [{ name: 'demo', state: 'started', since: 20, count: 15, elapsedBlocks: 20 }])
    node('new-1', { type: 'deployment', name: 'demo', state: 'locked_in', since: 40, activeFrom: 60 })
    expect(demo()).toMatchObject({ state: 'locked_in', since: 40, count: 15 })
  })

  it('counts a block that was refused for it once, whoever refuses it, and calls it invalid nowhere', () => {
    const { demo, node, observer } = paper()
    const hash = '11'.repeat(32)
    const block = {
      hash,
      prev: '00'.repeat(32),
      height: 1,
      headerTime: 0,
      bits: 0x207fffff,
      transactions: 1,
      bytes: 9,
    }
    node('old-1', { type: 'block-mined', hash, height: 1, transactions: 1 })
    node('old-1', { type: 'block-received', from: undefined, ...block })
    for (const name of ['new-1', 'new-2', 'new-1'])
      node(name, { type: 'block-rejected', hash, reason: 'bad-blk-weight', deployment: 'demo' })
    expect(demo().refusedBlocks).toBe(1)
    const [kept] = observer.state().systems.ledger.blocks
    expect(kept).toMatchObject({ hash, against: 'demo', rejected: undefined })
    node('new-1', { type: 'block-rejected', hash, reason: 'bad-cb-amount' })
    expect(observer.state().systems.ledger.blocks[0]).toMatchObject({ rejected: 'bad-cb-amount' })
    expect(demo().refusedBlocks).toBe(1)
  })

  it('is in the summary as it stood at the end', () => {
    const { node, observer } = paper()
    node('new-1', { type: 'deployment', name: 'demo', state: 'active', since: 60 })
    expect(ledgerSummary(observer.state()).deployments).toMatchObject([
      { name: 'demo', state: 'active', since: 60 },
    ])
  })
})

const TALLY: DeploymentTally = {
  ...{ name: 'demo', bit: 5, rule: 'csv', state: 'started', since: 20, count: 7, elapsedBlocks: 9 },
  ...{ periodBlocks: 20, thresholdBlocks: 15, signalShare: 0.8, refusedBlocks: 0 },
}

describe('in words', () => {
  it.each([
    [{ state: 'defined' }, 'defined'],
    [
      {},
      'started at height 20: 7 of 15 signal after 9 blocks of this period, 80 % of the hash power signals',
    ],
    [
      { state: 'must_signal', elapsedBlocks: 1, refusedBlocks: 1 },
      'blocks must signal from height 20 on: 7 of 15 signal after 1 block of this period, 80 % of the hash power signals, 1 block refused',
    ],
    [{ state: 'locked_in' }, 'locked in at height 20'],
    [{ state: 'active', refusedBlocks: 3 }, 'active from height 20 on, 3 blocks refused'],
    [{ state: 'failed' }, 'failed at height 20'],
  ] as const)('%o', (change, text) => {
    const tally = { ...TALLY, ...change }
    expect(deploymentText(tally)).toBe(text)
    expect(deploymentFacts([tally])).toEqual([['demo', text]])
  })

  it('each change is told', () => {
    const told = (event: object) =>
      narrate({ type: 'deployment', name: 'demo', since: 40, ...event } as never)?.text
    expect(told({ state: 'started' })).toBe('demo started from height 40 on')
    expect(told({ state: 'locked_in', activeFrom: 60 })).toBe('demo locked in at height 40, active from 60')
    expect(told({ state: 'must_signal' })).toBe('demo: blocks must signal from height 40 on')
    expect(told({ state: 'active' })).toBe('demo active from height 40 on')
    expect(narrate({ type: 'unknown-rules', bits: [5, 7] } as never)).toEqual({
      level: 'warn',
      text: 'unknown new rules are in force (version bit 5, 7): it may be out of date',
    })
  })
})

describe('a chain that a rule parts', () => {
  const block = (hash: string, prev: string, against?: string) =>
    ({ hash, prev, ...(against !== undefined && { against }) }) as BlockState
  const blocks = [block('a', '0'), block('b', 'a'), block('x', 'a', 'demo'), block('y', 'x')]
  const standing = (tips: readonly string[], deployments = [{ ...TALLY, refusedBlocks: 1 }]) =>
    stateWith({
      blocks,
      deployments,
      nodes: tips.map((tip, i) => ({ name: `n-${i}`, phase: 'running', tip })),
    })

  it('is said with who stands where', () => {
    const split = ruleSplit(standing(['b', 'y', 'a', 'x']))
    expect(split).toEqual({ deployment: 'demo', by: ['n-0', 'n-2'], without: ['n-1', 'n-3'] })
    expect(split && splitText(split)).toBe('two chains: 2 nodes by demo, 2 without it')
  })

  it('is none where all stand on one side, or nothing was refused', () => {
    expect(ruleSplit(standing(['b', 'a']))).toBeUndefined()
    expect(ruleSplit(standing(['y', 'x']))).toBeUndefined()
    expect(ruleSplit(standing(['b', 'y'], [TALLY]))).toBeUndefined()
  })
})

it('metrics say the state, who signals, and what was refused', () => {
  const state = stateWith({ deployments: [{ ...TALLY, refusedBlocks: 2 }] })
  const read = (name: string) =>
    LEDGER_METRICS.find(metric => metric.name === `netsplit_network_deployment_${name}`)?.read(
      state,
    ) as readonly {
      labels: object
      value: number
    }[]
  expect(read('state').filter(({ value }) => value === 1)).toEqual([
    { labels: { deployment: 'demo', state: 'started' }, value: 1 },
  ])
  expect(read('state')).toHaveLength(6)
  expect(read('signal_share')[0]?.value).toBe(0.8)
  expect(read('signals_blocks')[0]?.value).toBe(7)
  expect(read('refused_blocks_total')[0]?.value).toBe(2)
})
