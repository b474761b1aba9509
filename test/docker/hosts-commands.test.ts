// `netsplit hosts` on real engines, each on a machine of its own: one swarm is made of them and unmade, that of others is left
// alone, and whatever cannot be is said of its host.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { Desk } from '../support/cli.ts'
import { enginesOrSkip, startEngines, type TestEngine, type TestEngines } from '../support/engines.ts'
import { until } from '../support/until.ts'

enginesOrSkip()

/** A desk whose spec has these engines as hosts `a`, `b`, `c`. */
async function deskWith(count: number): Promise<{ desk: Desk; cluster: TestEngines }> {
  const cluster = await startEngines(count)
  return { desk: new Desk(specOf(cluster.engines)), cluster }
}

const NAMES = ['a', 'b', 'c'] as const

function specOf(engines: readonly TestEngine[]): string {
  const hosts = engines.map(
    ({ address, ip }, i) => `  - { name: ${NAMES[i]}, engine: "${address}", address: ${ip} }`,
  )
  return `runtime: docker\nnodes: { miners: { count: 3, share: 100% } }\nhosts:\n${hosts.join('\n')}\n`
}

async function swarmOf({ docker }: TestEngine) {
  const { Swarm } = (await docker.info()) as { Swarm: { LocalNodeState: string; NodeID: string } }
  return Swarm
}

/** By hand. */
const begin = ({ docker, ip }: TestEngine) =>
  docker.swarmInit({ ListenAddr: `${ip}:2377`, AdvertiseAddr: ip, ForceNewCluster: false, Spec: {} })

const states = (engines: readonly TestEngine[]) =>
  Promise.all(engines.map(async engine => (await swarmOf(engine)).LocalNodeState))

async function bridges(engines: readonly TestEngine[]): Promise<number> {
  const networks = await Promise.all(engines.map(({ docker }) => docker.listNetworks()))
  return networks.flat().filter(({ Name }) => Name === 'docker_gwbridge').length
}

interface Listed {
  readonly name: string
  readonly reachedMs: number | null
  readonly room?: number
  readonly swarm?: { role: string; byNetsplit: boolean }
}

const swarms = (listed: unknown) =>
  (listed as Listed[]).map(({ name, swarm }) => `${name} ${swarm?.role} ${swarm?.byNetsplit}`)

test('engines in no swarm become one, twice asked is once made, and leave undoes it to the last bridge', async () => {
  const { desk, cluster } = await deskWith(3)
  const [before] = (await desk.ask('hosts')) as Listed[]
  expect(before).toMatchObject({ name: 'a', swarm: { role: 'none', byNetsplit: false } })
  expect(before?.room).toBeGreaterThan(0)
  expect(await desk.ask('hosts', 'join')).toMatchObject({
    made: [
      { host: 'a', how: 'init' },
      { host: 'b', how: 'join' },
      { host: 'c', how: 'join' },
    ],
  })
  expect(swarms(await desk.ask('hosts', 'list'))).toEqual([
    'a manager true',
    'b worker true',
    'c worker true',
  ])
  expect(await desk.ask('hosts', 'join', 'netsplit.yaml')).toMatchObject({ made: [] })

  // What somebody else has on it is not netsplit's to end.
  const manager = cluster.engines[0] as TestEngine
  const overlay = await manager.docker.createNetwork({ Name: 'theirs', Driver: 'overlay', Attachable: true })
  const used = await desk.run('hosts', 'leave')
  expect([used.code, used.stderr]).toEqual([
    4,
    expect.stringContaining('the overlay theirs, which is not netsplit'),
  ])
  await overlay.remove()
  const ours = { Name: 'ours', Driver: 'overlay', Labels: { [LABEL.network]: 'demo' } }
  const data = await manager.docker.createNetwork(ours)
  const lived = await desk.run('hosts', 'leave')
  expect([lived.code, lived.stderr]).toEqual([
    4,
    expect.stringContaining('the network demo is on this swarm'),
  ])
  expect(lived.stderr).toContain('netsplit down demo')
  await data.remove()
  const alone = await desk.run('hosts', 'leave', manager.address)
  expect([alone.code, alone.stderr]).toEqual([
    4,
    expect.stringMatching(/others are in it that do not leave: (b, c|c, b)/),
  ])

  expect(await desk.ask('hosts', 'leave')).toEqual({ left: ['b', 'c', 'a'], gone: [], silent: [] })
  expect(await states(cluster.engines)).toEqual(['inactive', 'inactive', 'inactive'])
  expect(await bridges(cluster.engines)).toBe(0)
  expect(desk.state()).not.toContain('swarms.json')
})

test('a swarm of others is used and left as it is; who joined it leaves it as it was; two swarms are named', async () => {
  const { desk, cluster } = await deskWith(3)
  const [a, b, c] = cluster.engines as [TestEngine, TestEngine, TestEngine]
  await Promise.all([begin(a), begin(c)])
  const two = await desk.run('hosts', 'join')
  expect(two.code).toBe(4)
  expect(two.stderr).toContain(`that of ${a.ip}:2377 (a) and that of ${c.ip}:2377 (c)`)
  expect(await states([b])).toEqual(['inactive'])

  await c.docker.swarmLeave({ force: true })
  writeFileSync(join(desk.folder, 'two.yaml'), specOf([a, b]))
  expect(await desk.ask('hosts', 'join', 'two.yaml')).toMatchObject({ made: [{ host: 'b', how: 'join' }] })
  expect(swarms(await desk.ask('hosts', 'list', 'two.yaml'))).toEqual(['a manager false', 'b worker true'])
  expect(await desk.ask('hosts', 'leave')).toMatchObject({ left: ['b'], silent: [] })
  expect(await states([a, b])).toEqual(['active', 'inactive'])
  expect(await a.docker.listNodes()).toHaveLength(1)
  expect(await desk.ask('hosts', 'leave')).toEqual({ left: [], gone: [], silent: [] })
})

test('a host that cannot get in is named with the way, and what was made for it is undone', async () => {
  const { desk, cluster } = await deskWith(2)
  const [a, b] = cluster.engines as [TestEngine, TestEngine]
  const reject = ['-p', 'tcp', '--dport', '2377', '-j', 'REJECT', '--reject-with', 'tcp-reset']
  a.run('iptables', '-I', 'INPUT', '-s', b.ip, ...reject)
  const { code, stderr } = await desk.run('hosts', 'join')
  expect(code).toBe(4)
  expect(stderr).toContain(`netsplit: b cannot join the swarm at ${a.ip}:2377: connection error`)
  expect(stderr).toContain(`b must reach ${a.ip}:2377 (tcp)`)
  expect(await states([a, b])).toEqual(['inactive', 'inactive'])
  expect(await bridges([a, b])).toBe(0)
  expect(desk.state()).not.toContain('swarms.json')
})

test('a host that is not there is named, nothing is made; one that is lost leaves when it is back', async () => {
  const { desk, cluster } = await deskWith(2)
  const [a, b] = cluster.engines as [TestEngine, TestEngine]
  await b.kill()
  const missing = await desk.run('hosts', 'join')
  expect([missing.code, missing.stderr]).toEqual([4, expect.stringContaining('netsplit: b: ')])
  expect(await states([a])).toEqual(['inactive'])
  const listed = await desk.run('hosts', '--json')
  expect(listed.code).toBe(4)
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'a' }, { name: 'b', reachedMs: null }])

  await Promise.all([b.start(), begin(a)])
  expect(await desk.ask('hosts', 'join')).toMatchObject({ made: [{ host: 'b' }] })
  await b.kill()
  const half = await desk.run('hosts', 'leave', '--json')
  expect(half.code).toBe(4)
  expect(JSON.parse(half.stdout)).toMatchObject({ left: [], silent: [{ host: 'b' }] })
  await b.start()
  await until('it is back in the swarm', async () => (await states([b]))[0] === 'active')
  expect(await desk.ask('hosts', 'leave')).toMatchObject({ left: ['b'], silent: [] })
  expect(await states([a, b])).toEqual(['active', 'inactive'])
})
