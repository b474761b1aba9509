// A network whose plan has hosts, all on this machine: their clocks are one, and what is measured of them must say so.

import { expect, test } from 'vitest'
import { withinAndBetween } from '../../orchestrator/systems/ledger/observe/hosts.ts'
import { launchReal, nodeOf, QUICK } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const HOSTS = `${QUICK}
nodes: { miners: { count: 4, share: 100% } }
hosts: [{ name: a, engine: ssh://a }, { name: b, engine: ssh://b }]
`

test('clocks of hosts are within their errors of the truth, also when a fault skews the clocks of nodes there', async () => {
  const testnet = await launchReal(HOSTS)
  const clocks = () => (testnet.state().hosts ?? []).map(({ clock }) => clock)
  const areRight = () => {
    expect(clocks()).toHaveLength(2)
    for (const clock of clocks())
      expect(Math.abs(clock?.offsetMs ?? 99)).toBeLessThanOrEqual(clock?.errorMs ?? 0)
  }
  const between = await until('blocks between them', () => withinAndBetween(testnet.state()).between)
  expect(between.errorMs).toBeGreaterThan(0)
  const { propagation } = await until('a block everywhere', () => {
    const { ledger } = testnet.state().systems
    return ledger.propagation.p90Ms !== undefined && ledger
  })
  expect(propagation.errorMs).toBeGreaterThan(0)
  areRight()

  const sampledMs = () => nodeOf(testnet, 'miners-2')?.systems.ledger.hashing.last?.timeMs ?? 0
  const skewed = await testnet.inject({ kind: 'clock-skew', nodes: 'b', byMs: 60_000 })
  expect(skewed).toMatchObject({ verified: true, asked: 'clocks ahead by 60.0 s' })
  for (const answer of ['the first', 'the second']) {
    const beforeMs = sampledMs()
    await until(`${answer} answer since`, () => sampledMs() > beforeMs)
  }
  areRight()
})
