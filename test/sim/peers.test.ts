// Networks of peers without a ledger: they find and keep each other, split and heal, and newcomers join them.

import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const PEERS = `
seed: 4
nodes: { a: { count: 5, runs: p2p }, b: { count: 3, runs: p2p } }
topology: { kind: discovered }
`

test('they find each other from one address each, and keep each other', async () => {
  const { testnet } = await simulate(PEERS)
  await testnet.elapse(5 * MINUTE_MS)
  const state = testnet.state()
  expect(state.runs).toEqual(['p2p'])
  expect(state.nodes.map(({ peers }) => peers >= 4)).toEqual(Array(8).fill(true))
  expect(state.systems.p2p.connections).toBeGreaterThanOrEqual(16)
  expect(state.systems.ledger).toMatchObject({ height: 0, tips: 0, converged: false })
  await testnet.down('the test is over')
})

test('a partition of theirs is measured, and both halves are whole again after it', async () => {
  const { testnet } = await simulate(PEERS)
  expect(await testnet.inject({ kind: 'partition', cut: 'halves' })).toMatchObject({ verified: true })
  await testnet.wait(MINUTE_MS)
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await testnet.down('the test is over')
})

test('a newcomer runs what they run', async () => {
  const { testnet } = await simulate(PEERS)
  expect(await testnet.add({ group: 'b' })).toBe('b-4')
  expect(testnet.grown.nodes.at(-1)).toMatchObject({ name: 'b-4', runs: ['p2p'], mining: { mode: 'off' } })
  expect(testnet.state().nodes.at(-1)?.peers).toBeGreaterThan(0)
  await expect(testnet.add({ group: 'b', hashRateHps: 1000 })).rejects.toThrow(
    'a node that runs no ledger cannot mine',
  )
  await testnet.down('the test is over')
})

test.each([
  ['{ a: { count: 2, runs: p2p, share: 100% } }', 'who mines runs bitcoin'],
  ['{ a: { count: 2, runs: [bitcoin, p2p], share: 100% } }', 'leave p2p out'],
  ['{ a: { count: 2, runs: p2p }, m: { share: 100% } }', 'let all run bitcoin, or none'],
  ['{ a: { count: 2, runs: [] } }', 'nodes.a.runs'],
  ['{ a: { count: 2, runs: p2p } }\nexpect: { one-tip: {} }', 'expect.one-tip: no node runs bitcoin'],
  [
    '{ a: { count: 2, runs: p2p } }\nfaults: { x: { kill: a-1, when: height > 3, for: 1s } }',
    'faults.x.when: no node runs bitcoin',
  ],
  [
    '{ a: { count: 2, runs: gossip } }',
    'expected one of bitcoin, bitcoin-light, p2p, bittorrent, tracker, or a list of them',
  ],
])('what cannot run together is said: %s', async (nodes, why) => {
  const { code, stderr } = await new Desk(`nodes: ${nodes}`).run('plan')
  expect(code).toBe(2)
  expect(stderr).toContain(why)
})

test('its summary has the fields of every summary, and its own part', async () => {
  const { stdout } = await new Desk(`runtime: sim\n${PEERS}`).run('up', '--for', '30s', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ nodes: 8, height: 0, tips: 0, systems: { p2p: {} } })
  expect(JSON.parse(stdout).systems.p2p.connections).toBeGreaterThan(8)
  expect(JSON.parse(stdout).systems.ledger).toBeUndefined()
})
