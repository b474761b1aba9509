// Two services in every simulated node, each over a port of its own: what happens to a node or to a link happens to both.

import { expect, test, vi } from 'vitest'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

vi.mock('../../node/services.ts', async original => {
  const own = await original<typeof import('../../node/services.ts')>()
  const { tally } = await import('../support/tally/service.ts')
  return { SERVICES: [...own.SERVICES, tally] }
})
vi.mock('../../orchestrator/runtime/service-parts.ts', async original => {
  const { besideTally } = await import('../support/tally/beside.ts')
  return besideTally(await original<typeof import('../../orchestrator/runtime/service-parts.ts')>())
})

const SPEC = `
seed: 7
links: { latency: 20ms, jitter: 0ms }
load: { tx: 0/s }
chain: { blockInterval: 5s }
topology: { kind: full }
nodes: { both: { count: 3, share: 100% }, plain: { count: 1 } }
`

async function network() {
  const { testnet, events } = await simulate(SPEC)
  const statusOf = (name: string) => testnet.node(name).services.tally as { heard: object; peers: number }
  const add = (name: string) => testnet.rpc(name, 'tallyadd', [])
  const elapse = (ms: number) => testnet.elapse(ms)
  return { testnet, events, statusOf, add, elapse }
}

const address = (index: number) => `10.0.0.${index}:28447`

test('each service has its own port, peers, state and events', async () => {
  const { testnet, events, statusOf, add, elapse } = await network()
  expect(testnet.node('both-1').addresses).toEqual({ bitcoin: '10.0.0.1:28444', tally: '10.0.0.1:28447' })
  expect(testnet.node('plain-1').addresses).toEqual({ bitcoin: '10.0.0.4:28444' })
  await add('both-1')
  await add('both-1')
  await add('both-2')
  await elapse(MINUTE_MS)
  expect(statusOf('both-3')).toMatchObject({ peers: 2, heard: { [address(1)]: 2, [address(2)]: 1 } })
  expect(testnet.node('both-3').services.bitcoin?.peers).toEqual({ inbound: 1, outbound: 2 })
  expect(Object.keys(testnet.node('plain-1').services)).toEqual(['bitcoin'])
  expect(testnet.node('both-3').peers).toBe(3)
  const heard = events.filter(({ event }) => event.type === 'tally/heard').map(({ node }) => node)
  expect(new Set(heard)).toEqual(new Set(['both-1', 'both-2', 'both-3']))
  await expect(testnet.rpc('plain-1', 'tallyadd', [])).rejects.toThrow('Method not found')
  await testnet.down('the test is over')
})

test('what a link does, it does to both ports; a reset closes the connections of both', async () => {
  const { testnet, events, statusOf, add, elapse } = await network()
  const set = (blocked: boolean) =>
    testnet.setLinks(
      ['both-2', 'both-3', 'plain-1'].map(to => ({
        from: 'both-1',
        to,
        link: { ...PERFECT_LINK, latencyMs: 20, blocked },
      })),
    )
  await elapse(1_000)
  await set(true)
  const before = events.length
  await add('both-1')
  await elapse(MINUTE_MS)
  expect(statusOf('both-2').heard).toMatchObject({ [address(1)]: 0 })
  const mined = events
    .slice(before)
    .flatMap(({ node, event }) => (node === 'both-1' && event.type === 'block-mined' ? [event.hash] : []))
  const received = () =>
    events.flatMap(({ node, event }) =>
      node === 'both-2' && event.type === 'block-received' && mined.includes(event.hash) ? [event.hash] : [],
    )
  expect(mined.length).toBeGreaterThan(2)
  expect(received()).toEqual([])
  await add('both-2')
  await elapse(10_000)
  expect(statusOf('both-1').heard).toMatchObject({ [address(2)]: 1 })
  await set(false)
  await elapse(MINUTE_MS)
  expect(statusOf('both-2').heard).toMatchObject({ [address(1)]: 1 })
  expect(testnet.node('both-2').tip).toBe(testnet.node('both-1').tip)

  const goneBefore = events.filter(({ event }) => event.type === 'peer-down').length
  testnet.node('both-1').resetPeers(Object.values(testnet.node('both-2').addresses))
  expect(statusOf('both-1').peers).toBe(1)
  await elapse(100)
  expect(events.filter(({ event }) => event.type === 'peer-down').length).toBe(goneBefore + 2)
  await elapse(MINUTE_MS)
  expect(statusOf('both-1').peers).toBe(2)
  await testnet.down('the test is over')
})

test('a node that is killed comes back with the state of each, and one that is paused misses nothing', async () => {
  const { testnet, statusOf, add, elapse } = await network()
  await add('both-1')
  await elapse(5 * MINUTE_MS)
  await testnet.kill('both-1')
  await elapse(MINUTE_MS)
  expect(statusOf('both-2').peers).toBe(1)
  await testnet.start('both-1')
  await elapse(MINUTE_MS)
  expect(statusOf('both-1')).toMatchObject({ count: 1, peers: 2 })
  expect(await testnet.rpc('both-1', 'tallybody', [])).toBe(1_000)
  expect(testnet.node('both-1').ledger.chain.tip.height).toBeGreaterThan(5)

  await testnet.pause('both-3')
  await add('both-1')
  await elapse(1_000)
  expect(statusOf('both-3').heard).toMatchObject({ [address(1)]: 1 })
  await testnet.resume('both-3')
  expect(statusOf('both-3').heard).toMatchObject({ [address(1)]: 2 })
  await testnet.down('the test is over')
})

test('a load goes over the service that has connections there, and links carry it', async () => {
  const { testnet, statusOf, elapse } = await network()
  await elapse(1_000)
  testnet.node('both-1').pad(address(2), { frames: 2, bytes: 1_000 })
  await elapse(1_000)
  expect(statusOf('both-1')).toMatchObject({ pongs: 1 })
  expect(statusOf('both-3')).toMatchObject({ pongs: 0 })
  await testnet.down('the test is over')
})

test('of one seed, all is the same', async () => {
  const told = async () => {
    const { testnet, events, add, elapse } = await network()
    await add('both-1')
    await elapse(MINUTE_MS)
    await testnet.down('the test is over')
    return events.map(event => JSON.stringify(event)).filter(line => !line.includes('network-ready'))
  }
  expect(await told()).toEqual(await told())
})
