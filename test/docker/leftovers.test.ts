// What is left behind: nothing after `down`, little after kill −9 of the controller, and of others' things nothing is touched.

import { expect, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import type { Desk } from '../support/cli.ts'
import {
  containerDesk,
  containersOf,
  docker,
  foreignNetwork,
  inspect,
  thingsWith,
} from '../support/containers.ts'
import { until } from '../support/until.ts'

const UP = ['--no-observability', '--no-tui']

/** What gc removes from the engine, or would. */
async function sweep(desk: Desk, ...flags: string[]): Promise<string[]> {
  const { engine, stuck } = (await desk.ask('gc', ...flags)) as {
    engine: { kind: string; name: string }[]
    stuck: object[]
  }
  expect(stuck).toEqual([])
  return engine.map(({ kind, name }) => `${kind} ${name}`).sort()
}

test('two networks of one name, of two owners, stand side by side; each down removes its own; twice is fine', async () => {
  const [one, two] = [containerDesk(), containerDesk()]
  const ups = await Promise.all([one.up('--name', 'twin', ...UP), two.up('--name', 'twin', ...UP)])
  const label = `${LABEL.network}=twin`
  expect(await thingsWith(label)).toHaveLength(2 * (4 + 2 + 3)) // containers, networks, volumes
  expect((await one.run('down', 'twin')).code).toBe(0)
  expect((await ups[0].ended).code).toBe(0)
  expect(await thingsWith(label)).toHaveLength(4 + 2 + 3)
  expect((await one.run('down', 'twin')).code).toBe(2) // there is none; and the other's is not it
  expect(await two.ask('ls')).toMatchObject([{ network: 'twin', running: 3 }])
  expect((await two.run('down')).code).toBe(0)
  await ups[1].ended
  expect(await thingsWith(label)).toEqual([])
})

test('kill −9 of the controller: all that it had in the engine goes by itself, and nothing of anybody else', async () => {
  const desk = containerDesk()
  const up = await desk.up('--name', 'alone', ...UP)
  await foreignNetwork({
    name: 'netsplit-alone-of-another',
    subnet: '10.191.248.0/24',
    labels: { [LABEL.network]: 'alone', [LABEL.owner]: 'somebody-else' },
  })
  // A helper that was made and never started, as when the controller dies in the middle of an injection.
  const client = await docker()
  const node = (await containersOf({ [LABEL.network]: 'alone' })).get('miners-1')
  const { Config } = await inspect(node as string)
  await client.createContainer({ Image: Config.Image, Labels: Config.Labels })
  expect((await desk.run('pause', 'miners-2')).code).toBe(0) // hears no heartbeat
  up.signal('SIGKILL')
  await up.ended
  const left = () => thingsWith(`${LABEL.network}=alone`)
  await until('only the other one is left', async () => (await left()).length === 1)
  expect(await left()).toEqual(['network netsplit-alone-of-another'])
})

test('kill −9 of the controller and of its warden: containers go by themselves, gc sweeps the rest', async () => {
  const desk = containerDesk()
  const up = await desk.up('--name', 'orphan', ...UP)
  for (const pid of desk.processesWith('NETSPLIT_ORPHAN=')) process.kill(pid, 'SIGKILL')
  const subnet = '10.191.252.0/24'
  const labels = { [LABEL.network]: 'orphan', [LABEL.owner]: 'somebody-else' }
  await foreignNetwork({ name: 'netsplit-orphan-of-another', subnet, labels })
  up.signal('SIGKILL')
  await up.ended
  // Those that have ended and are still being removed are among the engine's containers, too.
  const things = () => thingsWith(`${LABEL.network}=orphan`)
  const gone = async () => !(await things()).some(name => name.startsWith('container'))
  await until('the nodes have gone', gone)

  const listed = await sweep(desk, '--dry-run')
  expect(listed.map(name => name.replace(/-[0-9a-f]{6}-/, '-'))).toEqual([
    'network netsplit-orphan-data',
    'network netsplit-orphan-front',
    'volume netsplit-orphan-miners-1',
    'volume netsplit-orphan-miners-2',
    'volume netsplit-orphan-miners-3',
  ])
  expect(await thingsWith(`${LABEL.network}=orphan`)).toHaveLength(6)
  expect(await sweep(desk)).toEqual(listed)
  expect(await thingsWith(`${LABEL.network}=orphan`)).toEqual(['network netsplit-orphan-of-another'])
  expect(await desk.ask('gc')).toEqual({ dryRun: false, removed: [], engine: [], stuck: [] })
})

test('the next up of the name sweeps what a dead network left', async () => {
  const desk = containerDesk()
  const first = await desk.up('--name', 'phoenix', ...UP)
  first.signal('SIGKILL')
  await first.ended
  // At once: its containers may still run.
  const second = await desk.up('--name', 'phoenix', ...UP)
  expect(await desk.ask('status')).toMatchObject({ height: expect.any(Number) })
  second.signal('SIGINT')
  expect((await second.ended).code).toBe(130)
  expect(await thingsWith(`${LABEL.network}=phoenix`)).toEqual([])
})

test('old node images are listed only when asked for, and the one in use is not among them', async () => {
  const client = await docker()
  const desk = containerDesk()
  await desk.run('up', '--for', '1s', '--json', ...UP)
  const [current] = await client.listImages({ filters: { reference: ['netsplit-node:*'] } })
  expect(current).toBeDefined()
  expect((await sweep(desk, '--dry-run')).filter(name => name.startsWith('image'))).toEqual([])
  const found = await sweep(desk, '--dry-run', '--images')
  const inUse = ((await desk.ask('doctor')) as { findings: { what: string; found: string }[] }).findings.find(
    ({ what }) => what === 'node image',
  )
  expect(found).not.toContain(`image ${inUse?.found}`)
})
