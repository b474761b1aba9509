// Hosts where there are no engines: names for those who are on them, in faults too, and whoever joins is on one of them.

import { expect, test } from 'vitest'
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
