// Light clients in a whole simulated network: what is seen of them, who joins them, and what is said of one among liars alone.

import { expect, test } from 'vitest'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { light } from '../../orchestrator/systems/light/system.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const YAML = `
nodes: { miners: { count: 3, share: 100% }, light: { count: 2, runs: bitcoin-light } }
chain: { blockInterval: 5s, maturity: 2 }
load: { tx: 0.2/s }
light: { tx: 0.5/s }
`

test('they are seen beside full nodes: level, paid, and cheaper', async () => {
  const { testnet } = await simulate(YAML)
  await testnet.elapse(5 * MINUTE_MS)
  await testnet.agree(30_000)
  const { nodes, systems } = testnet.state()
  const { light: state, ledger } = systems
  expect(state).toMatchObject({ clients: 2, level: true, scanned: ledger.height, liars: [], disputes: 0 })
  expect(state.payments).toBeGreaterThan(20)
  expect(state.balanceSat).toBe(nodes.reduce((sum, node) => sum + node.systems.light.balanceSat, 0))
  expect(state.receivedBytes.client).toBeGreaterThan(0)
  expect(state.receivedBytes.full).toBeGreaterThan(state.receivedBytes.client)
  // They stand on no tip of the ledger's, and count for none of its figures.
  expect(ledger).toMatchObject({ tips: 1, converged: true })
  await testnet.down('the test is over')
})

test('one that joins dials full nodes, and a full node that joins dials no client', async () => {
  const { testnet } = await simulate(YAML)
  await testnet.elapse(MINUTE_MS)
  expect(await testnet.add({ group: 'light' })).toBe('light-3')
  expect(await testnet.add({})).toBe('full-1')
  await testnet.elapse(MINUTE_MS)
  await testnet.agree(30_000)
  const { nodes, systems } = testnet.state()
  const names = (name: string) => nodes.find(node => node.name === name)?.peerNames ?? []
  expect(names('light-3').length).toBeGreaterThan(0)
  expect(names('light-3').every(peer => peer.startsWith('miners-'))).toBe(true)
  expect(names('full-1').some(peer => peer.startsWith('light-'))).toBe(false)
  expect(systems.light).toMatchObject({ clients: 3, level: true })
  await testnet.down('the test is over')
})

test('who is connected to liars alone is told of before anything runs', () => {
  const plan = makePlan(
    parseSpec(
      `nodes: { honest: { share: 100% }, liar: { strategy: liar }, light: { count: 2, runs: bitcoin-light } }
topology: { kind: explicit, edges: [[honest-1, liar-1], [light-1, liar-1], [light-2, liar-1], [light-2, honest-1]] }`,
      'the test',
      {},
    ),
  )
  expect(light.remarks?.(plan)).toEqual([
    'light-1 is connected to liars alone: it cannot know what they leave out',
  ])
})
