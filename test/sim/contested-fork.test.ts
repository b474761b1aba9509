// A contested fork without any cut: the rule alone parts the chains. What is paid with coins of before the fork is paid on both; the
// nodes say which rule parts them, and that they refuse a chain with more work.

import { expect, test } from 'vitest'
import { Observer } from '../../orchestrator/observe/observer.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { perform } from '../../orchestrator/run/perform.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { SimTestnet } from '../../orchestrator/runtime/sim/testnet.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { ruleSplit } from '../../orchestrator/systems/ledger/deployment-words.ts'
import { agreement } from '../../orchestrator/systems/ledger/words.ts'

const SPEC = `
runtime: sim
seed: 3
nodes: { new: { count: 3, share: 20% }, old: { count: 2, share: 80% } }
topology: { kind: full }
chain:
  blockInterval: 1s
  maturity: 3
  versionBits: { window: 6, threshold: 80% }
  deployments: { demo: { bit: 5, start: height 6, timeout: height 18, lockInOnTimeout: true, rule: cat, enforcedBy: [new] } }
links: { latency: 10ms }
load: { tx: 2/s }
expect: { chain-splits: { depth: 2, payments: 2, replayed: 1, within: 90s } }
`

test('payments are made on both chains, and every screen says what parts them', async () => {
  const plan = makePlan(parseSpec(SPEC, 'contested.yaml', {}))
  const clock = new VirtualClock(plan.chain.genesisTime * 1000)
  const observer = new Observer({ plan, runtime: 'sim', clock: () => clock.now() })
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', hurried: true })
  const over = new AbortController()
  await testnet.launch()
  const { checks } = await perform(testnet, { say: () => {}, signal: over.signal }, over.signal)
  const state: NetworkState = observer.state()
  await testnet.down('seen')
  over.abort()
  const [splits] = checks.filter(({ name }) => name === 'chain-splits')
  expect(splits).toMatchObject({ passed: true })
  expect(splits?.measured).toMatch(
    /^from height 1[2-7] on \d+ blocks? by demo and \d+ without it; [1-9]\d* payments? on both/,
  )
  expect(ruleSplit(state)).toEqual({
    deployment: 'demo',
    by: ['new-1', 'new-2', 'new-3'],
    without: ['old-1', 'old-2'],
  })
  expect(agreement(state)).toEqual({
    ok: false,
    text: 'two chains: 3 nodes by demo, 2 without it, 3 nodes refuse a chain with more work',
  })
  const [demo] = state.systems.ledger.deployments
  expect(demo).toMatchObject({ name: 'demo', bit: 5, rule: 'cat', signalShare: expect.closeTo(0.2, 6) })
  expect(demo?.refusedBlocks).toBeGreaterThan(0)
  const told = state.log.map(({ text }) => text)
  expect(told).toContain('demo: blocks must signal from height 12 on')
  expect(told.some(text => /^refused block .*: bad-vbit-unset, by demo$/.test(text))).toBe(true)
  expect(told.some(text => text.startsWith('unknown new rules'))).toBe(false)
})
