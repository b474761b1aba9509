// The engine that goes away and comes back, the engine that is not there, and subnets that are taken.

import { expect, test } from 'vitest'
import { LABEL, ownerId } from '../../orchestrator/runtime/docker/labels.ts'
import { createNetworks, removeNetwork } from '../../orchestrator/runtime/docker/networks.ts'
import { formatSubnet } from '../../orchestrator/runtime/docker/subnets.ts'
import { containerDesk, containersOf, docker, foreignNetwork, THREE } from '../support/containers.ts'
import { cuttableEngine, networkOn } from '../support/cuttable-engine.ts'
import { until } from '../support/until.ts'

test('an engine that goes away is said at once; when it is back, what happened meanwhile is known', async () => {
  const { address, cut, restore } = await cuttableEngine()
  const { testnet, notes } = networkOn(address, `name: cut-off\n${THREE}`)
  await testnet.launch()
  const miner = (await containersOf({ [LABEL.network]: 'cut-off' })).get('miners-1') as string

  await cut()
  await until('it is said', () => notes.some(note => note.includes('does not answer any more')))
  // Its ports still answer: nothing is said to be down that is not.
  expect(testnet.state().nodes.map(({ phase }) => phase)).toEqual(['running', 'running', 'running'])
  await (await docker()).getContainer(miner).kill()
  await restore()
  await until('it is back', () => notes.includes('the container engine answers again'))
  await until('the death is known', () => testnet.state().nodes[0]?.phase === 'failed')
  expect(testnet.state().nodes.map(({ phase }) => phase)).toEqual(['failed', 'running', 'running'])
  await testnet.start('miners-1')
})

test('insisting on an engine that is not there: exit 4 and what to do', async () => {
  const desk = containerDesk()
  const { code, stderr } = await desk.run('up', '--runtime', 'docker', '--engine', 'unix:///nowhere.sock')
  expect(code).toBe(4)
  expect(stderr).toContain('unix:///nowhere.sock (--engine) is not there')
  expect(stderr).toContain('→ start the engine')
  expect(desk.state()).toEqual([])
})

test('nobody asked and no engine answers: processes, and one line that says why', async () => {
  const desk = containerDesk(THREE.replace('runtime: docker', ''))
  const { code, stdout, stderr } = await desk.run(
    'up',
    '--engine',
    'unix:///nowhere.sock',
    '--for',
    '1s',
    '--json',
  )
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ runtime: 'process', nodes: 3 })
  expect(stderr.match(/nodes run as processes: no container engine.*/g)).toHaveLength(1)
})

test('nobody asked and an engine answers: containers', async () => {
  const desk = containerDesk(THREE.replace('runtime: docker', ''))
  const up = ['up', '--for', '1s', '--json', '--no-observability']
  const { code, stdout } = await desk.run(...up)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ runtime: 'docker', nodes: 3, tips: 1 })
})

test('doctor names the engine and the image', async () => {
  const { findings } = (await containerDesk().ask('doctor')) as {
    findings: { what: string; found: string }[]
  }
  const found = Object.fromEntries(findings.map(({ what, found }) => [what, found]))
  expect(found.containers).toMatch(/API \d+\.\d+, cgroup v[12], .* at unix:\/\//)
  expect(found['node image']).toMatch(/^netsplit-node:[0-9a-f]{16}/)
})

test('a subnet that somebody else has is passed over', async () => {
  const client = await docker()
  const identity = { network: 'subnets', run: 'test', data: 'test', owner: ownerId() }
  const remove = async (networks: Awaited<ReturnType<typeof createNetworks>>) => {
    for (const { id } of Object.values(networks)) await removeNetwork(client, id)
  }
  const first = await createNetworks(client, identity)
  await remove(first)
  await foreignNetwork({ name: 'netsplit-test-foreign', subnet: formatSubnet(first.control.subnet) })
  const second = await createNetworks(client, identity)
  await remove(second)
  expect(formatSubnet(second.control.subnet)).not.toBe(formatSubnet(first.control.subnet))
})
