// Orders while simulated time stands: they are carried out and answered at once, and measured when time goes on.

import { expect, test } from 'vitest'
import { simulate } from '../support/simulation.ts'
import { until } from '../support/until.ts'

const FOUR =
  'seed: 3\ntopology: { kind: full }\nchain: { blockInterval: 1s, maturity: 3 }\nload: { tx: 0/s }\nnodes: { miners: { count: 4, share: 100% } }'

async function standing() {
  const { testnet } = await simulate(FOUR)
  void testnet.elapse(0, new AbortController().signal)
  await until('a block', () => testnet.state().systems.ledger.height > 2)
  await testnet.steer({ time: 'pause' })
  return testnet
}

test('a fault is in force at once and measured when time goes on; so is its end', async () => {
  const testnet = await standing()
  const atMs = testnet.nowMs()
  const report = await testnet.inject({ kind: 'partition', cut: 'halves' }, { id: 'split', forMs: 600_000 })
  expect(report).toMatchObject({
    id: 'split',
    target: 'miners-1 miners-2 | miners-3 miners-4',
    pending: true,
    measured: 'in force; measured when time goes on',
  })
  expect(testnet.faults).toEqual(['split'])
  expect(testnet.state().faults).toMatchObject([{ id: 'split', verified: undefined, toMs: undefined }])
  expect(testnet.nowMs()).toBe(atMs)
  await testnet.steer({ time: 'go' })
  await until('it is measured', () => testnet.state().faults[0]?.verified === true)
  await testnet.steer({ time: 'pause' })
  expect(await testnet.heal('split')).toMatchObject([
    { id: 'split', pending: true, measured: 'ended; measured when time goes on' },
  ])
  expect(testnet.faults).toEqual([])
  await testnet.steer({ time: 'go' })
  await until('one tip', () => testnet.state().systems.ledger.converged)
  await testnet.down('the test is over')
})

test('whoever waits for a measurement when time comes to stand is answered then', async () => {
  const { testnet } = await simulate(FOUR)
  void testnet.elapse(0, new AbortController().signal)
  await until('a block', () => testnet.state().systems.ledger.height > 2)
  const injected = testnet.inject({ kind: 'partition', cut: 'halves' })
  await testnet.steer({ time: 'pause' })
  expect(await injected).toMatchObject({ pending: true })
  await testnet.steer({ time: 'go' })
  await until('it is measured', () => testnet.state().faults[0]?.verified === true)
  await testnet.down('the test is over')
})

test('a newcomer joins while time stands, and dials when it goes on', async () => {
  const testnet = await standing()
  await testnet.inject({ kind: 'partition', cut: 'miners-1 | rest' })
  expect(await testnet.add({ name: 'late' })).toBe('late')
  const late = () => testnet.state().nodes.find(({ name }) => name === 'late')
  expect(late()).toMatchObject({ phase: 'running', peers: 0 })
  expect(testnet.state().faults[0]?.sides).toEqual([
    ['miners-1'],
    ['miners-2', 'miners-3', 'miners-4', 'late'],
  ])
  await testnet.steer({ time: 'go' })
  await until('it has peers', () => late()?.peers === 3)
  await testnet.down('the test is over')
})

test('with many faults at once, measured or being measured, no order waits for time', async () => {
  const testnet = await standing()
  const thin = { kind: 'link', on: 'all', worse: { bandwidthBps: 100_000 } } as const
  await testnet.steer({ time: 'go' })
  const measuring = testnet.inject(thin)
  await testnet.steer({ time: 'pause' })
  await measuring
  for (const fault of [
    { kind: 'partition', cut: 'halves' },
    { kind: 'link', on: 'miners-1', worse: { latencyMs: 300 } },
    { kind: 'kill', nodes: 'miners-1' },
    { kind: 'clock-skew', nodes: 'miners-2', byMs: 5000 },
    { kind: 'churn', nodes: 'miners-3', perMinute: 6, downMs: 1000 },
    { kind: 'rolling-restart', nodes: 'miners-4' },
  ] as const)
    expect(await testnet.inject(fault)).toMatchObject({ pending: true })
  for (const healed of await testnet.heal()) expect(healed).toMatchObject({ pending: true })
  await testnet.down('the test is over')
})
