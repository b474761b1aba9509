// A network whose nodes run two services, in processes and in containers: each service has its own port, and a link or a fault
// is the same to both. The nodes come from a build of their own.

import { join, resolve } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { launchReal, QUICK, RUNTIME } from '../support/real-network.ts'
import { tallyVariant } from '../support/tally/variant.ts'
import { until } from '../support/until.ts'

vi.mock('../../orchestrator/runtime/service-parts.ts', async original => {
  const { besideTally } = await import('../support/tally/beside.ts')
  return besideTally(await original<typeof import('../../orchestrator/runtime/service-parts.ts')>())
})
vi.mock('../../orchestrator/machine/paths.ts', async original => {
  const root = resolve('dist/variants/tally')
  return {
    ...(await original<typeof import('../../orchestrator/machine/paths.ts')>()),
    packageRoot: () => root,
    bundleFile: (name: string) => join(root, 'dist', name),
  }
})

beforeAll(async () => {
  await tallyVariant()
})

interface Status {
  readonly count: number
  readonly peers: number
  readonly heard: Readonly<Record<string, number>>
}

test('in one network both find their peers, are cut by one partition, come back after kill −9, and go down', async () => {
  const testnet = await launchReal(`name: two-services\n${QUICK.replace(/^runtime.*$/m, '')}
runtime: ${RUNTIME}
nodes: { both: { count: 3, share: 100% } }
`)
  const statusOf = async (name: string) => (await testnet.rpc(name, 'tallystatus', [])) as Status
  const add = (name: string) => testnet.rpc(name, 'tallyadd', [])
  const addressOf = (name: string) => testnet.node(name).addresses.tally as string
  const hears = (name: string, from: string, count: number) =>
    until(`${name} hears ${count} of ${from}`, async () => {
      const { heard } = await statusOf(name)
      return heard[addressOf(from)] === count
    })
  expect(new Set(Object.values(testnet.node('both-1').addresses)).size).toBe(2)
  expect(testnet.node('both-1').address).toBe(testnet.node('both-1').addresses.bitcoin)
  await until('all tallies meet', async () => (await statusOf('both-3')).peers >= 1)
  const [first = '', second = ''] = Object.keys((await statusOf('both-3')).heard)
    .map(address => ['both-1', 'both-2'].find(name => addressOf(name) === address))
    .filter(name => name !== undefined)
  expect(first).not.toBe('')
  await add(first)
  await hears('both-3', first, 1)

  const cut = await testnet.inject({ kind: 'partition', cut: 'both-3 | rest' })
  expect(cut).toMatchObject({ verified: true })
  await add(first)
  const before = testnet.state().systems.ledger.height
  await until('blocks without both-3', () => testnet.state().systems.ledger.height >= before + 2)
  expect((await statusOf('both-3')).heard[addressOf(first)]).toBe(1)
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await hears('both-3', first, 2)

  await testnet.rpc('both-3', 'tallyadd', [])
  await testnet.rpc('both-3', 'syncwithvalidationinterfacequeue', [])
  const own = testnet.node('both-3').addresses
  await testnet.kill('both-3')
  await testnet.start('both-3')
  expect(await statusOf('both-3')).toMatchObject({ count: 1 })
  expect(testnet.node('both-3').addresses).toEqual(own)
  await until('it is heard again', async () => {
    const { heard } = await statusOf(second === '' ? first : second)
    return heard[own.tally as string] === 1
  })
})
