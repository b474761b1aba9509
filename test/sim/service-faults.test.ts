// What faults do to links is measured whatever runs over them: over a service that is no ledger alone, and over both where a
// node runs both.

import { describe, expect, test, vi } from 'vitest'
import { simulate } from '../support/simulation.ts'

vi.mock('../../node/services.ts', async original => {
  const own = await original<typeof import('../../node/services.ts')>()
  const { tally } = await import('../support/tally/service.ts')
  return { SERVICES: [...own.SERVICES, tally] }
})
vi.mock('../../orchestrator/runtime/service-parts.ts', async original => {
  const { besideTally } = await import('../support/tally/beside.ts')
  return besideTally(await original<typeof import('../../orchestrator/runtime/service-parts.ts')>())
})
// When a network without a ledger stands is not the subject here.
vi.mock('../../orchestrator/network/standing.ts', async original => ({
  ...(await original<typeof import('../../orchestrator/network/standing.ts')>()),
  untilItStands: async () => {},
}))

async function network(nodes: string) {
  const { testnet } = await simulate(`
seed: 7
links: { latency: 20ms, jitter: 0ms }
load: { tx: 0/s }
topology: { kind: full }
nodes: { ${nodes} }
`)
  await testnet.wait(3000)
  return testnet
}

/** Of each pair both ends look at each connection. */
describe.each([
  ['both' as const, 2],
  ['tally' as const, 1],
])('%s', (group, connections) => {
  test('cut connections are silent, all others answer, and all of them again once it is healed', async () => {
    const testnet = await network(`${group}: { count: 4 }`)
    const [silent, open] = [8 * connections, 4 * connections]
    expect(await testnet.inject({ kind: 'partition', cut: 'halves' })).toMatchObject({
      measured: `${silent} of ${silent} silent, ${open} of ${open} open`,
      verified: true,
    })
    const all = silent + open
    expect(await testnet.heal()).toMatchObject([
      { measured: expect.stringContaining(`${all} of ${all} open`), verified: true },
    ])
    await testnet.down('the test is over')
  })

  test('slow links and thin ones are felt', async () => {
    const testnet = await network(`${group}: { count: 4 }`)
    const worse = { latencyMs: 300 }
    expect(await testnet.inject({ kind: 'link', on: `${group}-1`, worse })).toMatchObject({
      measured: expect.stringContaining(`${6 * connections} of ${6 * connections} as slow, from 600 ms`),
      verified: true,
    })
    await testnet.heal()
    const thin = { bandwidthBps: 20_000 }
    expect(await testnet.inject({ kind: 'link', on: `${group}-1`, worse: thin })).toMatchObject({
      asked: expect.stringContaining('6 loads'),
      measured: expect.stringContaining('6 of 6 as slow'),
      verified: true,
    })
    await testnet.down('the test is over')
  })

  test('connections that a fault resets are made again', async () => {
    const testnet = await network(`${group}: { count: 4 }`)
    expect(await testnet.inject({ kind: 'reset', on: `${group}-1` })).toMatchObject({ verified: true })
    await testnet.wait(60_000)
    expect(testnet.node(`${group}-1`).services.tally).toMatchObject({ peers: 3 })
    await testnet.down('the test is over')
  })
})

test('a load goes to whichever port there is a connection to', async () => {
  const testnet = await network('both: { count: 2 }, tally: { count: 2 }')
  const thin = { bandwidthBps: 20_000 }
  expect(await testnet.inject({ kind: 'link', on: 'tally-1', worse: thin })).toMatchObject({
    measured: expect.stringContaining('6 of 6 as slow'),
    verified: true,
  })
  await testnet.down('the test is over')
})
