// Hosts where there are no engines: names for those who are on them, in faults too, and whoever joins is on one of them.

import { expect, test } from 'vitest'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const SPEC = `
nodes: { miners: { count: 5, share: 100% }, full: { count: 1, host: a } }
hosts: [{ engine: ssh://a }, { engine: ssh://b, share: 2 }]
chain: { blockInterval: 5s }
topology: { kind: full }
load: { tx: 0/s }
`

test('a partition along hosts has on each side whoever is there, and takes in who joins there', async () => {
  const { testnet } = await simulate(SPEC)
  const on = (host: string) => testnet.plan.nodes.filter(node => node.host === host).map(({ name }) => name)
  expect([on('a'), on('b')]).toEqual([
    ['miners-2', 'miners-4', 'full-1'],
    ['miners-1', 'miners-3', 'miners-5'],
  ])
  const sides = () => [...(testnet.state().faults[0]?.sides ?? [])].sort()
  await testnet.elapse(MINUTE_MS)
  const fault = { kind: 'partition', cut: 'a | b' } as const
  expect(await testnet.inject(fault)).toMatchObject({ verified: true })
  await testnet.elapse(MINUTE_MS)
  expect(sides()).toEqual([on('a'), on('b')].sort())
  // Two thirds of the shares are b's, and the pinned one is nobody's part of them.
  const name = await testnet.add({ group: 'miners' })
  await testnet.elapse(MINUTE_MS)
  expect(sides()).toEqual([on('a'), [...on('b'), name]].sort())
  expect(await testnet.heal()).toMatchObject([{ kind: 'partition', verified: true }])
  await testnet.down('seen')
})

test('a host that is down takes all its nodes with it at once; one that is cut off goes on within itself', async () => {
  const { testnet } = await simulate(SPEC)
  const on = (host: string) => testnet.plan.nodes.filter(node => node.host === host).map(({ name }) => name)
  const running = () => testnet.state().nodes.flatMap(({ name, phase }) => (phase === 'running' ? name : []))
  await testnet.elapse(MINUTE_MS)
  expect(await testnet.inject({ kind: 'host-down', hosts: 'a' })).toMatchObject({
    ...{ verified: true, target: on('a').join(' '), measured: expect.stringMatching(/^3 of 3 down/) },
  })
  expect(running()).toEqual(on('b'))
  expect(testnet.state().faults[0]).toMatchObject({ detail: 'a down, with all nodes there' })
  expect(await testnet.heal()).toMatchObject([{ kind: 'host-down', verified: true }])
  expect(running().sort()).toEqual([...on('a'), ...on('b')].sort())

  const cut = await testnet.inject({ kind: 'host-cut', hosts: 'a' })
  // Three nodes and three: a full mesh of six, each pair seen from both ends.
  expect(cut).toMatchObject({ verified: true, measured: '18 of 18 silent, 12 of 12 open' })
  await testnet.elapse(MINUTE_MS)
  expect(testnet.state().systems.ledger.tips).toBe(2)
  expect(await testnet.heal()).toMatchObject([{ kind: 'host-cut', verified: true }])
  await testnet.elapse(MINUTE_MS)
  expect(testnet.state().systems.ledger.converged).toBe(true)
  await expect(testnet.inject({ kind: 'host-down', hosts: 'c' })).rejects.toThrow(
    /no node is on a host named "c"/,
  )
  await testnet.down('seen')
})

test('a network without hosts has no faults of hosts, and a spec that plans one is told so', async () => {
  const { testnet } = await simulate(SPEC.replace(/hosts:.*/, '').replace(', host: a', ''))
  await expect(testnet.inject({ kind: 'host-cut', hosts: 'a' })).rejects.toThrow(
    /this network is on no hosts/,
  )
  await testnet.down('seen')
  const planned = `${SPEC}\nfaults: { lost: { host-down: c, at: 1m, for: 10s } }`
  expect(() => parseSpec(planned, 'the test', { runtime: 'sim' })).toThrow(/host named "c"/)
})
